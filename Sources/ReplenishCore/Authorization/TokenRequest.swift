/// The requests to Login with Amazon. None has a client secret: a device is a public client, and PKCE stands in for it.
public enum TokenRequest {
  /// Redeems an authorization code (RFC 6749 section 4.1.3, RFC 7636 section 4.5). The redirect URI is the one of the
  /// authorize request, character for character.
  public static func redeem(
    code: Secret, redirectURI: String, clientID: String, verifier: CodeVerifier, at endpoints: LWAEndpoints
  ) -> HTTPRequest {
    var form = FormBody()
    form.add("grant_type", "authorization_code")
    form.add("code", code)
    form.add("redirect_uri", redirectURI)
    form.add("client_id", clientID)
    form.add("code_verifier", verifier.secret)
    return post(form.finish(), to: endpoints.token)
  }

  /// Gets a new access token (RFC 6749 section 6).
  public static func refresh(
    refreshToken: Secret, clientID: String, at endpoints: LWAEndpoints
  ) -> HTTPRequest {
    var form = FormBody()
    form.add("grant_type", "refresh_token")
    form.add("refresh_token", refreshToken)
    form.add("client_id", clientID)
    return post(form.finish(), to: endpoints.token)
  }

  /// Begins code-based linking. That it works with the scope of DRS is UNVERIFIED.
  ///
  /// The registration goes out as `scope_data`; nil for scopes that have none, such as `profile`.
  public static func codePair(
    clientID: String, scope: String = RegistrationScope.scope, registration: RegistrationScope?,
    at endpoints: LWAEndpoints
  ) -> HTTPRequest {
    var form = FormBody()
    form.add("response_type", "device_code")
    form.add("client_id", clientID)
    form.add("scope", scope)
    if let registration { form.add("scope_data", registration.scopeData) }
    return post(form.finish(), to: endpoints.codePair)
  }

  /// Asks whether the person has entered the code. Amazon wants no client id here.
  public static func poll(_ pair: CodePair, at endpoints: LWAEndpoints) -> HTTPRequest {
    var form = FormBody()
    form.add("grant_type", "device_code")
    form.add("device_code", pair.deviceCode)
    form.add("user_code", pair.userCode)
    return post(form.finish(), to: endpoints.token)
  }

  private static func post(_ body: Secret, to url: String) -> HTTPRequest {
    HTTPRequest(.post, url, contentType: FormBody.contentType, body: body)
  }
}
