import Foundation
import Testing

/// The checklists that the authorization server is held against, entry by entry, each with the tests that stand for it.
/// What an entry demands is in the tests; here it is seen that none was taken away.
@Suite("Checklists")
struct ChecklistTests {
  /// RFC 9700, by section: the checks of the project's facts on account linking.
  private static let bestPractice: KeyValuePairs<String, [String]> = [
    "redirect addresses: exact string match": [
      "EnsureRegisteredRedirectUri, RedirectUriQueryAdded, RedirectUriQueryMismatch",
      "2.1: only a native app on the loopback interface may vary its port",
    ],
    "redirect addresses: never http except loopback": [
      "an app that could not work, or could lie, is not entered, and the reason is told"
    ],
    "no open redirector, and none for a wrong client": [
      "4.11: open redirect: an unknown client or address leads nowhere, nor does the sign-in's next page",
      "open redirect: after the login the browser goes to a page of this site",
    ],
    "PKCE: supported, S256 only, said in the metadata": [
      "2.1.1, 2.6: metadata say so: RFC 8414, with S256 only, and iss in each answer (RFC 9207)", "PlainPKCERejected",
    ],
    "PKCE: public clients must": ["2.1.1: a public client without a challenge is refused"],
    "PKCE: the verifier is enforced": ["PKCECodeVerifierRequired", "IncorrectPKCECodeVerifierRejected"],
    "PKCE: no downgrade": [
      "4.8.2: downgraded PKCE: a verifier is refused where the request's challenge was stripped",
      "downgraded PKCE: a code asked for with another challenge, or with none, is not accepted",
    ],
    "PKCE: challenges are of one request": [
      "4.5: code injection: a code of one request does not go with another one's verifier or address"
    ],
    "codes: once, and reuse ends what came of them": ["AuthCodeReuse"],
    "codes: bound to client and address": [
      "EnsureAuthorizationCodeIsBoundToClient",
      "4.5: code injection: a code of one request does not go with another one's verifier or address",
    ],
    "codes: ten minutes at most": [
      "AttemptToUseExpiredAuthCode",
      "account linking: a code that lives ten minutes at most gives an expiring access token and a refresh token",
    ],
    "state: once, and bound to the browser": [
      "replayed code, and with it the state, invented state, and a return after ten minutes do nothing",
      "link started in another browser: the return is refused and its code is not redeemed",
    ],
    "mix-up: iss in each answer": ["an answer carries code, state and the issuer; a refusal carries access_denied"],
    "refresh tokens: bound to client and scope": [
      "RefreshToken", "2.3: a token carries what was allowed and no more; a refresh may ask for less, not for more",
    ],
    "refresh tokens: rotation for public clients, reuse ends the family": [
      "4.14.2: refresh tokens of a public client rotate; reuse of an old one, once its successor was used, ends all",
      "4.14: stolen refresh token: thief and owner cannot both go on, whoever comes first",
    ],
    "refresh tokens: of no use without the secret": [
      "4.14.2: stolen refresh token: a client with a secret keeps its own, which is worth nothing without the secret"
    ],
    "refresh tokens: end when nobody uses them": ["4.14.2: a grant that nobody uses for a year ends"],
    "refresh tokens: a new password": ["a new password ends sessions and keeps apps, and says so"],
    "no password grant, no implicit grant": [
      "2.4, 2.1.2: no password grant, no client credentials, no implicit grant"
    ],
    "no 307 after a form with credentials": [
      "4.12: whatever a form with a password or a decision leads to, it leads there with 303"
    ],
    "Referrer-Policy, no frames, no CORS": [
      "the endpoint cannot be framed, tells nobody where it came from, and shares nothing with other sites"
    ],
    "no tokens in addresses": [
      "4.3.2: a token in an address is not looked at, and token answers are not stored by anybody"
    ],
    "headers of a reverse proxy": [
      "RFC 6750: no token, a garbled one, a dead one, one without the scope; a header in a proxy's name changes nothing",
      "header spoofing through a proxy: only the proxy's own entry counts, and only from a proxy of ours",
    ],
    "least privilege, and for whom": [
      "2.3: a token carries what was allowed and no more; a refresh may ask for less, not for more",
      "a token that is dead, another client's, or not the bearer's opens nothing",
    ],
  ]

  /// Google's validation of account linking.
  private static let google = [
    "account linking: client, address and response type are checked before anything is shown",
    "account linking: a code that lives ten minutes at most gives an expiring access token and a refresh token",
    "account linking: an invalid refresh token is answered 400 invalid_grant",
    "account linking: each refresh gives a new access token, and the one before lives on until it expires",
    "account linking: an access token is no JWT, and is the base64 of UTF-8 text",
  ]

  /// Modules of the OpenID conformance suite. One test may bear several names.
  private static let modules = [
    "AuthCodeReuse", "AuthCodeReuseAfter30Seconds", "EnsureRegisteredRedirectUri", "RedirectUriQueryMismatch",
    "RedirectUriQueryAdded", "RedirectUriRegFrag", "ResponseTypeMissing", "EnsureRequestWithValidPkce",
    "EnsureRequestWithUnknownParameter", "EnsurePostRequest", "RefreshToken", "ServerTestClientSecretPost",
    "AttemptReuseAuthorizationCodeAfterOneSecond", "AttemptToUseExpiredAuthCode",
    "EnsureAuthorizationCodeIsBoundToClient", "PlainPKCERejected", "PKCECodeVerifierRequired",
    "IncorrectPKCECodeVerifierRejected", "EnsureAuthorizationRequestWithLongState",
  ]

  @Test("each entry has a test of its name")
  func entries() throws {
    let names = try TestNames.byFile().values.reduce(into: Set<String>()) { $0.formUnion($1) }
    #expect(names.contains("each entry has a test of its name"))
    for (entry, tests) in Self.bestPractice {
      for test in tests { #expect(names.contains(test), "\(entry): \(test)") }
    }
    for test in Self.google { #expect(names.contains(test)) }
    let words = Set(names.flatMap { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } })
    for module in Self.modules { #expect(words.contains(module)) }
  }
}
