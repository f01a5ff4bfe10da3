import OAuthServer

/// What an owner may allow an app. Ordering is not among it, and cannot be asked for.
///
/// The names say the thing and what is done with it, as `dash:replenish` does.
public enum CloudScope: String, CaseIterable, Sendable {
  /// Seeing the devices: model and name.
  case readDevices = "devices:read"
  /// Making a device show where it is (Matter's Identify cluster): its light, for a while.
  case identifyDevices = "devices:identify"

  /// What it means, as the owner reads it.
  var words: String {
    switch self {
    case .readDevices: "See which devices you have: their model and name."
    case .identifyDevices: "Make the light of a device blink, so that you can tell which one it is."
    }
  }

  /// The meaning of each word of a scope.
  static func words(_ scope: Scope) -> [String] { scope.words.map { CloudScope(rawValue: $0)?.words ?? $0 } }
}
