import BoundedHTTP
import Foundation
import NIOHTTP1
import Synchronization

@testable import AWSRequests
@testable import LWASecrets

/// Login with Amazon and Secrets Manager in one stand-in: rotates refresh tokens, and keeps versions of one secret.
final class Services: HTTPSender {
  struct State {
    var rotates = true
    var refreshes: [String] = []
    /// Refresh tokens that still work.
    var alive: Set = ["Atzr|0"]
    var versions: [String: String] = [:]
    var current = String(repeating: "a", count: 32)
    /// The bodies of the PutSecretValues that were done.
    var puts: [String] = []
    /// What happens to the next PutSecretValues.
    var putFaults: [HTTPExchange] = []
    var lifetime = 3600
    var loginFault: HTTPExchange?
    var calls: [HTTPCall] = []
  }

  let state: Mutex<State>

  init(document: String = Services.document("Atzr|0")) {
    var state = State()
    state.versions[state.current] = document
    self.state = Mutex(state)
  }

  static func document(_ token: String) -> String {
    """
    {"zone": 12345678901234567890.10, "lwa-client-id":"id", "lwa-client-secret":"secret-canary",
     "lwa-auth-url":"https://api.amazon.com/auth/O2/token", "lwa-auth-scope":"alexa::enterprise:management  profile",
     "lwa-refresh-token" : "\(token)", "note":"caf\\u00e9 / \\"x\\""}
    """
  }

  var refreshes: [String] { state.withLock { $0.refreshes } }
  var putCount: Int { state.withLock { $0.puts.count } }
  var onRecord: String { state.withLock { $0.versions[$0.current] ?? "" } }

  /// Somebody else puts a value there.
  func set(_ document: String, version: String = "other-writer-0000000000000000000") {
    state.withLock {
      $0.versions[version] = document
      $0.current = version
    }
  }

  var calls: [HTTPCall] { state.withLock { $0.calls } }

  func send(_ call: HTTPCall) async -> HTTPExchange { answer(call) }

  func answer(_ call: HTTPCall) -> HTTPExchange {
    state.withLock { $0.calls.append(call) }
    return switch call.headers.first(name: "X-Amz-Target") {
    case "secretsmanager.GetSecretValue": read()
    case "secretsmanager.PutSecretValue": write(call.body ?? "")
    default: refresh(call.body ?? "")
    }
  }

  static func members(_ text: String) -> [String: Any] {
    ((try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]) ?? [:]
  }

  private func read() -> HTTPExchange {
    state.withLock {
      let members = ["SecretString": $0.versions[$0.current] ?? "", "VersionId": $0.current]
      return .json(String(decoding: (try? JSONEncoder().encode(members)) ?? Data(), as: UTF8.self))
    }
  }

  private func write(_ body: String) -> HTTPExchange {
    let members = Self.members(body)
    let (token, value) = (members["ClientRequestToken"] as? String, members["SecretString"] as? String)
    return state.withLock {
      if !$0.putFaults.isEmpty { return $0.putFaults.removeFirst() }
      guard let token, let value else {
        return .json(#"{"__type":"InvalidParameterException"}"#, status: 400)
      }
      if let there = $0.versions[token] {
        return there == value ? .json("{}") : .json(#"{"__type":"ResourceExistsException"}"#, status: 400)
      }
      $0.puts.append(body)
      $0.versions[token] = value
      $0.current = token
      return .json("{}")
    }
  }

  private func refresh(_ body: String) -> HTTPExchange {
    let token = body.firstMatch(of: /refresh_token=([^&]+)/).map { String($0.1).removingPercentEncoding ?? "" } ?? ""
    return state.withLock {
      $0.refreshes.append(token)
      if let fault = $0.loginFault { return fault }
      guard $0.alive.contains(token) else { return .json(#"{"error":"invalid_grant"}"#, status: 400) }
      let next = $0.rotates ? "Atzr|\($0.refreshes.count)" : token
      $0.alive.insert(next)
      return .json(
        """
        {"access_token":"Atza|\($0.refreshes.count)","refresh_token":"\(next)","token_type":"bearer",
         "expires_in":\($0.lifetime)}
        """)
    }
  }
}

/// A machine with a state folder, which may be started again.
struct Machine {
  let folder: Folder
  let clock: TestClock
  let services: Services
  var name = "state"

  init(_ services: Services, _ clock: TestClock) throws {
    folder = try Folder()
    self.clock = clock
    self.services = services
  }

  /// A process that begins now.
  func start(over http: (any HTTPSender)? = nil) throws -> AccessTokens {
    try start(store: secretStore(over: http), over: http)
  }

  func secretStore(over http: (any HTTPSender)? = nil) throws -> SecretsManagerStore {
    let http = http ?? services
    let environment = environment(["AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "se"])
    let place = try AWSPlace(
      service: "secretsmanager", identifier: "secrets_manager", region: "us-east-1", environment: environment)
    let client = AWSClient(
      service: "secretsmanager", at: place,
      credentials: CredentialChain(environment, http: http, clock: clock.clock), http: http, clock: clock.clock)
    return SecretsManagerStore(
      client: client, secret: try .init("lwa-oauth", source: "the test"))
  }

  func start(
    store: any SecretStore, tokenFile: String? = "token.json", over http: (any HTTPSender)? = nil
  ) throws -> AccessTokens {
    let files = try StateFiles(folder: folder.path + "/" + name, identity: store.identity, tokenFile: tokenFile)
    let refresh = TokenRefresh(
      http: http ?? services, standardAddress: TokenEndpoint.standard, allowsLoopback: false)
    return AccessTokens(
      store: store, files: files, refresh: refresh,
      clock: SecretsClock(now: { [clock] in clock.now }, sleep: { try await Task.sleep(for: .seconds($0 / 10)) }))
  }

  var journals: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/" + name)) ?? []).filter {
      $0.hasPrefix("rotation-")
    }
  }
}
