import HTTPTypes
import OAuthServer

/// The names under which requests appear in the log, in the state and in fault scripts.
enum RequestOperation {
  private static let linking = [
    "authorize", "code", "codepair", "token.authorization_code", "token.refresh_token", "token.device_code",
    "token.other", "revoke", "profile",
  ]

  /// What the managed-integrations stand-in does by itself, and where browsers come back to it.
  private static let managed =
    ManagedOperation.allCases.map(\.rawValue) + ["managedCallback", "destinationToken"]
    + ConnectorOperation.allCases.map(\.fault)

  /// What a fault may name.
  static let matchable =
    ["*", "dash", "token", "managed", "invoke"] + linking + DashOperation.allCases.map(\.rawValue) + managed

  static func isMatchable(_ name: String) -> Bool { matchable.contains(name) }

  /// Whether a fault for `pattern` hits a request of this name.
  static func matches(_ pattern: String, _ operation: String) -> Bool {
    switch pattern {
    // What the emulator sends itself is only hit by name.
    case "*": operation != "destinationToken" && !operation.hasPrefix("invoke.")
    case "dash": DashOperation(rawValue: operation) != nil
    case "token": operation.hasPrefix("token.")
    case "managed": ManagedOperation(rawValue: operation) != nil
    case "invoke": operation.hasPrefix("invoke.")
    default: pattern == operation
    }
  }

  /// The name of a request; nil for pages and paths that no device uses.
  static func name(_ method: HTTPRequest.Method, path: String, form: FormParameters?) -> String? {
    if let (operation, _) = DashOperation.named(method, path) { return operation.rawValue }
    if let (operation, _) = ManagedOperation.named(method, path) { return operation.rawValue }
    switch path {
    case Unverified.callbackPath: return "managedCallback"
    case "/ap/oa": return "authorize"
    case "/code", "/us/code": return "code"
    case "/auth/o2/create/codepair", "/auth/O2/create/codepair": return "codepair"
    case "/auth/o2/revoke": return "revoke"
    case "/user/profile": return "profile"
    case "/auth/o2/token", "/auth/O2/token":
      let known = ["authorization_code", "refresh_token", "device_code"]
      return "token." + (form?["grant_type"].flatMap { known.contains($0) ? $0 : nil } ?? "other")
    default: return nil
    }
  }
}
