import ReplenishCompanion
import ReplenishCore
import ReplenishHost

/// What the command line asks for.
struct CompanionOptions {
  static let usualRedirectURI = "http://localhost:8765/callback"

  private let given: CommandLineOptions

  init(_ given: CommandLineOptions) throws(UsageError) {
    if let operand = given.operands.first { throw UsageError("\(operand) belongs to no option; see --help") }
    self.given = given
  }

  /// Does it.
  func run() throws {
    let label = try readLabel()
    let way = try readWay(label.shortID)
    let random = HostRandom()
    let hangUp = try readHangUp()
    let plan = given.has("identify") ? nil : try (profile: readProfile(), login: readLogin())
    let tries = try given.number("tries", in: 1...10) ?? 1
    let wrongCode = given.has("wrong-code-first") ? try CompanionOptions.otherCode(than: label.code, random) : nil

    let bearer = try way.connect(say: StandardStream.output.say)
    let talk = DeviceTalk(
      bearer: bearer, code: label.code, wrongCode: wrongCode, model: label.model, random: random)
    defer { talk.end() }
    talk.waitsWhenAsked = given.has("wait")
    talk.hangsUpAfter = hangUp
    if given.has("verbose") { talk.trace = { StandardStream.error.say("  \($0)") } }
    guard let plan else {
      try talk.prove()
      try talk.send(.identify)
      StandardStream.output.say(
        "\(bearer.place.prefix(1).uppercased())\(bearer.place.dropFirst()) shows itself with its light.")
      return
    }
    var linking = Linking(
      talk: talk, profile: plan.profile, login: plan.login, random: random, say: StandardStream.output.say)
    linking.mostTries = tries
    linking.spoilsFirstCode = given.has("spoil-code-first")
    try linking.run()
  }

  /// How to get to the device; `labelled` is the short id on its label.
  private func readWay(_ labelled: ShortID?) throws(UsageError) -> DeviceWay {
    guard given.has("bluetooth") else {
      for option in ["adapter", "short-id", "name"] where given.has(option) {
        throw UsageError("--\(option) is only of use with --bluetooth")
      }
      guard let path = given["socket"] else {
        throw UsageError("one of --bluetooth and --socket is needed: how to get to the device; see --help")
      }
      return .socket(path)
    }
    guard !given.has("socket") else { throw UsageError("give one of --bluetooth and --socket; see --help") }
    let adapter = try given["adapter"].map(CompanionOptions.adapter)
    guard let labelled else {
      switch (given["short-id"], given["name"]) {
      case (nil, nil): return .bluetooth(.only, adapter)
      case (nil, let name?): return .bluetooth(.name(name), adapter)
      case (let text?, nil):
        guard let id = ShortID(hexadecimal: Array(text.utf8)) else {
          throw UsageError("--short-id has six hexadecimal digits, as on the label, 4F2A9C for instance")
        }
        return .bluetooth(.shortID(id), adapter)
      default: throw UsageError("give one of --short-id and --name; see --help")
      }
    }
    for option in ["short-id", "name"] where given.has(option) {
      throw UsageError("--\(option) is of no use with a label, which names its device itself")
    }
    return .bluetooth(.shortID(labelled), adapter)
  }

  private static func adapter(_ text: String) throws(UsageError) -> UInt16 {
    guard text.hasPrefix("hci"), let number = UInt16(text.dropFirst(3)), "hci\(number)" == text else {
      throw UsageError("--adapter is hci0 or the like, but not \(text)")
    }
    return number
  }

  private func readLabel() throws -> (code: SetupCode, model: ModelID?, shortID: ShortID?) {
    var model: ModelID?
    if let text = given["model"] {
      do throws(IdentityFault) { model = try ModelID(text) } catch {
        throw UsageError("the model of --model \(error.explanation)")
      }
    }
    let sources = ["label-file", "label", "code-file", "code"].filter(given.has)
    guard let source = sources.first, sources.count == 1 else {
      throw UsageError("give one of --label-file, --label, --code-file and --code; see --help")
    }
    guard let text = try readSecret(source) else { throw UsageError("--\(source) needs an argument") }
    if source.hasPrefix("label") {
      do throws(LabelPayload.Fault) {
        let payload = try LabelPayload(inText: text)
        return (payload.code, model ?? payload.model, payload.shortID)
      } catch {
        throw UsageError("--\(source): \(error.text)")
      }
    }
    do throws(SetupCode.Fault) {
      let line = text.withBytes { bytes in bytes.filter { $0 != 0x0A && $0 != 0x0D } }
      return (try SetupCode(Secret(copying: line)), model, nil)
    } catch {
      throw UsageError("--\(source): \(error.text)")
    }
  }

  private func readProfile() throws(UsageError) -> Linking.Profile {
    guard let clientID = given["client-id"] else {
      throw UsageError("--client-id is needed: the client id of the LWA security profile; see --help")
    }
    guard let redirectURI = WebURL(given["redirect-uri"] ?? CompanionOptions.usualRedirectURI) else {
      throw UsageError(
        "--redirect-uri is no whole URL as it stands in the profile, https://app.example/done for instance")
    }
    var endpoints = LWAEndpoints(.northAmerica)
    if let text = given["authorize-url"] {
      do throws(ServiceURL.Fault) {
        // The companion never calls the token endpoints, so where they would be does not matter.
        endpoints = LWAEndpoints(api: try ServiceURL(text), authorize: try ServiceURL(text))
      } catch {
        throw UsageError("--authorize-url: \(error.explanation)")
      }
    }
    let isTestDevice: Bool? =
      switch given["test-device"] {
      case nil: nil
      case "yes": true
      case "no": false
      case let other?: throw UsageError("--test-device is yes or no, but not \(other)")
      }
    return Linking.Profile(
      clientID: clientID, redirectURI: redirectURI, endpoints: endpoints, isTestDevice: isTestDevice)
  }

  private func readLogin() throws -> any OwnerLogin {
    if let text = try readSecret("login-file") ?? readSecret("login") {
      guard let account = BrowserLogin.Account(text) else {
        throw UsageError("the login is user:password, with a colon between")
      }
      return BrowserLogin(
        pages: try WebClient(authorities: given["ca-file"]), account: account, consents: !given.has("refuse-consent"),
        say: StandardStream.output.say)
    }
    for option in ["refuse-consent", "ca-file"] where given.has(option) {
      throw UsageError("--\(option) is only of use with --login-file: a browser does not ask this program")
    }
    if given.has("paste") {
      return PastedLogin(opensBrowser: given.has("open"), say: StandardStream.output.say)
    }
    return LoopbackLogin(opensBrowser: given.has("open"), say: StandardStream.output.say)
  }

  private func readHangUp() throws(UsageError) -> HangUp? {
    guard let text = given["hang-up-after"] else { return nil }
    guard let place = HangUp(rawValue: text) else {
      throw UsageError("--hang-up-after knows \(HangUp.allCases.map(\.rawValue).joined(separator: ", ")), not \(text)")
    }
    return place
  }

  /// The argument of an option as a secret; for an option that names a file, what is in it. Nil if it was not given.
  private func readSecret(_ option: String) throws(SecretFile.Failure) -> Secret? {
    guard let argument = given[option] else { return nil }
    return option.hasSuffix("-file") ? try SecretFile.read(argument, limit: 65536) : Secret(copying: argument)
  }

  private static func otherCode(than code: SetupCode, _ random: any RandomSource) throws(UsageError) -> SetupCode {
    while let other = SetupCode(random: random) {
      if !Secret.matches(other.label, code.label) { return other }
    }
    throw UsageError("this machine gives no random numbers")
  }
}
