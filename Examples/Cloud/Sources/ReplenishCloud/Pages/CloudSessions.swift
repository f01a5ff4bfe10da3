import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import OAuthServer

/// The browser sessions of owners, and the tokens of their forms.
struct CloudSessions: Sendable {
  /// A session and the cookie's value behind it.
  struct Found: Sendable {
    var id: Fingerprint
    var session: CloudSession

    /// The token of a form that is posted to a path.
    func formToken(for path: String) -> String {
      let key = SymmetricKey(data: Data(session.formKey.utf8))
      return base64URL(HMAC<SHA256>.authenticationCode(for: Data(path.utf8), using: key))
    }

    /// Whether a posted form came from a page of this session.
    func accepts(_ token: String?, for path: String) -> Bool {
      guard let token else { return false }
      return constantTimeEqual(Array(token.utf8), Array(formToken(for: path).utf8))
    }
  }

  private static let lifetime = 7.0 * 86_400
  private static let visitorPrefix = "visitor."

  let storage: any CloudStorage
  let isSecure: Bool
  /// Makes the form keys of visitors who are not signed in: nothing is stored for them, however many come.
  let formKey: Data
  let now: @Sendable () -> Date

  /// The prefix makes browsers refuse the cookie from anywhere but this host over https. Without https the name is not
  /// the emulator's, since browsers tell hosts apart and not ports.
  private var cookieName: String { isSecure ? "__Host-session" : "cloud-session" }

  func find(_ request: Request) async throws -> Found? {
    guard let value = request.cookies[cookieName]?.value else { return nil }
    if value.hasPrefix(Self.visitorPrefix) { return visitor(value) }
    let id = Fingerprint(of: value)
    guard let session = try await storage.session(id, at: now()) else { return nil }
    return Found(id: id, session: session)
  }

  private func visitor(_ value: String) -> Found {
    let key = HMAC<SHA256>.authenticationCode(for: Data(value.utf8), using: SymmetricKey(data: formKey))
    let session = CloudSession(owner: nil, formKey: base64URL(key), expiresAt: .distantFuture)
    return Found(id: Fingerprint(of: value), session: session)
  }

  /// Starts a session under a new identifier; the one before it, if any, ends.
  func start(owner: Owner?, replacing old: Found?) async throws -> (found: Found, cookie: Cookie) {
    if let old, old.session.owner != nil { try await storage.endSession(old.id) }
    let value = (owner == nil ? Self.visitorPrefix : "") + randomText(bytes: 24)
    var found = visitor(value)
    if let owner {
      found.session = CloudSession(
        owner: owner.id, formKey: randomText(bytes: 32), expiresAt: now() + Self.lifetime)
      try await storage.insert(found.session, found.id, password: owner.password)
    }
    let cookie = Cookie(
      name: cookieName, value: value, maxAge: owner == nil ? nil : Int(Self.lifetime), path: "/", secure: isSecure,
      httpOnly: true, sameSite: .lax)
    return (found, cookie)
  }
}
