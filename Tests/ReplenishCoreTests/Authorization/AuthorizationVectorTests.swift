import Foundation
import Testing

@testable import ReplenishCore

/// Login with Amazon against the typed data of `Tests/Vectors/lwa-*.json` and `pkce.json`.
@Suite struct AuthorizationVectorTests {
  static let files = [
    "lwa-authorize", "lwa-code-based-linking", "lwa-token-answers", "lwa-token-errors", "lwa-token-requests",
  ]

  @Test func everyFileIsRead() throws {
    #expect(try VectorFile.names(prefix: "lwa-") == Set(AuthorizationVectorTests.files))
  }

  @Test(arguments: files) func vectorsOf(file: String) throws {
    for vector in try VectorFile.load(file) {
      switch vector.kind {
      case .request: try checkRequest(vector)
      case .response: try checkResponse(vector)
      case .authorize: try checkAuthorize(vector)
      case .redirect: try checkRedirect(vector)
      case .scopeData: try checkScopeData(vector)
      }
    }
  }

  // MARK: Requests

  private func tokenRequest(_ vector: Vector) throws -> HTTPRequest {
    let inputs = try vector.member(\.inputs)
    let api = try ServiceURL(try vector.input("baseURL"))
    let endpoints = LWAEndpoints(api: api, authorize: try ServiceURL("https://www.example.com/ap/oa"))
    if inputs["code"] != nil {
      let verifier = try #require(CodeVerifier(Secret(copying: try vector.input("codeVerifier"))))
      return TokenRequest.redeem(
        code: Secret(copying: try vector.input("code")), redirectURI: try vector.input("redirectURI"),
        clientID: try vector.input("clientId"), verifier: verifier, at: endpoints)
    }
    if inputs["refreshToken"] != nil {
      return TokenRequest.refresh(
        refreshToken: Secret(copying: try vector.input("refreshToken")), clientID: try vector.input("clientId"),
        at: endpoints)
    }
    if inputs["deviceCode"] != nil {
      let pair = CodePair(
        userCode: try vector.input("userCode"), deviceCode: Secret(copying: try vector.input("deviceCode")),
        verificationURI: "https://amazon.com/us/code", expiresIn: 600, interval: 30)
      return TokenRequest.poll(pair, at: endpoints)
    }
    return TokenRequest.codePair(
      clientID: try vector.input("clientId"), scope: try vector.input("scope"),
      registration: inputs["model"] == nil ? nil : try registration(vector), at: endpoints)
  }

  private func registration(_ vector: Vector) throws -> RegistrationScope {
    RegistrationScope(
      model: try ModelID(try vector.input("model")), serial: try SerialNumber(try vector.input("serial")),
      isTestDevice: vector.inputs?["isTestDevice"] == .bool(true),
      includesNonLive: vector.inputs?["includeNonLive"] == .bool(true))
  }

  private func checkRequest(_ vector: Vector) throws {
    let made = try tokenRequest(vector)
    let expected = try vector.member(\.request)
    #expect(made.method == .post, "\(vector.name)")
    #expect(expected["method"] == .string("POST"), "\(vector.name)")
    let path = try #require(expected["path"]?.string)
    #expect(made.url == (try vector.input("baseURL")) + path, "\(vector.name)")
    #expect(TestJSON.text(made.contentType) == expected["contentType"], "\(vector.name)")
    #expect(made.bearer == nil && made.headers.isEmpty, "\(vector.name): an LWA request needs no more")

    let sent = try fields(try #require(made.body).shownForTest, vector)
    let form = try #require(expected["form"]?.object)
    #expect(Set(sent.keys) == Set(form.keys), "\(vector.name)")
    let spellings = expected["formEncoded"]?.object ?? [:]
    for (name, encoded) in sent {
      let decoded = try #require(encoded.removingPercentEncoding)
      if name == "scope_data" {
        #expect(try TestJSON.parse(decoded) == TestJSON.parse(try #require(form[name]?.string)), "\(vector.name)")
      } else {
        #expect(TestJSON.string(decoded) == form[name], "\(vector.name): \(name)")
        #expect(spellings[name]?.strings?.contains(encoded) == true, "\(vector.name): \(name) is \(encoded)")
      }
    }
    for name in expected["formAbsent"]?.strings ?? [] { #expect(sent[name] == nil, "\(vector.name): \(name)") }
  }

  /// The fields of a form or query, values still encoded; each name once.
  private func fields(_ text: String, _ vector: Vector) throws -> [String: String] {
    var fields: [String: String] = [:]
    for part in text.split(separator: "&", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", omittingEmptySubsequences: false)
      try #require(pair.count == 2, "\(vector.name): \(part)")
      #expect(fields.updateValue(String(pair[1]), forKey: String(pair[0])) == nil, "\(vector.name): \(pair[0]) twice")
    }
    return fields
  }

  private func checkAuthorize(_ vector: Vector) throws {
    let expected = try vector.member(\.authorize)
    let endpoints = LWAEndpoints(
      api: try ServiceURL("https://api.example.com"), authorize: try ServiceURL(try vector.input("authorizeURL")))
    let request = try #require(
      AuthorizationRequest(
        clientID: try vector.input("clientId"), redirectURI: try vector.input("redirectURI"),
        state: vector.inputs?["state"]?.string, codeChallenge: try vector.input("codeChallenge"),
        registration: try registration(vector), scope: try vector.input("scope")))
    let parts = request.url(at: endpoints).split(separator: "?", maxSplits: 1)
    #expect(TestJSON.string(String(parts[0])) == expected["urlBeforeQuery"], "\(vector.name)")
    var sent = try fields(String(try #require(parts.last)), vector)
    let scopeData = try #require(sent.removeValue(forKey: "scope_data")?.removingPercentEncoding)
    #expect(try TestJSON.parse(scopeData) == expected["scopeData"], "\(vector.name)")
    let query = try #require(expected["query"]?.object)
    let spellings = try #require(expected["queryEncoded"]?.object)
    #expect(Set(sent.keys) == Set(query.keys), "\(vector.name)")
    for (name, encoded) in sent {
      #expect(TestJSON.text(encoded.removingPercentEncoding) == query[name], "\(vector.name): \(name)")
      #expect(spellings[name]?.strings?.contains(encoded) == true, "\(vector.name): \(name) is \(encoded)")
    }
  }

  /// What a server makes of scope data is no business of the device. What the device would send for the same
  /// registration must mean the same, so that is compared; the texts that a server refuses only need to stay refused
  /// where the device's own rules say so too.
  private func checkScopeData(_ vector: Vector) throws {
    let expect = try vector.member(\.expect)
    guard try vector.expectedOutcome == "registration" else {
      #expect(try vector.expectedOutcome == "refused", "\(vector.name)")
      return
    }
    let flags = (test: expect["isTestDevice"] == .bool(true), nonLive: expect["includeNonLive"] == .bool(true))
    let scope = RegistrationScope(
      model: try ModelID(try #require(expect["model"]?.string)),
      serial: try SerialNumber(try #require(expect["serial"]?.string)),
      isTestDevice: flags.test, includesNonLive: flags.nonLive)
    let sent = try #require(try TestJSON.parse(scope.scopeData).object?["dash:replenish"]?.object)
    let given = try #require(
      try TestJSON.parse(try vector.member(\.scopeDataText)).object?["dash:replenish"]?.object)
    #expect(sent["device_model"] == given["device_model"], "\(vector.name)")
    #expect(sent["serial"] == given["serial"], "\(vector.name)")
    #expect((sent["is_test_device"] == .bool(true)) == flags.test, "\(vector.name)")
    #expect((sent["should_include_non_live"] == .bool(true)) == flags.nonLive, "\(vector.name)")
  }

  private func checkRedirect(_ vector: Vector) throws {
    var outcome: Outcome
    do throws(AuthorizationRedirectError) {
      let code = try AuthorizationRedirect.code(
        in: vector.redirectURL ?? "", state: vector.inputs?["state"]?.string)
      outcome = Outcome("code", ["code": .string(code.shownForTest)])
    } catch {
      switch error {
      case .accessDenied(let said): outcome = Outcome("accessDenied", ["description": .string(said.text)])
      case .other(let word, let said):
        outcome = Outcome("otherError", ["error": .string(word.text), "description": .string(said.text)])
      case .stateMismatch: outcome = Outcome("stateMismatch")
      case .malformed: outcome = Outcome("malformed")
      }
    }
    try outcome.check(vector)
  }

  // MARK: Answers

  private func checkResponse(_ vector: Vector) throws {
    for operation in try vector.member(\.operations) {
      var outcome: Outcome
      do throws(TokenError) {
        switch operation {
        case "redeem", "refresh", "poll": outcome = tokens(try TokenAnswer.read(try answer(vector)))
        case "codePair": outcome = codePair(try CodePair.read(try answer(vector)))
        default:
          Issue.record("\(vector.name): no operation \(operation)")
          return
        }
      } catch {
        outcome = Outcome(error, afterRefresh: operation == "refresh")
        expectNoToken(in: error, vector)
      }
      try outcome.check(vector)
    }
  }

  private func answer(_ vector: Vector) throws(TokenError) -> HTTPAnswer {
    do { return try vector.answer() } catch {
      Issue.record("\(vector.name): \(error)")
      throw .malformed("the vector has no answer")
    }
  }

  private func expectNoToken(in error: TokenError, _ vector: Vector) {
    let shown = "\(error) " + error.explanation
    #expect(!shown.contains("Atza|") && !shown.contains("Atzr|") && !shown.contains("IQEB"), "\(vector.name): \(shown)")
  }

  private func tokens(_ tokens: Tokens) -> Outcome {
    #expect(!"\(tokens)".contains("Atz"))
    return Outcome(
      "tokens",
      [
        "accessToken": .string(tokens.accessToken.shownForTest),
        "refreshToken": .text(tokens.refreshToken?.shownForTest),
        "expiresIn": .number(Double(tokens.expiresIn)), "unlinks": .bool(false),
      ])
  }

  private func codePair(_ pair: CodePair) -> Outcome {
    Outcome(
      "codePair",
      [
        "userCode": .string(pair.userCode), "deviceCode": .string(pair.deviceCode.shownForTest),
        "verificationURI": .string(pair.verificationURI), "expiresIn": .number(Double(pair.expiresIn)),
        "interval": .number(Double(pair.interval)), "unlinks": .bool(false),
      ])
  }
}
