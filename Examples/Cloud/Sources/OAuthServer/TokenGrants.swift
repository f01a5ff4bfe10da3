import Foundation

extension AuthorizationServer {
  /// Answers a request to the token endpoint (RFC 6749 section 5).
  public func token(_ form: FormParameters, authorization: String?) async throws -> TokenAnswer {
    if let name = form.repeated.first { throw OAuthError.repeated(name) }
    guard let grantType = form["grant_type"] else { throw OAuthError.missing("grant_type") }
    switch grantType {
    case "authorization_code":
      return try await redeemCode(form, client: authenticate(form, authorization: authorization))
    case "refresh_token":
      return try await refresh(form, client: authenticate(form, authorization: authorization))
    case _ where devices != nil && dialect.deviceGrantTypes.contains(grantType):
      return try await redeemDeviceCode(form, authorization: authorization)
    default:
      let device = devices == nil ? "" : " or the device grant"
      throw OAuthError(
        .unsupportedGrantType, .invalid(parameter: "grant_type"),
        "This grant_type is not supported; use authorization_code, refresh_token\(device).")
    }
  }

  private func redeemCode(_ form: FormParameters, client: OAuthClient) async throws -> TokenAnswer {
    guard let presented = form["code"] else { throw OAuthError.missing("code") }
    let bad = OAuthError(
      .invalidGrant, .invalid(parameter: "code"),
      "The authorization code is unknown, expired, used, or was issued to another client; start a new authorization.")
    guard let (code, isFirst) = try await storage.claimAuthorizationCode(SecretDigest(presented)) else { throw bad }
    guard isFirst else {
      // Somebody else has seen this code: what was issued for it is not safe (RFC 6749 section 4.1.2).
      try await storage.revokeGrant(id: code.grantID, at: now())
      throw bad
    }
    guard code.clientID == client.id, code.expiresAt > now(), let grant = try await livingGrant(id: code.grantID)
    else { throw bad }
    let redirectURI = form["redirect_uri"]
    if code.redirectURI != nil && redirectURI == nil { throw OAuthError.missing("redirect_uri") }
    guard code.redirectURI == redirectURI || code.redirectURI == nil else {
      throw OAuthError(
        .invalidGrant, .invalid(parameter: "redirect_uri"),
        "The redirect_uri is not the one of the authorization request; send the same one.")
    }
    try check(verifier: form["code_verifier"], against: code.challenge)
    return try await issue(for: grant, scope: grant.scope)
  }

  private func check(verifier: String?, against challenge: CodeChallenge?) throws {
    switch (challenge, verifier) {
    case (nil, nil): return
    case (nil, _?):
      // Otherwise an attacker could strip the challenge from the request unnoticed (RFC 9700 section 4.8.2).
      throw OAuthError(
        .invalidGrant, .invalid(parameter: "code_verifier"),
        "A code_verifier came, but the authorization request had no code_challenge.")
    case (_?, nil): throw OAuthError.missing("code_verifier")
    case (let challenge?, let verifier?):
      guard challenge.accepts(verifier: verifier) else {
        throw OAuthError(
          .invalidGrant, .invalid(parameter: "code_verifier"),
          "The code_verifier does not belong to the code_challenge of the authorization request.")
      }
    }
  }

  private func refresh(_ form: FormParameters, client: OAuthClient) async throws -> TokenAnswer {
    guard let presented = form["refresh_token"] else { throw OAuthError.missing("refresh_token") }
    let bad = OAuthError(
      .invalidGrant, .invalid(parameter: "refresh_token"),
      "The refresh token is unknown, revoked, replaced, or was issued to another client; start a new authorization.")
    let digest = SecretDigest(presented)
    guard let token = try await storage.refreshToken(digest), token.clientID == client.id,
      let grant = try await livingGrant(id: token.grantID)
    else { throw bad }
    var scope = grant.scope
    if let text = form["scope"] {
      guard let wanted = Scope(text), wanted.isWithin(grant.scope.words) else {
        throw OAuthError(
          .invalidScope, .invalid(parameter: "scope"), "The scope is more than the person allowed; ask for less.")
      }
      scope = wanted
    }
    let rotation = policy.rotation(for: client)
    if rotation == .off && token.replacedAt == nil {
      return try await issue(for: grant, scope: scope, keeping: presented)
    }
    let isGood =
      if rotation == .untilSuccessorUsed {
        try await storage.confirmRefreshToken(digest, at: now())
      } else {
        try await storage.claimRefreshToken(digest, at: now()) || isWithinGrace(token, rotation)
      }
    guard isGood else {
      // The token was copied, by whom is unknown: neither copy may go on (RFC 9700 section 4.14.2).
      try await storage.revokeGrant(id: grant.id, at: now())
      throw bad
    }
    return try await issue(for: grant, scope: scope, after: digest)
  }

  private func isWithinGrace(_ token: RefreshToken, _ rotation: RotationPolicy) -> Bool {
    guard case .grace(let seconds) = rotation else { return false }
    // Two requests at the same instant: the other one has claimed it since this one read it.
    guard let replacedAt = token.replacedAt else { return true }
    return now() <= replacedAt + seconds
  }

  /// Stores and returns a new access token, with a new refresh token unless an old one is kept.
  func issue(
    for grant: Grant, scope: Scope, keeping old: String? = nil, after predecessor: SecretDigest? = nil
  ) async throws -> TokenAnswer {
    let access = mint.accessToken()
    let lifetime = policy.accessTokenLifetime
    try await storage.insert(
      AccessToken(grantID: grant.id, scope: scope, expiresAt: now() + lifetime), SecretDigest(access))
    let refresh = old ?? mint.refreshToken()
    if old == nil {
      try await storage.insert(
        RefreshToken(grantID: grant.id, clientID: grant.clientID, predecessor: predecessor), SecretDigest(refresh))
    }
    try await noteUse(of: grant)
    // A second use of the code may have killed the family meanwhile; then these tokens were born dead.
    return TokenAnswer(
      accessToken: access, refreshToken: refresh, expiresIn: Int(lifetime), scope: scope, grant: grant)
  }

  /// The grant and scope behind an access token; nil when it is unknown, expired or revoked.
  public func authorized(by accessToken: String) async throws -> (grant: Grant, scope: Scope)? {
    guard let token = try await storage.accessToken(SecretDigest(accessToken)), token.expiresAt > now(),
      let grant = try await livingGrant(id: token.grantID)
    else { return nil }
    try await noteUse(of: grant)
    return (grant, token.scope)
  }
}
