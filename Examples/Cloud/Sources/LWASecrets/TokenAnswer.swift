import BoundedHTTP
import Foundation

/// What the token endpoint of Login with Amazon said (RFC 6749 sections 5.1 and 5.2).
public enum TokenAnswer: Sendable, CustomStringConvertible {
  /// An access token, for how many seconds, and the refresh token that comes back with it.
  case tokens(access: String, lifetime: Double, refresh: String?)
  /// The code or refresh token is dead.
  case invalidGrant
  /// Another refusal: its status and its word, fit for a log.
  case refused(status: UInt, word: String)
  /// Success, but not as the documents say.
  case unreadable(String)

  /// Reads an answer.
  public init(status: UInt, body: Data) {
    let members = (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
    guard status == 200 else {
      let word = members["error"] as? String
      let isDead = status == 400 && word?.lowercased() == "invalid_grant"
      self = isDead ? .invalidGrant : .refused(status: status, word: Self.word(word))
      return
    }
    let lifetime = Self.seconds(members["expires_in"])
    guard let access = members["access_token"] as? String, LoginCredentials.isToken(access),
      (members["token_type"] as? String)?.lowercased() == "bearer", let lifetime, lifetime > 0
    else {
      self = .unreadable("the token endpoint's answer lacks access_token, token_type or expires_in")
      return
    }
    let refresh = members["refresh_token"] as? String
    if let refresh, !LoginCredentials.isToken(refresh) {
      self = .unreadable("the token endpoint's answer has a refresh_token that is none")
      return
    }
    self = .tokens(access: access, lifetime: min(lifetime, 86_400), refresh: refresh)
  }

  /// What it was; no token is in it.
  public var description: String {
    switch self {
    case .tokens(_, let lifetime, _): "tokens for \(lifetime) s"
    case .invalidGrant: "invalid_grant"
    case .refused(let status, let word): "\(status) \(word)"
    case .unreadable(let reason): reason
    }
  }

  private static func seconds(_ value: Any?) -> Double? {
    (value as? NSNumber)?.doubleValue ?? (value as? String).flatMap(Double.init)
  }

  /// An error word of the other side, fit for a log: letters, `_`, `-`, `.` and one digit at most, as `invalid_grant` and
  /// `EC2ThrottledException`. Anything else may be a token that it repeats, and is not shown.
  public static func word(_ text: String?) -> String {
    guard let text, !text.isEmpty else { return "" }
    let isWord = text.utf8.count <= 64 && text.wholeMatch(of: /[A-Za-z_.-]+[0-9]?[A-Za-z_.-]*/) != nil
    return isWord ? text : "(a word that is none)"
  }
}
