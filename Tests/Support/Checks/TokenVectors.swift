import ReplenishCore

/// Login with Amazon against the typed data of `Tests/Vectors/lwa-*.json`.
package struct TokenVectors {
  private static let files = [
    "lwa-authorize", "lwa-code-based-linking", "lwa-token-answers", "lwa-token-errors", "lwa-token-requests",
  ]

  private let folder: VectorFolder

  /// Every vector, one check each.
  package static func checks(_ folder: VectorFolder) -> [Check] {
    let vectors = TokenVectors(folder: folder)
    var checks = [folder.holdsExactly(prefix: "lwa-", files)]
    for file in files {
      checks += folder.checks(of: file) { (vector, findings) throws(VectorFault) in
        switch try vector.kind {
        case .request: try vectors.checkRequest(vector, findings)
        case .response: try vectors.checkResponse(vector, findings)
        case .authorize: try vectors.checkAuthorize(vector, findings)
        case .redirect: try vectors.checkRedirect(vector, findings)
        case .scopeData: try vectors.checkScopeData(vector, findings)
        }
      }
    }
    return checks
  }

  // MARK: Requests

  private func tokenRequest(_ vector: Vector) throws(VectorFault) -> HTTPRequest {
    let endpoints = LWAEndpoints(
      api: try Vector.address(vector.baseURL), authorize: try Vector.address("https://www.example.com/ap/oa"))
    if vector.given("code") != nil {
      guard let verifier = CodeVerifier(Secret(copying: try vector.input("codeVerifier"))) else {
        throw VectorFault("codeVerifier is no verifier")
      }
      return TokenRequest.redeem(
        code: Secret(copying: try vector.input("code")), redirectURI: try vector.input("redirectURI"),
        clientID: try vector.input("clientId"), verifier: verifier, at: endpoints)
    }
    if vector.given("refreshToken") != nil {
      return TokenRequest.refresh(
        refreshToken: Secret(copying: try vector.input("refreshToken")), clientID: try vector.input("clientId"),
        at: endpoints)
    }
    if vector.given("deviceCode") != nil {
      let pair = CodePair(
        userCode: try vector.input("userCode"), deviceCode: Secret(copying: try vector.input("deviceCode")),
        verificationURI: "https://amazon.com/us/code", expiresIn: 600, interval: 30)
      return TokenRequest.poll(pair, at: endpoints)
    }
    return TokenRequest.codePair(
      clientID: try vector.input("clientId"), scope: try vector.input("scope"),
      registration: vector.given("model") == nil ? nil : try registration(vector), at: endpoints)
  }

  private func registration(_ vector: Vector) throws(VectorFault) -> RegistrationScope {
    RegistrationScope(
      model: try vector.model, serial: try vector.serial, isTestDevice: vector.given("isTestDevice") == .bool(true),
      includesNonLive: vector.given("includeNonLive") == .bool(true))
  }

  private func checkRequest(_ vector: Vector, _ findings: Findings) throws(VectorFault) {
    let made = try tokenRequest(vector)
    let expected = try Vector(vector.member("request"), in: vector.file)
    findings.expect(try made.method.name == expected.text("method"), "another method")
    findings.expect(try made.url == vector.baseURL + expected.text("path"), "another address: \(made.url)")
    findings.expect(try TestJSON.text(made.contentType) == expected.member("contentType"), "another content type")
    findings.expect(made.bearer == nil && made.headers.isEmpty, "an LWA request needs no more headers")

    let sent = try fields(made.body?.shownForTest ?? "")
    let form = try expected.object("form")
    findings.expect(Set(sent.keys) == Set(form.keys), "other fields: \(sent.keys.sorted().joined(separator: " "))")
    for (name, encoded) in sent {
      guard let decoded = WireText.percentDecoded(encoded) else { throw VectorFault("\(name) has a broken escape") }
      if name == "scope_data" {
        let given = try folder.made(form[name]?.string ?? "", "the vector's scope_data")
        findings.expect(try folder.made(decoded, "scope_data") == given, "another scope_data: \(decoded)")
      } else {
        findings.expect(TestJSON.string(decoded) == form[name], "another \(name)")
        expectSpelling(name, encoded, expected["formEncoded"], findings)
      }
    }
    for name in expected["formAbsent"]?.strings ?? [] { findings.expect(sent[name] == nil, "\(name) must not be sent") }
  }

  private func expectSpelling(_ name: String, _ encoded: String, _ spellings: TestJSON?, _ findings: Findings) {
    findings.expect(spellings?[name]?.strings?.contains(encoded) == true, "\(name) is spelled \(encoded)")
  }

  /// The fields of a form or query, values still encoded; each name once.
  private func fields(_ text: String) throws(VectorFault) -> [String: String] {
    guard let fields = WireText.fields(text) else { throw VectorFault("a field twice or without value: \(text)") }
    return fields
  }

  private func checkAuthorize(_ vector: Vector, _ findings: Findings) throws(VectorFault) {
    let expected = try Vector(vector.member("authorize"), in: vector.file)
    let endpoints = LWAEndpoints(
      api: try Vector.address("https://api.example.com"), authorize: try Vector.address(vector.input("authorizeURL")))
    let request = AuthorizationRequest(
      clientID: try vector.input("clientId"), redirectURI: try vector.input("redirectURI"),
      state: vector.given("state")?.string, codeChallenge: try vector.input("codeChallenge"),
      registration: try registration(vector), scope: try vector.input("scope"))
    guard let url = request?.url(at: endpoints) else { throw VectorFault("no request is made of the inputs") }
    let parts = url.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
    findings.expect(try parts[0] == expected.text("urlBeforeQuery"), "another address: \(parts[0])")
    var sent = try fields(parts.count > 1 ? parts[1] : "")
    let scopeData = sent.removeValue(forKey: "scope_data").flatMap { WireText.percentDecoded($0) } ?? ""
    findings.expect(
      try folder.made(scopeData, "scope_data") == expected.member("scopeData"), "another scope_data: \(scopeData)")
    let query = try expected.object("query")
    findings.expect(Set(sent.keys) == Set(query.keys), "other parameters: \(url)")
    for (name, encoded) in sent {
      findings.expect(TestJSON.text(WireText.percentDecoded(encoded)) == query[name], "another \(name)")
      expectSpelling(name, encoded, try expected.member("queryEncoded"), findings)
    }
  }

  /// What a server makes of scope data is no business of the device. What the device would send for the same
  /// registration must mean the same, so that is compared; the texts that a server refuses only need to stay refused
  /// where the device's own rules say so too.
  private func checkScopeData(_ vector: Vector, _ findings: Findings) throws(VectorFault) {
    guard try vector.expectedOutcome == "registration" else {
      findings.expect(try vector.expectedOutcome == "refused", "an unknown outcome")
      return
    }
    let expect = try Vector(vector.member("expect"), in: vector.file)
    let flags = (test: expect["isTestDevice"] == .bool(true), nonLive: expect["includeNonLive"] == .bool(true))
    let scope = RegistrationScope(
      model: try Vector.model(expect.text("model")), serial: try Vector.serial(expect.text("serial")),
      isTestDevice: flags.test, includesNonLive: flags.nonLive)
    let sent = try folder.made(scope.scopeData, "the scope data")["dash:replenish"]
    let given = try folder.made(vector.text("scopeDataText"), "the vector's scope data")["dash:replenish"]
    guard let sent, let given else { throw VectorFault("there is no dash:replenish") }
    findings.expect(sent["device_model"] == given["device_model"], "another model")
    findings.expect(sent["serial"] == given["serial"], "another serial")
    findings.expect((sent["is_test_device"] == .bool(true)) == flags.test, "another is_test_device")
    findings.expect((sent["should_include_non_live"] == .bool(true)) == flags.nonLive, "another flag for non-live")
  }

  private func checkRedirect(_ vector: Vector, _ findings: Findings) throws(VectorFault) {
    var outcome: VectorOutcome
    do throws(AuthorizationRedirectError) {
      let code = try AuthorizationRedirect.code(
        in: vector["redirectURL"]?.string ?? "", state: vector.given("state")?.string)
      outcome = VectorOutcome("code", ["code": .string(code.shownForTest)])
    } catch {
      switch error {
      case .accessDenied(let said): outcome = VectorOutcome("accessDenied", ["description": .string(said.text)])
      case .other(let word, let said):
        outcome = VectorOutcome("otherError", ["error": .string(word.text), "description": .string(said.text)])
      case .stateMismatch: outcome = VectorOutcome("stateMismatch")
      case .malformed: outcome = VectorOutcome("malformed")
      }
    }
    try outcome.check(vector, findings)
  }

  // MARK: Answers

  private func checkResponse(_ vector: Vector, _ findings: Findings) throws(VectorFault) {
    for operation in try vector.member("operations").strings ?? [] {
      let answer = try vector.answer()
      guard operation == "codePair" || ["redeem", "refresh", "poll"].contains(operation) else {
        throw VectorFault("there is no operation \(operation)")
      }
      var outcome: VectorOutcome
      do throws(TokenError) {
        outcome =
          operation == "codePair" ? codePair(try CodePair.read(answer)) : tokens(try TokenAnswer.read(answer), findings)
      } catch {
        outcome = VectorOutcome(error, afterRefresh: operation == "refresh", findings)
        let shown = error.explanation + TokenVectors.printed(error)
        let leaks = ["Atza|", "Atzr|", "IQEB"].contains { WireText.contains(shown, $0) }
        findings.expect(!leaks, "a token in a text for people: \(shown)")
      }
      try outcome.check(vector, findings)
    }
  }

  /// What printing a value shows; Embedded Swift has no such thing.
  private static func printed<Value>(_ value: Value) -> String {
    #if hasFeature(Embedded)
      ""
    #else
      "\(value)"
    #endif
  }

  private func tokens(_ tokens: Tokens, _ findings: Findings) -> VectorOutcome {
    findings.expect(!WireText.contains(TokenVectors.printed(tokens), "Atz"), "printing the tokens shows them")
    return VectorOutcome(
      "tokens",
      [
        "accessToken": .string(tokens.accessToken.shownForTest),
        "refreshToken": .text(tokens.refreshToken?.shownForTest),
        "expiresIn": .number(Double(tokens.expiresIn)), "unlinks": .bool(false),
      ])
  }

  private func codePair(_ pair: CodePair) -> VectorOutcome {
    VectorOutcome(
      "codePair",
      [
        "userCode": .string(pair.userCode), "deviceCode": .string(pair.deviceCode.shownForTest),
        "verificationURI": .string(pair.verificationURI), "expiresIn": .number(Double(pair.expiresIn)),
        "interval": .number(Double(pair.interval)), "unlinks": .bool(false),
      ])
  }
}
