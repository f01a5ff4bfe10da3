import ReplenishCore

/// The phone's part of linking a device to its owner's Amazon account, from the setup code to the device's last word.
public struct Linking {
  /// How this client is registered at Amazon, and where the owner logs in.
  public struct Profile {
    /// The client id of the security profile.
    public let clientID: String
    /// One of the profile's allowed return URLs.
    public let redirectURI: WebURL
    /// Where the owner logs in.
    public let endpoints: LWAEndpoints
    /// Whether to register as a test device; nil for what the device says.
    public let isTestDevice: Bool?

    /// Describes a registration.
    public init(clientID: String, redirectURI: WebURL, endpoints: LWAEndpoints, isTestDevice: Bool? = nil) {
      self.clientID = clientID
      self.redirectURI = redirectURI
      self.endpoints = endpoints
      self.isTestDevice = isTestDevice
    }
  }

  /// How often the owner may log in again when the device could not use the code but allows another try.
  public var mostTries = 1
  /// For tests: hand over a wrong code on the first try.
  public var spoilsFirstCode = false

  private let talk: DeviceTalk
  private let profile: Profile
  private let login: any OwnerLogin
  private let random: any RandomSource
  private let say: (String) -> Void

  /// How long the device may take to send its parameters, and to redeem a code with all its retries; milliseconds.
  private static let parametersTime: Int32 = 15_000
  private static let redeemingTime: Int32 = 240_000

  /// Prepares; `say` is told each step in plain words.
  public init(
    talk: DeviceTalk, profile: Profile, login: any OwnerLogin, random: any RandomSource,
    say: @escaping (String) -> Void
  ) {
    self.talk = talk
    self.profile = profile
    self.login = login
    self.random = random
    self.say = say
  }

  /// Links the device; returns when it says that it is linked.
  public func run() throws(LinkingFailure) {
    try talk.prove()
    say("The device and this phone have proved to each other that they know the setup code.")
    var parameters = try awaitParameters()
    var spoils = spoilsFirstCode
    for rest in (0..<mostTries).reversed() {
      let code = try authorize(parameters)
      let handed = spoils ? Linking.spoiled(code) : code
      spoils = false
      say("Handing the authorization code over to the device.")
      try talk.send(
        .authorization(
          AuthorizationGrant(code: handed, redirectURI: profile.redirectURI.written, clientID: profile.clientID)))
      guard let failure = try awaitOutcome() else { return }
      guard failure.mayRetry, rest > 0 else {
        let advice = failure.mayRetry ? " You can try again right away." : ""
        throw LinkingFailure(.deviceFailed, "the device is not linked: \(failure.text)\(advice)")
      }
      say("Not yet: \(failure.text) Trying again.")
      parameters = try awaitParameters()
    }
  }

  /// Has the owner log in, and returns the authorization code.
  private func authorize(_ parameters: LinkParameters) throws(LinkingFailure) -> Secret {
    let isTest = profile.isTestDevice ?? parameters.isTestDevice
    let model: ModelID
    let serial: SerialNumber
    do throws(IdentityFault) {
      model = try ModelID(parameters.model)
      serial = try SerialNumber(parameters.serial)
    } catch {
      throw LinkingFailure(.misunderstood, "a name that the device gives itself \(error.explanation)")
    }
    say("It is a \(model.text) with serial \(serial.text)\(isTest ? ", a test device: its orders are simulated" : "").")
    guard let state = random.bytes(count: 16).map(Base64URL.encode) else {
      throw LinkingFailure(.notAuthorized, "this machine gives no random numbers")
    }
    let request = AuthorizationRequest(
      clientID: profile.clientID, redirectURI: profile.redirectURI.written, state: state,
      codeChallenge: parameters.codeChallenge,
      registration: RegistrationScope(
        model: model, serial: serial, isTestDevice: isTest, includesNonLive: parameters.includeNonLive),
      scope: parameters.scope)
    guard let request, let url = WebURL(request.url(at: profile.endpoints)) else {
      throw LinkingFailure(
        .notAuthorized, "the client id must have 1-\(AuthorizationRequest.longestClientID) bytes; see --client-id")
    }
    let redirect = try login.redirect(
      from: url, to: profile.redirectURI, state: state, device: talk.descriptor)
    return try RedirectAnswer(redirect, state: state, redirectURI: profile.redirectURI).code
  }

  private func awaitParameters() throws(LinkingFailure) -> LinkParameters {
    var hasAsked = false
    while true {
      switch try talk.receive(within: Linking.parametersTime) {
      case .parameters(let parameters)?: return parameters
      case .failed(let failure)?: throw LinkingFailure(.deviceFailed, "the device is not linked: \(failure.text)")
      case .progress?, .linked?: continue
      case nil:
        guard !hasAsked else {
          throw LinkingFailure(.deviceUnreachable, "the device does not say what to log in for; start over")
        }
        hasAsked = true
        try talk.send(.requestParameters)
      }
    }
  }

  /// Follows the device's work to its end; nil if it is linked.
  private func awaitOutcome() throws(LinkingFailure) -> LinkFailure? {
    while true {
      switch try talk.receive(within: Linking.redeemingTime) {
      case .progress(.redeeming)?: say("The device redeems the code at Amazon, with the verifier that only it knows.")
      case .progress(.proving)?: say("It has its tokens on disk, and tries the refresh token once.")
      case .linked?:
        say("Linked.")
        return nil
      case .failed(let failure)?: return failure
      case .parameters?: continue
      case nil:
        throw LinkingFailure(
          .deviceUnreachable, "the device has said nothing for minutes; look at its light or at replenishctl status")
      }
    }
  }

  /// A code that differs from the right one in its last character.
  private static func spoiled(_ code: Secret) -> Secret {
    var text = SecretBuilder(capacity: code.count)
    code.withBytes { bytes in
      text.append(UnsafeRawBufferPointer(rebasing: bytes.dropLast()))
      text.append(bytes.last == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A"))
    }
    return text.finish()
  }
}
