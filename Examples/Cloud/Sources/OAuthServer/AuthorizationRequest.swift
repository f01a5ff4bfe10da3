import Foundation

/// An authorization request whose client and redirect address are known to be good.
public struct AuthorizationRequest: Sendable {
  /// The client that asks.
  public var client: OAuthClient
  /// Where the answer goes.
  public var redirectURI: String
  /// Whether the request named the redirect address; if so, the redemption must name it too.
  public var namedRedirectURI: Bool
  /// What comes back unchanged with the answer.
  public var state: String?
  /// What is asked for.
  public var scope: Scope
  /// The PKCE challenge.
  public var challenge: CodeChallenge?
  /// Further words of the request.
  public var details: AuthorizationDetails
}

/// Why an authorization request was refused, and whether the client may hear it.
public enum AuthorizationRefusal: Error {
  /// The client or its redirect address is not to be trusted: tell the person, never redirect (RFC 6749 4.1.2.1).
  case page(OAuthError)
  /// Send the refusal to this address, with this state.
  case redirect(OAuthError, uri: String, state: String?)
}

extension AuthorizationServer {
  /// Checks an authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3).
  public func authorizationRequest(
    _ parameters: FormParameters
  ) async throws -> Result<AuthorizationRequest, AuthorizationRefusal> {
    for name in ["client_id", "redirect_uri"] where parameters.repeated.contains(name) {
      return .failure(.page(.repeated(name)))
    }
    guard let clientID = parameters["client_id"] else { return .failure(.page(.missing("client_id"))) }
    guard let client = try await storage.client(id: clientID) else {
      return .failure(
        .page(OAuthError(.invalidClient, .invalid(parameter: "client_id"), "No client with this client_id exists.")))
    }
    let named = parameters["redirect_uri"]
    guard let redirectURI = named ?? (client.redirectURIs.count == 1 ? client.redirectURIs.first : nil) else {
      return .failure(.page(.missing("redirect_uri")))
    }
    let anyLoopbackPort = !client.isConfidential || policy.confidentialMayVaryLoopbackPort
    guard RedirectURI.isAllowed(redirectURI, registered: client.redirectURIs, anyLoopbackPort: anyLoopbackPort) else {
      return .failure(
        .page(
          OAuthError(
            .invalidRequest, .invalid(parameter: "redirect_uri"),
            "The redirect_uri is not one of this client's allowed return addresses; register it exactly as sent.")))
    }
    let state = parameters["state"]
    do {
      let (scope, challenge) = try checked(parameters, client: client)
      let details = try await consent.details(of: parameters, scope: scope, client: client)
      return .success(
        AuthorizationRequest(
          client: client, redirectURI: redirectURI, namedRedirectURI: named != nil, state: state, scope: scope,
          challenge: challenge, details: details))
    } catch let error as OAuthError {
      return .failure(.redirect(error, uri: redirectURI, state: state))
    }
  }

  private func checked(
    _ parameters: FormParameters, client: OAuthClient
  ) throws -> (scope: Scope, challenge: CodeChallenge?) {
    if let name = parameters.repeated.first { throw OAuthError.repeated(name) }
    guard let responseType = parameters["response_type"] else { throw OAuthError.missing("response_type") }
    guard responseType == "code" else {
      throw OAuthError(
        .unsupportedResponseType, .invalid(parameter: "response_type"),
        "Only response_type=code is supported; the implicit grant is not.")
    }
    guard let scopeText = parameters["scope"] else {
      // There is no default to fall back on (RFC 6749 section 3.3).
      throw OAuthError(.invalidScope, .missing(parameter: "scope"), "The parameter scope is missing; send it.")
    }
    guard let scope = Scope(scopeText), scope.isWithin(client.scopes) else {
      throw OAuthError(
        .invalidScope, .invalid(parameter: "scope"), "The scope is malformed or not one this client may ask for.")
    }
    return (scope, try challenge(parameters, client: client))
  }

  private func challenge(_ parameters: FormParameters, client: OAuthClient) throws -> CodeChallenge? {
    let methodName = parameters["code_challenge_method"]
    guard let value = parameters["code_challenge"] else {
      // Without a challenge a stolen code is as good as a password; only a client secret can stand in for it.
      if methodName != nil || !client.isConfidential { throw OAuthError.missing("code_challenge") }
      return nil
    }
    guard let method = CodeChallenge.Method(rawValue: methodName ?? "plain"),
      method == .s256 || policy.allowsPlainChallenge
    else {
      throw OAuthError(
        .invalidRequest, .invalid(parameter: "code_challenge_method"),
        "Send code_challenge_method=S256; other transformations are not accepted.")
    }
    guard let challenge = CodeChallenge(value: value, method: method) else {
      throw OAuthError(
        .invalidRequest, .invalid(parameter: "code_challenge"),
        "The code_challenge is not the base64url form of a SHA-256 digest.")
    }
    return challenge
  }

  /// Records that the person allowed a request; returns the address to send the browser to.
  public func allow(_ request: AuthorizationRequest, subject: String) async throws -> String {
    let resource = try await consent.resource(for: request.details, subject: subject, client: request.client)
    let grant = try await makeGrant(
      clientID: request.client.id, subject: subject, scope: request.scope, resource: resource)
    let code = mint.authorizationCode()
    let record = AuthorizationCode(
      grantID: grant.id, clientID: request.client.id,
      redirectURI: request.namedRedirectURI ? request.redirectURI : nil, challenge: request.challenge,
      expiresAt: now() + policy.authorizationCodeLifetime)
    try await storage.insert(record, SecretDigest(code))
    var answer = [("code", code)]
    if dialect.redirectsWithScope { answer.append(("scope", request.scope.description)) }
    return redirect(answer, to: request.redirectURI, state: request.state)
  }

  /// The address that tells the client of a refusal.
  public func refusal(_ error: OAuthError, to uri: String, state: String?) -> String {
    let (_, code, description) = dialect.render(error)
    return redirect([("error", code), ("error_description", description)], to: uri, state: state)
  }

  private func redirect(_ answer: [(String, String)], to uri: String, state: String?) -> String {
    var answer = answer
    // Where the client asked, and who answered: RFC 9207 section 2.
    if let issuer { answer.append(("iss", issuer())) }
    if let state { answer.append(("state", state)) }
    return RedirectURI.adding(answer, to: uri)
  }
}
