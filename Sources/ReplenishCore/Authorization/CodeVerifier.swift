/// A code verifier and its S256 challenge (RFC 7636). The verifier never leaves the device but to the token endpoint.
public final class CodeVerifier: Sendable {
  /// The method of ``challenge``, as it is named in requests.
  public static var challengeMethod: String { "S256" }

  /// The verifier: 43 to 128 unreserved characters.
  public let secret: Secret
  /// What may be told to anybody: the SHA-256 of the verifier, as 43 characters of base64url.
  public let challenge: String

  /// Makes one from 32 random bytes, 43 characters long; nil if no randomness can be had.
  public convenience init?(random: any RandomSource) {
    guard let bytes = random.secret(count: 32) else { return nil }
    self.init(Base64URL.encode(bytes))
  }

  /// Takes a verifier made elsewhere; nil if it breaks the rule of RFC 7636 section 4.1.
  public init?(_ verifier: Secret) {
    guard verifier.count >= 43, verifier.count <= 128 else { return nil }
    guard verifier.withBytes({ bytes in bytes.allSatisfy { ASCII.isUnreserved($0) } }) else { return nil }
    secret = verifier
    challenge = Base64URL.encode(SHA256.digest(verifier))
  }
}
