import Foundation
import OAuthServer
import TextEncodings

/// What a refresh of a token came to.
enum TokenRefresh: Sendable, Equatable {
  case refreshed
  /// The authorization server says that the refresh token is dead.
  case ended
  case failed(String)
}

extension ManagedIntegrations {
  /// Why there are no tokens.
  struct TokenFailure: Error {
    var link: LinkFailure
    var isInvalidGrant = false
  }

  /// Asks a destination's token endpoint.
  ///
  /// - Parameter previous: The refresh token that stays, where the answer brings none.
  func askForTokens(
    _ form: [(String, String)], _ destination: ConnectorDestination, previous: String?
  ) async -> Result<AccountAssociation.Tokens, TokenFailure> {
    func failed(_ text: String) -> Result<AccountAssociation.Tokens, TokenFailure> {
      .failure(TokenFailure(link: LinkFailure(code: Unverified.failed, text: text)))
    }
    guard let oauth = destination.oauth, let client = credentials(of: destination) else {
      return failed("The secret of the destination cannot be read")
    }
    var (form, headers) = (
      form, [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
    )
    switch oauth.scheme {
    case .basic:
      // Both halves are form-encoded before they are joined (RFC 6749 section 2.3.1).
      let pair = percentEncoded(client.id) + ":" + percentEncoded(client.secret)
      headers.append(("Authorization", "Basic " + Data(pair.utf8).base64EncodedString()))
    case .body: form += [("client_id", client.id), ("client_secret", client.secret)]
    }
    let body = formEncoded(form)
    let sentAt = clock.now
    let answer = await outgoing.post(
      Data(body.utf8), to: oauth.tokenEndpoint, headers: headers, seconds: 10, as: "destinationToken")
    guard case .answer(let status, let data) = answer else { return failed("The token endpoint did not answer") }
    let value = try? JSONDecoder().decode(JSONValue.self, from: data)
    guard status == 200 else {
      let code = value?["error"]?.text ?? Unverified.failed
      let text = value?["error_description"]?.text ?? "The token endpoint answered \(status) \(code)"
      return .failure(TokenFailure(link: LinkFailure(code: code, text: text), isInvalidGrant: code == "invalid_grant"))
    }
    guard let access = value?["access_token"]?.text, !access.isEmpty,
      value?["token_type"]?.text?.lowercased() == "bearer"
    else { return failed("The token endpoint sent no bearer token") }
    guard settings.requiresBase64Tokens != true || Self.isBase64OfText(access) else {
      return failed("The access token is not the Base64 of UTF-8 text")
    }
    let seconds = value?["expires_in"]?.number ?? value?["expires_in"]?.text.flatMap(Double.init)
    return .success(
      AccountAssociation.Tokens(
        access: access, refresh: value?["refresh_token"]?.text ?? previous,
        expiresAt: sentAt + (seconds ?? Unverified.tokenSeconds)))
  }

  private static func isBase64OfText(_ token: String) -> Bool {
    guard let data = Data(base64Encoded: token) else { return false }
    return String(validating: data, as: UTF8.self) != nil
  }

  /// Makes sure that an association's access token is alive: one refresh at a time for each.
  func freshen(_ id: String) async -> TokenRefresh {
    guard let tokens = associations[id]?.tokens else { return .failed("There is no token") }
    guard tokens.expiresAt <= clock.now + (settings.refreshAheadSeconds ?? 0) else { return .refreshed }
    if let running = refreshes[id] { return await running.value }
    let task = Task { await refresh(id, tokens) }
    refreshes[id] = task
    let result = await task.value
    refreshes[id] = nil
    return result
  }

  private func refresh(_ id: String, _ tokens: AccountAssociation.Tokens) async -> TokenRefresh {
    guard let association = associations[id], let destination = destinations[association.destination] else {
      return .failed("There is no such association")
    }
    guard let refresh = tokens.refresh else { return end(id) }
    var form = [("grant_type", "refresh_token"), ("refresh_token", refresh)]
    if Unverified.refreshesWithScope, let scope = destination.oauth?.scope { form.append(("scope", scope)) }
    switch await askForTokens(form, destination, previous: refresh) {
    case .success(let new):
      guard associations[id]?.tokens?.access == tokens.access else { return .failed("The tokens changed meanwhile") }
      associations[id]?.tokens = new
      return .refreshed
    case .failure(let failure):
      return failure.isInvalidGrant ? end(id) : .failed(failure.link.text)
    }
  }

  private func end(_ id: String) -> TokenRefresh {
    guard var association = associations[id], association.state == .succeeded else { return .ended }
    association.state = .refreshTokenExpired
    associations[id] = association
    report(association, "The refresh token expired Link the account again", isError: true)
    return .ended
  }
}
