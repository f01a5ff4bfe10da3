import Testing

@testable import ReplenishCore

@Suite struct AuthorizationTests {
  private func answer(_ status: Int, _ body: String, contentType: String? = "application/json") -> HTTPAnswer {
    HTTPAnswer(status: status, contentType: contentType, body: Secret(copying: body))
  }

  @Test func knownAddresses() {
    let northAmerica = LWAEndpoints(.northAmerica)
    #expect(northAmerica.token == "https://api.amazon.com/auth/o2/token")
    #expect(northAmerica.codePair == "https://api.amazon.com/auth/o2/create/codepair")
    #expect(northAmerica.authorize == "https://www.amazon.com/ap/oa")
    #expect(LWAEndpoints(.europe).token == "https://api.amazon.co.uk/auth/o2/token")
    #expect(LWAEndpoints(.farEast).token == "https://api.amazon.co.jp/auth/o2/token")
  }

  @Test func otherHostsKeepThePaths() throws {
    let both = try LWAEndpoints.europe.replacing(
      apiHost: "https://localhost:8443/", authorizeHost: "https://login.example")
    #expect(both.token == "https://localhost:8443/auth/o2/token")
    #expect(both.codePair == "https://localhost:8443/auth/o2/create/codepair")
    #expect(both.authorize == "https://login.example/ap/oa")
    #expect(try LWAEndpoints.europe.replacing(apiHost: nil, authorizeHost: nil) == .europe)
    #expect(throws: ServiceURL.Fault.notHTTPS) {
      try LWAEndpoints.europe.replacing(apiHost: nil, authorizeHost: "http://login.example")
    }
  }

  @Test func aClientIDHasAtMost100Bytes() throws {
    let registration = RegistrationScope(model: try ModelID("M"), serial: try SerialNumber("1"))
    func request(_ count: Int) -> AuthorizationRequest? {
      AuthorizationRequest(
        clientID: String(repeating: "c", count: count), redirectURI: "https://example.com/", state: "s",
        codeChallenge: "x", registration: registration)
    }
    #expect(request(0) == nil)
    #expect(request(100) != nil)
    #expect(request(101) == nil)
  }

  @Test func noSecretStandsInTheURLOrAHeader() throws {
    let verifier = try #require(CodeVerifier(Secret(copying: String(repeating: "v", count: 43))))
    let request = TokenRequest.redeem(
      code: Secret(copying: "planted-code"), redirectURI: "https://example.com/", clientID: "c", verifier: verifier,
      at: LWAEndpoints(.northAmerica))
    var shown = request.url + "\(request)"
    dump(request, to: &shown)
    #expect(!shown.contains("planted-code") && !shown.contains("vvvv"))
  }

  @Test func anErrorThatRepeatsATokenDoesNotShowIt() {
    let body = #"{"error":"invalid_grant","error_description":"refresh_token Atzr|planted1 is \"Atzr|planted2\""}"#
    #expect {
      try TokenAnswer.read(answer(400, body))
    } throws: { error in
      let shown = "\(error)" + ((error as? TokenError)?.explanation ?? "")
      return shown.contains("[hidden]") && !shown.contains("planted")
    }
  }

  @Test func aMalformedAnswerIsNotQuoted() {
    for body in [#"{"access_token":"Atza|planted"#, #"{"access_token":"Atza|planted","token_type":"bearer"}"#] {
      #expect {
        try TokenAnswer.read(answer(200, body))
      } throws: { error in
        !"\(error)".contains("planted")
      }
    }
  }

  @Test func aWebPageIsNoAnswerEvenIfItParses() {
    let body = #"{"access_token":"a","refresh_token":"r","token_type":"bearer","expires_in":3600}"#
    #expect(throws: TokenError.malformed("the body is a web page, not JSON")) {
      try TokenAnswer.read(answer(200, body, contentType: "Text/HTML; charset=utf-8"))
    }
  }

  @Test func successIs200Only() {
    let body = #"{"access_token":"a","refresh_token":"r","token_type":"bearer","expires_in":3600}"#
    for status in [100, 199, 201, 204, 301, 307, 399] {
      #expect(throws: TokenError.malformed("the status is \(status), neither success nor error")) {
        try TokenAnswer.read(answer(status, body))
      }
    }
  }

  @Test func invalidGrantNeedsMoreThanTheWord() {
    for status in [200, 302, 500, 503, 599] {
      #expect {
        try TokenAnswer.read(answer(status, #"{"error":"invalid_grant"}"#))
      } throws: { error in
        (error as? TokenError)?.isRetryable == true
      }
    }
  }

  @Test func throttlingWithoutAWordIsAWait() {
    #expect(throws: TokenError.server(status: 429, retryAfter: nil)) { try TokenAnswer.read(answer(429, "")) }
    #expect(throws: TokenError.slowDown) { try TokenAnswer.read(answer(429, #"{"error":"slow_down"}"#)) }
  }

  @Test func theEdgesOfALife() throws {
    func life(_ text: String) throws(TokenError) -> Int {
      let body = #"{"access_token":"a","token_type":"bearer","expires_in":"# + text + "}"
      return try TokenAnswer.read(answer(200, body)).expiresIn
    }
    #expect(try life("1") == 1)
    #expect(try life("\"0003600\"") == 3600)
    #expect(try life("31536000") == Tokens.longestLife)
    for text in ["0", "31536001", "\"+1\"", "\" 1\"", "\"1234567890123456789\"", "1e3", "[]", "{}"] {
      #expect(throws: TokenError.malformed("expires_in is not a whole number from 1 to 31536000"), "\(text)") {
        _ = try life(text)
      }
    }
  }

  @Test func aVerificationPageMustBeHTTPS() {
    let body = #"{"user_code":"A","device_code":"d","verification_uri":"http://x","expires_in":600,"interval":5}"#
    #expect(throws: TokenError.malformed("verification_uri does not begin with https://")) {
      _ = try CodePair.read(answer(200, body))
    }
  }

  @Test func aStateThatWasNeverSentIsAMismatch() {
    #expect(throws: AuthorizationRedirectError.stateMismatch) {
      _ = try AuthorizationRedirect.code(in: "https://example.com/?code=c&state=s", state: nil)
    }
    #expect(throws: AuthorizationRedirectError.self) {
      _ = try AuthorizationRedirect.code(in: "/?code=" + String(repeating: "a", count: 8192), state: nil)
    }
  }
}
