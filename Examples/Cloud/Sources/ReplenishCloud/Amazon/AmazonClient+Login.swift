import Crypto
import Foundation
import LWASecrets
import NIOHTTP1
import OAuthServer
import TextEncodings

/// Login with Amazon as a web application uses it.
extension AmazonClient {
  /// What came of a token request.
  enum TokenOutcome: Sendable {
    case tokens(TokenPair)
    /// The code or refresh token is dead; nothing but this ends a link.
    case invalidGrant
    /// Anything else, in words for the log.
    case failed(String)
  }

  /// The page where the customer allows it.
  func authorizeAddress(model: String, serial: String, state: String, verifier: String, redirect: String) -> String {
    var device: [String: Any] = ["device_model": model, "serial": serial]
    if configuration.isTestDevice { device["is_test_device"] = true }
    if configuration.includesNonLive { device["should_include_non_live"] = true }
    let data =
      (try? JSONSerialization.data(withJSONObject: ["dash:replenish": device], options: [.sortedKeys])) ?? Data()
    let fields = [
      ("client_id", configuration.clientID), ("scope", configuration.scope),
      ("scope_data", String(decoding: data, as: UTF8.self)), ("response_type", "code"), ("redirect_uri", redirect),
      ("state", state), ("code_challenge", base64URL(SHA256.hash(data: Data(verifier.utf8)))),
      ("code_challenge_method", "S256"),
    ]
    return configuration.authorize + "?" + formEncoded(fields)
  }

  /// Redeems an authorization code.
  func redeem(code: String, verifier: String, redirect: String, now: @Sendable () -> Date) async -> TokenOutcome {
    await tokens(
      [
        ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect),
        ("client_id", configuration.clientID), ("client_secret", configuration.clientSecret),
        ("code_verifier", verifier),
      ], keeping: nil, now: now)
  }

  /// Gets a new access token.
  func refresh(_ refreshToken: String, now: @Sendable () -> Date) async -> TokenOutcome {
    await tokens(
      [
        ("grant_type", "refresh_token"), ("refresh_token", refreshToken), ("client_id", configuration.clientID),
        ("client_secret", configuration.clientSecret),
      ], keeping: refreshToken, now: now)
  }

  private func tokens(
    _ fields: [(String, String)], keeping old: String?, now: @Sendable () -> Date
  ) async -> TokenOutcome {
    let sentAt = now()
    switch await post(form: fields, to: configuration.token) {
    case .none(let reason): return .failed("no answer from the token endpoint: \(reason)")
    case .answer(let status, _, let body):
      switch TokenAnswer(status: status, body: body) {
      case .invalidGrant: return .invalidGrant
      case .refused(let status, let word): return .failed("the token endpoint answered \(status) \(word)")
      case .unreadable(let reason): return .failed(reason)
      case .tokens(let access, let lifetime, let new):
        // The documents say that a refresh token always comes back; where none does, the old one is still good.
        guard let refresh = new ?? old else {
          return .failed("the token endpoint's answer has no refresh_token; is the client id a web application's?")
        }
        return .tokens(TokenPair(access: access, refresh: refresh, expiresAt: sentAt + lifetime))
      }
    }
  }

  /// The customer's id, which is the same for every device of theirs.
  func userID(access: String) async -> Result<String, AmazonFailure> {
    switch await send(.GET, configuration.profile, headers: ["Authorization": "Bearer \(access)"]) {
    case .none(let reason): return .failure(AmazonFailure(text: "no answer from the profile endpoint: \(reason)"))
    case .answer(let status, _, let body):
      let members = (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
      guard status == 200, let id = members["user_id"] as? String, !id.isEmpty, id.utf8.count <= 256 else {
        let word = Self.word(members["error"] as? String)
        return .failure(AmazonFailure(text: "the profile endpoint answered \(status) \(word) and no user_id"))
      }
      return .success(id)
    }
  }

  /// An error word of the other side, fit for a log.
  static func word(_ text: String?) -> String { TokenAnswer.word(text) }

  /// A number or name that the other side gave to something, fit for a log. It is no secret, and never an answer to one.
  static func name(_ text: String) -> String {
    String(
      text.unicodeScalars.filter { $0.isASCII && $0.value > 0x20 && $0.value < 0x7F }.prefix(64).map(Character.init))
  }
}

/// Why something at Amazon did not work, for the log.
struct AmazonFailure: Error {
  var text: String
}
