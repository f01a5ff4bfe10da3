/// The two codes of code-based linking: one for the person to type, one for the device to ask with (RFC 8628).
public struct CodePair: Sendable {
  /// What the person types at ``verificationURI``.
  public let userCode: String
  /// What the device asks with. Secret: who has it gets the tokens.
  public let deviceCode: Secret
  /// The page where the person types it.
  public let verificationURI: String
  /// The life of the pair in seconds, from when the request was sent.
  public let expiresIn: Int
  /// The wait between two questions, in seconds.
  public let interval: Int

  /// The longest life that is believed, a day in seconds; the service's sample has 600.
  public static var longestLife: Int { 86_400 }
  /// The longest interval that is believed, in seconds; the service's sample has 30.
  public static var longestInterval: Int { 600 }
  /// The interval where the answer names none, in seconds (RFC 8628 section 3.2).
  public static var usualInterval: Int { 5 }

  /// Makes a pair; checks nothing.
  public init(userCode: String, deviceCode: Secret, verificationURI: String, expiresIn: Int, interval: Int) {
    self.userCode = userCode
    self.deviceCode = deviceCode
    self.verificationURI = verificationURI
    self.expiresIn = expiresIn
    self.interval = interval
  }

  /// The pair in the answer to ``TokenRequest/codePair(clientID:scope:registration:at:)``.
  public static func read(_ answer: HTTPAnswer) throws(TokenError) -> CodePair {
    guard answer.status == 200 else { throw TokenAnswer.failure(answer) }
    do throws(AnswerFault) {
      let object = try AnswerReader.object(answer)
      let page = try AnswerReader.text(object, "verification_uri", limit: 512)
      guard ASCII.hasPrefix(page.bytes, "https://") else {
        throw AnswerFault("verification_uri", "does not begin with https://")
      }
      return CodePair(
        userCode: try AnswerReader.text(object, "user_code", limit: 64),
        deviceCode: try AnswerReader.secret(object, "device_code", limit: Tokens.longestToken),
        verificationURI: page,
        expiresIn: try AnswerReader.seconds(object, "expires_in", limit: longestLife),
        interval: try AnswerReader.optionalSeconds(object, "interval", limit: longestInterval) ?? usualInterval)
    } catch {
      throw .malformed(error.text)
    }
  }
}
