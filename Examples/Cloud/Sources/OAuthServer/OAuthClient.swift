import Crypto
import Foundation

/// A registered client: a program that may ask people for access (RFC 6749 section 2).
public struct OAuthClient: Sendable {
  /// Whether the client can keep a secret (RFC 6749 section 2.1).
  public enum Kind: Sendable {
    /// A device or app; it must use PKCE (RFC 9700 section 2.1.1).
    case `public`
    /// A server; only the digest of its secret is kept.
    case confidential(secretDigest: [UInt8])
  }

  /// The client identifier.
  public var id: String
  /// The name shown to the person who decides.
  public var name: String
  /// Public or confidential.
  public var kind: Kind
  /// The redirect addresses that may be used, compared exactly (see `RedirectURI`).
  public var redirectURIs: [String]
  /// The scopes this client may ask for.
  public var scopes: Set<String>
  /// Whether this client may use the device grant (RFC 8628).
  public var mayUseDeviceGrant: Bool
  /// Whether this client, a resource server, may introspect every client's tokens (RFC 7662), and not only its own.
  public var mayIntrospect: Bool

  /// Creates a client as it was stored.
  public init(
    id: String, name: String, kind: Kind, redirectURIs: [String], scopes: Set<String>, mayUseDeviceGrant: Bool = false,
    mayIntrospect: Bool = false
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.redirectURIs = redirectURIs
    self.scopes = scopes
    self.mayUseDeviceGrant = mayUseDeviceGrant
    self.mayIntrospect = mayIntrospect
  }

  /// Creates a public client, such as a device with a companion app.
  public static func `public`(
    id: String, name: String, redirectURIs: [String], scopes: Set<String>, mayUseDeviceGrant: Bool = true
  ) -> OAuthClient {
    OAuthClient(
      id: id, name: name, kind: .public, redirectURIs: redirectURIs, scopes: scopes,
      mayUseDeviceGrant: mayUseDeviceGrant)
  }

  /// Creates a confidential client; the secret itself is not stored.
  public static func confidential(
    id: String, secret: String, name: String, redirectURIs: [String], scopes: Set<String>
  ) -> OAuthClient {
    OAuthClient(
      id: id, name: name, kind: .confidential(secretDigest: Array(SHA256.hash(data: Data(secret.utf8)))),
      redirectURIs: redirectURIs, scopes: scopes)
  }

  /// Whether the client authenticates with a secret.
  public var isConfidential: Bool {
    if case .confidential = kind { true } else { false }
  }

  /// Compares a presented secret with the stored digest in constant time.
  ///
  /// A plain digest is enough for secrets that machines drew at random; people's passwords need a slow hash instead.
  func accepts(secret: String) -> Bool {
    guard case .confidential(let digest) = kind else { return false }
    return constantTimeEqual(Array(SHA256.hash(data: Data(secret.utf8))), digest)
  }
}

/// Compares two byte strings without telling by its duration where they differ.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  var difference: UInt8 = 0
  for (a, b) in zip(left, right) { difference |= a ^ b }
  return difference == 0
}
