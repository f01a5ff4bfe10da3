import Crypto
import Foundation
import HTTPTypes
import Hummingbird

/// Browser sessions in a cookie, and form tokens bound to them.
///
/// A form token is an HMAC under the session's key over what the form decides, so that no other site can post a form,
/// and a token seen on one request cannot decide another one.
struct BrowserSessions: Sendable {
  let server: AuthorizationServer
  let storage: any BrowserSessionStorage
  /// Whether the cookie is for https only.
  let isSecure: Bool

  static let cookieName = "session"

  /// The living session of a request.
  func session(of request: Request) async throws -> (id: String, session: BrowserSession)? {
    guard let id = request.cookies[Self.cookieName]?.value,
      let session = try await storage.session(SecretDigest(id)), session.expiresAt > server.now()
    else { return nil }
    return (id, session)
  }

  /// Starts a session; `subject` is nil before the login.
  func start(subject: String?) async throws -> (session: BrowserSession, cookie: Cookie) {
    let id = randomText(bytes: 24)
    let session = BrowserSession(
      subject: subject, formKey: randomText(bytes: 32), expiresAt: server.now() + server.policy.sessionLifetime)
    try await storage.insert(session, SecretDigest(id))
    let cookie = Cookie(
      name: Self.cookieName, value: id, path: "/", secure: isSecure, httpOnly: true, sameSite: .lax)
    return (session, cookie)
  }

  /// Ends a session.
  func end(id: String) async throws {
    try await storage.removeSession(SecretDigest(id))
  }

  /// The token of a form that decides about `subject matter`.
  static func formToken(_ session: BrowserSession, for matter: String) -> String {
    let key = SymmetricKey(data: Data(session.formKey.utf8))
    return base64URL(HMAC<SHA256>.authenticationCode(for: Data(matter.utf8), using: key))
  }

  /// Whether a posted token belongs to the session and the matter.
  static func accepts(_ token: String?, _ session: BrowserSession, for matter: String) -> Bool {
    guard let token else { return false }
    return constantTimeEqual(Array(token.utf8), Array(formToken(session, for: matter).utf8))
  }
}
