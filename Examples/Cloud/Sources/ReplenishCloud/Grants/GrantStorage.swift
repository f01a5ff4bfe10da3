import Foundation
import OAuthServer

/// An app as the owner sees it who allowed it something: all its grants as one.
///
/// Whether a further grant takes the place of an older one, or is that of a second phone or household, an authorization
/// server cannot know. So none ends another one; but an owner ends an app, and not one of its grants.
public struct ConnectedApp: Sendable, Equatable {
  /// The client.
  public var client: String
  /// The client's name.
  public var name: String
  /// What it may do.
  public var scope: Scope
  /// How often the owner allowed it something.
  public var grants: Int
  /// When the owner allowed it something first.
  public var since: Date
  /// When it was used last, not to the second (`ServerPolicy.useResolution`).
  public var lastUsedAt: Date
}

/// A device as apps see it.
public struct SharedDevice: Sendable, Equatable, Identifiable {
  /// Its name towards apps: 32 random hexadecimal digits, the same as long as the owner has the device. The next
  /// owner's apps see another one.
  public var id: String
  /// The device in its owner's hands.
  public var ownership: Ownership
}

/// Clients, what owners allowed them, and the codes and tokens of that.
public protocol GrantStorage: AuthorizationStorage {
  /// Enters a client; false when its identifier is taken.
  func enter(_ client: OAuthClient, at now: Date) async throws -> Bool
  /// All clients, by name.
  func clients() async throws -> [OAuthClient]
  /// Removes a client with everything that it was allowed; false when there is none.
  func removeClient(_ id: String) async throws -> Bool

  /// An owner's name towards a client: drawn the first time, the same ever after, also when the owner ended a grant and
  /// made another one. Nil when there is no such owner or client.
  func userID(of owner: Owner.ID, towards client: String) async throws -> String?
  /// The apps that may do something for an owner, oldest first.
  func connectedApps(of owner: Owner.ID) async throws -> [ConnectedApp]
  /// Ends everything that a client may do for an owner; false when that was nothing.
  func endApp(_ client: String, of owner: Owner.ID) async throws -> Bool

  /// An owner's devices as apps see them, oldest claim first.
  func sharedDevices(of owner: Owner.ID) async throws -> [SharedDevice]
}

/// How long grants and what belongs to them are remembered.
public enum GrantLimits {
  /// Seconds after which a grant ends that nobody used (RFC 9700 section 4.14.2): a year.
  public static let inactivity = 365.0 * 86_400
  /// Seconds for which a dead code or token is still known: its use tells of a thief, and a dead access token still
  /// names the grant that is to be revoked. The newest access token of a grant is known as long as the grant lives.
  public static let memory = 7.0 * 86_400
  /// Seconds after which a grant is forgotten whose code nobody redeemed.
  public static let patience = 3600.0
}
