import BoundedHTTP
import Foundation
import NIOHTTP1
import Testing

@testable import LWASecrets

/// The configuration in asp-cli's shape, the token endpoint, and `oauthLocal`.
@Suite("Token configuration", .timeLimit(.minutes(10)))
struct ConfigurationTests {
  static let sample = """
    {
        "defaults" :
        {
          "orgid": ""
        },
        "asp_cli": {
          "delay":  "300",
          "aspapibase": "https://api.amazonalexa.com",
          "auth": "oauthLocal"
        },
        "secretsManager" : {
          "secretNameForOAuth": "lwa-oauth",
          "versionStage": "AWSCURRENT",
          "regionName": "us-east-1"
        },
        "oauthLocal": {
          "client_id": "id",
          "client_secret": "secret-canary",
          "refresh_token":"Atzr|0",
          "cacheToken": true,
          "token_file": "token.json",
          "access_token":""
        }, "mine": 1.50
    }
    """

  private let folder: Folder

  init() throws { folder = try Folder() }

  private func read(_ text: String, mode: mode_t = 0o600) throws -> TokenConfiguration {
    try TokenConfiguration(path: try folder.write("default.json", text, mode: mode))
  }

  private func failure(_ text: String, mode: mode_t = 0o600) throws -> SecretsFailure {
    let error = try #require(throws: (any Error).self) { _ = try read(text, mode: mode) }
    let failure = SecretsFailure(error)
    #expect(!failure.description.contains("canary") && !failure.description.contains("\n"))
    return failure
  }

  @Test("asp-cli's file is taken as it is: delay as a text, further members, the three values of auth")
  func shape() throws {
    guard case .oauthLocal(let local) = try read(Self.sample).source else { throw Unexpected() }
    #expect(local.credentials.clientID == "id" && local.credentials.refreshToken == "Atzr|0")
    #expect(local.tokenFile == "token.json" && local.credentials.scope == nil)
    let manager = Self.sample.replacing(#""auth": "oauthLocal""#, with: #""auth": "secretsManager""#)
    guard case .secretsManager(let secret) = try read(manager, mode: 0o644).source else { throw Unexpected() }
    #expect(secret.name == "lwa-oauth" && secret.stage == "AWSCURRENT" && secret.region == "us-east-1")
    let verbatim = Self.sample.replacing(#""auth": "oauthLocal""#, with: #""auth": "token""#)
      .replacing(#""access_token":"""#, with: #""access_token":"Atza|mine""#)
    guard case .verbatim("Atza|mine") = try read(verbatim).source else { throw Unexpected() }
    let memory = Self.sample.replacing(#""cacheToken": true"#, with: #""cacheToken": false"#)
    guard case .oauthLocal(let uncached) = try read(memory).source else { throw Unexpected() }
    #expect(uncached.tokenFile == nil)
  }

  private struct Unexpected: Error {}

  @Test("asp-cli works in its own folder only: here configuration, state and token file go by the path that is named")
  func paths() throws {
    let path = try folder.write("default.json", Self.sample)
    _ = try TokenSource(configuration: path)
    #expect(folder.mode("default.json.state") == 0o700)
    var options = TokenSource.Options()
    options.stateFolder = folder.path + "/elsewhere"
    _ = try TokenSource(configuration: path, options)
    #expect(folder.mode("elsewhere") == 0o700)
    let store = ConfigurationStore(path: path)
    let files = try StateFiles(folder: folder.path + "/elsewhere", identity: store.identity, tokenFile: "token.json")
    #expect(files.tokenFile == folder.path + "/elsewhere/token.json")
    options.tokenAddress = "https://evil.example/"
    let failure = try #require(throws: SecretsFailure.self) { _ = try TokenSource(configuration: path, options) }
    #expect(failure.description.contains("nothing was sent"))
  }

  @Test("an ARN brings its region, and may not contradict the configuration's")
  func arn() throws {
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:lwa-oauth-AbCdEf"
    let manager = Self.sample.replacing(#""auth": "oauthLocal""#, with: #""auth": "secretsManager""#)
      .replacing("\"lwa-oauth\"", with: "\"\(arn)\"")
    #expect(try failure(manager).description.contains("but the ARN says eu-west-1"))
    let silent = manager.replacing(#""us-east-1""#, with: #""""#)
    guard case .secretsManager(let secret) = try read(silent).source else { throw Unexpected() }
    #expect(secret.name == arn && secret.region == "eu-west-1")
    #expect(try failure(silent.replacing(":secretsmanager:", with: ":sns:")).description.contains("ARN"))
  }

  @Test("asp-cli goes on with a mistake in its configuration: here each is named")
  func mistakes() throws {
    for name in ["client_id", "client_secret", "refresh_token"] {
      let without = Self.sample.replacing("\"\(name)\"", with: "\"x\"")
      #expect(try failure(without).description.contains("oauthLocal.\(name)"))
    }
    #expect(try failure(Self.sample.replacing("\"id\"", with: "\"<client_id>\"")).description.contains("placeholder"))
    #expect(try failure(Self.sample.replacing("\"id\"", with: "\"id \"")).description.contains("spaces"))
    let typo = try failure(
      Self.sample.replacing("\"oauthLocal\",", with: "\"secretManager\",").replacing(
        #""auth": "oauthLocal""#, with: #""auth": "secretManager""#))
    #expect(typo.description.contains("neither secretsManager nor oauthLocal"))
    let manager = Self.sample.replacing(#""auth": "oauthLocal""#, with: #""auth": "secretsManager""#)
    #expect(try failure(manager.replacing("lwa-oauth", with: "")).description.contains("secretNameForOAuth"))
    #expect(try failure(manager.replacing("AWSCURRENT", with: "AWSPENDING")).description.contains("AWSCURRENT"))
    #expect(try failure("[]").description.contains("JSON"))
    #expect(try failure(Self.sample, mode: 0o644).description.contains("chmod 600"))
    let nowhere = try #require(throws: SecretsFailure.self) { _ = try TokenConfiguration(path: "/nowhere/x.json") }
    #expect(nowhere.description.contains("--config"))
  }

  @Test("a secret that is not what it should be is named by its key, never by its value")
  func secrets() throws {
    let good = Services.document("Atzr|0")
    for key in ["lwa-client-id", "lwa-client-secret", "lwa-auth-url", "lwa-refresh-token"] {
      for bad in [good.replacing("\"\(key)\"", with: "\"x\"")] {
        let failure = try #require(throws: SecretsFailure.self) { _ = try LoginCredentials(secret: bad, name: "n") }
        #expect(failure.description.contains(key) && !failure.description.contains("canary"))
      }
    }
    let broken = good.replacing("Atzr|0", with: "Atzr|0\\n")
    #expect(throws: SecretsFailure.self) { _ = try LoginCredentials(secret: broken, name: "n") }
    #expect(try LoginCredentials(secret: good.replacing("lwa-auth-scope", with: "x"), name: "n").scope == nil)
    #expect(throws: SecretsFailure.self) { _ = try LoginCredentials(secret: "token", name: "n") }
  }

  @Test(
    "SSRF through secret URLs: only https, Amazon's hosts and their port get the client secret",
    arguments: [
      "http://api.amazon.com/auth/O2/token", "https://evil.example/auth/o2/token",
      "https://api.amazon.com.evil.example/",
      "https://api.amazon.com@evil.example/", "https://evil.example#api.amazon.com", "https://api.amazon.com:8443/",
      "https://api.amazon.com./", "https://169.254.169.254/", "https://localhost/", "https://127.0.0.1:8443/",
      "https://api.amazon.com\\@evil.example/", "https://api.amazon.com/?x=1", "https://xapi.amazon.com/",
      "file:///etc",
      "https://api.amazon.com /", "//api.amazon.com/", "", "https://аpi.amazon.com/",
      "https://api.amazon.com\r\n.evil/",
    ])
  func endpoint(address: String) throws {
    let failure = try #require(throws: SecretsFailure.self) { _ = try TokenEndpoint(address, from: "lwa-auth-url") }
    #expect(failure.kind == .configuration && failure.description.contains("nothing was sent"))
  }

  @Test("LWA's three hosts are taken; for development this machine too, and still nobody else and nothing in the clear")
  func allowedEndpoints() throws {
    for host in ["api.amazon.com", "api.amazon.co.uk", "api.amazon.co.jp"] {
      #expect(try TokenEndpoint("https://\(host)/auth/O2/token", from: "x").address == "https://\(host)/auth/O2/token")
    }
    #expect(try TokenEndpoint("HTTPS://API.amazon.com:443", from: "x").address == "https://api.amazon.com:443/")
    let local = try TokenEndpoint("https://localhost:8443/auth/o2/token", from: "x", allowsLoopback: true)
    #expect(local.address == "https://localhost:8443/auth/o2/token")
    for address in ["http://localhost:8443/", "https://evil.example/", "https://localhost.evil.example/"] {
      #expect(throws: SecretsFailure.self) { _ = try TokenEndpoint(address, from: "x", allowsLoopback: true) }
    }
  }

  @Test("SSRF through secret URLs: nothing is sent to an address that is not allowed")
  func nothingSent() async throws {
    let services = Services(document: Services.document("Atzr|0").replacing("api.amazon.com", with: "evil.example"))
    let machine = try Machine(services, TestClock())
    let tokens = try machine.start()
    let failure = try await #require(throws: SecretsFailure.self) { _ = try await tokens.token() }
    #expect(failure.kind == .configuration && failure.description.contains("lwa-auth-url leads to evil.example"))
    #expect(services.calls.allSatisfy { $0.headers.contains(name: "X-Amz-Target") })
  }

  @Test("oauthLocal: a rotated refresh token goes back into the file, whole, and every other byte stays")
  func localWriteBack() async throws {
    let services = Services()
    let machine = try Machine(services, TestClock())
    let path = try machine.folder.write("default.json", Self.sample)
    let link = machine.folder.path + "/link.json"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    let store = ConfigurationStore(path: try TokenConfiguration(path: link).path)
    #expect(try await machine.start(store: store).token() == "Atza|1")
    #expect(machine.folder.read("default.json") == Self.sample.replacing("Atzr|0", with: "Atzr|1"))
    #expect(machine.folder.mode("default.json") == 0o600 && machine.journals.isEmpty)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
    let sent = try #require(services.calls.first)
    #expect(sent.address == "https://api.amazon.com/auth/o2/token" && sent.body?.contains("scope") == false)
  }

  @Test("oauthLocal: what somebody edits meanwhile stays; a folder that takes no file leaves the token in the journal")
  func localConflict() async throws {
    let services = Services()
    let machine = try Machine(services, TestClock())
    let path = try machine.folder.write("default.json", Self.sample)
    let store = ConfigurationStore(path: path)
    let edited = Self.sample.replacing("Atzr|0", with: "Atzr|by-hand").replacing("1.50", with: "2")
    let editor = StandIn { call, _ in
      _ = try? machine.folder.write("default.json", edited)
      return services.answer(call)
    }
    #expect(try await machine.start(store: store, over: editor).token() == "Atza|1")
    #expect(machine.folder.read("default.json") == edited && machine.journals.isEmpty)
    // Twice the same name: which one counts is anybody's guess, so nothing is written.
    let twice = Self.sample.replacing(#""cacheToken": true"#, with: #""refresh_token":"Atzr|0""#)
    try machine.folder.write("default.json", twice)
    let tokens = try machine.start(store: store)
    _ = try await tokens.token(fresh: true)
    #expect(await tokens.warnings.first?.contains("more than once") == true)
    #expect(machine.folder.read("default.json") == twice && machine.journals.count == 1)
  }
}
