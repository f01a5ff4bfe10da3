import ReplenishCore
import ReplenishHost
import Testing

@testable import ReplenishCompanion

@Suite struct LinkingTests {
  private let code: SetupCode
  private let device: ScriptedDevice
  private let login = ScriptedLogin()

  init() throws {
    code = try SetupCode(Secret(copying: "2101-7149"))
    let shortID = try #require(ShortID([1, 2, 3]))
    let salt = [UInt8](repeating: 7, count: 16)
    device = ScriptedDevice(
      credential: try SetupCredential(code: code, shortID: shortID, salt: salt, iterations: 10_000))
  }

  /// Answers with a code of its own for each login, and keeps what it was asked.
  private final class ScriptedLogin: OwnerLogin {
    private(set) var asked: [WebURL] = []
    var forges: (WebURL) -> WebURL? = { $0 }

    func redirect(
      from url: WebURL, to redirectURI: WebURL, state: String, device: Int32?
    ) throws(LinkingFailure) -> WebURL {
      asked.append(url)
      guard let redirect = WebURL("\(redirectURI.text)?code=AN\(asked.count)x&state=\(state)"),
        let forged = forges(redirect)
      else { throw LinkingFailure(.notAuthorized, "no redirect") }
      return forged
    }
  }

  private func link(
    code other: SetupCode? = nil, model: String? = nil, _ prepare: (DeviceTalk, inout Linking) -> Void = { _, _ in }
  ) throws -> [String] {
    let talk = DeviceTalk(
      bearer: device, code: other ?? code, model: try model.map { try ModelID($0) }, random: HostRandom())
    var said: [String] = []
    let trace = { (text: String) in said.append(text) }
    talk.trace = trace
    let profile = Linking.Profile(
      clientID: "client.1", redirectURI: try #require(WebURL("https://app.example/done")),
      endpoints: LWAEndpoints(.northAmerica))
    var linking = Linking(talk: talk, profile: profile, login: login, random: HostRandom(), say: trace)
    prepare(talk, &linking)
    try linking.run()
    return said
  }

  private func failure(_ body: () throws -> [String]) -> LinkingFailure.Kind? {
    do {
      _ = try body()
      return nil
    } catch { return (error as? LinkingFailure)?.kind }
  }

  private func text(_ secret: Secret?) -> String? { secret?.withBytes { String(decoding: $0, as: UTF8.self) } }

  @Test func linksADevice() throws {
    let said = try link(model: "Brewer+3")
    let grant = try #require(device.grants.first)
    #expect(text(grant.code) == "AN1x")
    #expect(grant.redirectURI == "https://app.example/done")
    #expect(grant.clientID == "client.1")
    let url = try #require(login.asked.first)
    let fields = Dictionary(url.queryFields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    #expect(url.text.hasPrefix("https://www.amazon.com/ap/oa?"))
    #expect(fields["code_challenge"] == device.challenges.first)
    #expect(fields["code_challenge_method"] == "S256")
    #expect(
      fields["scope_data"]
        == #"{"dash:replenish":{"device_model":"Brewer+3","serial":"ABC123","is_test_device":true}}"#)
    #expect(fields["state"].map { $0.utf8.count >= 22 } == true)
    #expect(said.last == "Linked.")
  }

  @Test func leavesTheRedirectURIAsItIsWritten() throws {
    let talk = DeviceTalk(bearer: device, code: code, random: HostRandom())
    let profile = Linking.Profile(
      clientID: "client.1", redirectURI: try #require(WebURL("https://App.example")),
      endpoints: LWAEndpoints(.northAmerica))
    try Linking(talk: talk, profile: profile, login: login, random: HostRandom(), say: { _ in }).run()
    #expect(device.grants.first?.redirectURI == "https://App.example")
    #expect(login.asked.first?.queryFields.contains { $0 == ("redirect_uri", "https://App.example") } == true)
  }

  @Test func showsNoSecretWhileItTalks() throws {
    let said = try link { talk, _ in talk.hangsUpAfter = nil }.joined(separator: "\n")
    #expect(said.contains("Write Request"))  // the trace is on
    for secret in ["2101-7149", "21017149", "AN1x"] { #expect(!said.contains(secret)) }
  }

  @Test func saysThatTheCodeIsWrong() throws {
    let wrong = try SetupCode(Secret(copying: "9274-0163"))
    #expect(failure { try link(code: wrong) } == .wrongSetupCode)
    #expect(device.guesses == 1)
    #expect(device.grants.isEmpty)
  }

  @Test func triesAWrongCodeFirst() throws {
    let wrong = try SetupCode(Secret(copying: "9274-0163"))
    let talk = DeviceTalk(bearer: device, code: code, wrongCode: wrong, random: HostRandom())
    try talk.prove()
    #expect(device.guesses == 2)
    #expect(device.proofs == 1)
  }

  @Test func waitsOnlyIfItShould() throws {
    device.firstWait = 1
    #expect(failure { try link() } == .mustWait)
    #expect(device.guesses == 0)
  }

  @Test func waitsAndTriesAgain() throws {
    device.firstWait = 1
    _ = try link { talk, _ in talk.waitsWhenAsked = true }
    #expect(device.guesses == 1)
    #expect(device.grants.count == 1)
  }

  @Test func refusesAnotherModel() {
    #expect(failure { try link(model: "Kettle") } == .misunderstood)
    #expect(device.guesses == 0)
  }

  @Test(arguments: [(HangUp.connect, 0, 0), (.confirmV, 1, 0), (.parameters, 1, 1), (.code, 1, 1)])
  func hangsUpWhereAsked(place: HangUp, guesses: Int, proofs: Int) {
    #expect(failure { try link { talk, _ in talk.hangsUpAfter = place } } == .endedByTest)
    #expect(!device.isOpen)
    #expect(device.guesses == guesses)
    #expect(device.proofs == proofs)
    #expect(device.grants.count == (place == .code ? 1 : 0))
  }

  @Test func tellsWhyTheDeviceFailed() throws {
    device.failures = [LinkFailure(.unreachable, "Amazon cannot be reached.", mayRetry: true)]
    #expect(failure { try link() } == .deviceFailed)
    #expect(login.asked.count == 1)
  }

  @Test func logsInAgainWithAFreshChallenge() throws {
    device.failures = [LinkFailure(.codeRefused, "Amazon refuses the code.", mayRetry: true)]
    _ = try link { _, linking in
      linking.mostTries = 2
      linking.spoilsFirstCode = true
    }
    #expect(device.grants.map { text($0.code) } == ["AN1A", "AN2x"])
    let states = login.asked.map { $0.queryFields.first { $0.name == "state" }?.value }
    #expect(Set(states).count == 2)
    let challenges = login.asked.map { $0.queryFields.first { $0.name == "code_challenge" }?.value }
    #expect(challenges == device.challenges)
  }

  @Test func stopsWhereNoRetryIsAllowed() throws {
    device.failures = [LinkFailure(.clientRefused, "Another client.", mayRetry: false)]
    #expect(failure { try link { _, linking in linking.mostTries = 3 } } == .deviceFailed)
    #expect(login.asked.count == 1)
  }

  @Test func handsNothingOverAfterAForgedRedirect() throws {
    login.forges = { WebURL($0.text.replacing(/state=.*/, with: "state=other")) }
    #expect(failure { try link() } == .notAuthorized)
    #expect(device.grants.isEmpty)
  }

  @Test func asksTheDeviceToShowItself() throws {
    let talk = DeviceTalk(bearer: device, code: code, random: HostRandom())
    try talk.prove()
    try talk.send(.identify)
    #expect(device.identified == 1)
  }
}
