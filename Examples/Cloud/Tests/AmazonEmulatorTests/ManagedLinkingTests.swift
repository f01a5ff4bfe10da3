import Foundation
import HTTPTypes
import OAuthServer
import Testing

@testable import AmazonEmulator

@Suite("Managed integrations: account linking", .timeLimit(.minutes(10)))
struct ManagedLinkingTests {
  @Test(
    "from the address for the browser to the connector's ActivateUser and back to the app",
    arguments: ["HTTP_BASIC", "REQUEST_BODY_CREDENTIALS"])
  func wholeWay(scheme: String) async throws {
    try await Customer.run(scheme: scheme) { customer in
      let (id, url) = try await customer.associate()
      #expect(id.wholeMatch(of: /[0-9a-zA-Z]{1,64}/) != nil)
      #expect(url.string?.hasPrefix("https://auth.example/authorize?a=b&") == true && url.string!.utf8.count <= 1024)
      let query = Dictionary(uniqueKeysWithValues: (url.queryItems ?? []).map { ($0.name, $0.value ?? "") })
      #expect(query["response_type"] == "code" && query["client_id"] == "mi client")
      #expect(query["redirect_uri"] == "https://localhost:8443" + Unverified.callbackPath)
      #expect(query["scope"] == "devices:read devices:identify" && query["code_challenge_method"] == "S256")
      #expect(try await customer.state(id) == "ASSOCIATION_IN_PROGRESS")

      let back = try await customer.comeBack(url)
      #expect(back.status == .seeOther && back.headers[.location] == Customer.complete)
      #expect(try await customer.state(id) == "ASSOCIATION_SUCCEEDED")

      let form = try #require(await customer.third.forms.first)
      #expect(form["grant_type"] == "authorization_code" && form["code"] == "c0de")
      #expect(form["redirect_uri"] == query["redirect_uri"])
      let challenge = try #require(CodeChallenge(value: query["code_challenge"] ?? "", method: .s256))
      #expect(challenge.accepts(verifier: form["code_verifier"] ?? ""))
      let authorization = await customer.third.authorizations[0]
      if scheme == "HTTP_BASIC" {
        #expect(authorization == "Basic " + Data("mi%20client:s3cret%3A%26".utf8).base64EncodedString())
        #expect(form["client_secret"] == nil)
      } else {
        #expect(authorization == nil && form["client_id"] == "mi client" && form["client_secret"] == "s3cret:&")
      }
      let expected = JSONValue.members([
        "header": .members(["auth": .members(["type": "OAuth2.0".json, "token": ThirdParty.access("1").json])]),
        "payload": .members([
          "operationName": "AWS.ActivateUser".json, "operationVersion": "1.0.0".json,
          "connectorId": customer.connector.json,
        ]),
      ])
      #expect(await customer.third.envelopes == [expected])

      let states = try await customer.seen().notifications.map { $0.payload["state"]?.text }
      #expect(states == ["ASSOCIATION_IN_PROGRESS", "ASSOCIATION_SUCCEEDED"])
      // No secret is in what tests see.
      let text = try await customer.amazon.send(.get, "/emulator/managed-integrations").text
      for secret in ["s3cret", ThirdParty.access("1"), "r1\""] { #expect(!text.contains(secret)) }
    }
  }

  @Test("a journey is good once, a state that is none of ours leads nowhere, and a new address ends the one before")
  func journeys() async throws {
    try await Customer.run { customer in
      let (id, first) = try await customer.associate()
      let again = try await customer.send(.post, "/account-associations/\(id)/refresh")
      let second = try #require(URLComponents(string: again.value["OAuthAuthorizationUrl"]?.text ?? ""))
      #expect(again.value.members?.count == 1)
      #expect(try await customer.comeBack(first).status == .badRequest)
      #expect(try await customer.comeBack(second).status == .seeOther)
      #expect(try await customer.comeBack(second).status == .badRequest)
      #expect(try await customer.amazon.send(.get, Unverified.callbackPath + "?code=c&state=x").status == .badRequest)
      #expect(await customer.third.forms.count == 1)
      #expect(try await customer.state(id) == "ASSOCIATION_SUCCEEDED")
    }
  }

  @Test("the owner says no: FAILED, and the app learns it in words that fit")
  func denied() async throws {
    try await Customer.run { customer in
      let (id, url) = try await customer.associate()
      let back = try await customer.comeBack(
        url, ["error": "access_denied", "error_description": "No: <b>never</b>, \u{e4}ber \"so\"."])
      #expect(
        back.headers[.location]
          == "https://app.example/done?from=mi&error=access_denied&error_description=No%20b%20never%20b%20ber%20so#top")
      let association = try await customer.send(.get, "/account-associations/\(id)").value
      #expect(association["AssociationState"]?.text == "ASSOCIATION_FAILED")
      #expect(association["ErrorMessage"]?.text == "No b never b ber so")
      #expect(await customer.third.envelopes.isEmpty)
      // A word that could be anything does not become a parameter.
      let (_, other) = try await customer.associate()
      let odd = try await customer.comeBack(other, ["error": "a&b=c"])
      #expect(odd.headers[.location]?.contains("error=server_error&") == true)
    }
  }

  @Test(
    "the token endpoint is down, refuses, or sends what is no token: FAILED, and the app learns it",
    arguments: [
      (500, "oops", "server_error"),
      (400, #"{"error":"invalid_grant","error_description":"Too late."}"#, "invalid_grant"),
      (200, "{}", "server_error"), (200, #"{"access_token":"a|b","token_type":"bearer"}"#, "server_error"),
      (200, #"{"access_token":"/w==","token_type":"bearer"}"#, "server_error"),
    ])
  func tokenEndpoint(status: Int, body: String, error: String) async throws {
    try await Customer.run { customer in
      await customer.third.setTokenAnswers([(status, body)])
      let (id, url) = try await customer.associate()
      let back = try await customer.comeBack(url)
      #expect(back.headers[.location]?.contains("error=\(error)&error_description=") == true)
      #expect(try await customer.state(id) == "ASSOCIATION_FAILED")
      #expect(await customer.third.envelopes.isEmpty)
      // A failed one may be begun again.
      await customer.third.setTokenAnswers([ThirdParty.tokens("2")])
      let again = try await customer.send(.post, "/account-associations/\(id)/refresh").value
      let second = try #require(URLComponents(string: again["OAuthAuthorizationUrl"]?.text ?? ""))
      #expect(try await customer.comeBack(second).headers[.location] == Customer.complete)
      #expect(try await customer.state(id) == "ASSOCIATION_SUCCEEDED")
    }
  }

  @Test("a connector that is slow, breaks, or loses an answer is asked again; six times at most")
  func slowConnector() async throws {
    try await Customer.run { customer in
      let slow = #"{"operation":"invoke.ActivateUser","kind":"delay","seconds":60}"#
      _ = try await customer.amazon.control("faults", slow)
      await customer.third.setConnectorAnswers([(503, "{}"), (200, "no envelope"), (200, ThirdParty.activated)])
      let id = try await customer.link()
      let tries = try await customer.seen().invocations.filter { $0.association == id }
      #expect(tries.map(\.attempt) == [1, 2, 3, 4])
      #expect(tries.map(\.result) == ["no answer in time", "HTTP status 503", "no envelope", "200"])

      _ = try await customer.amazon.control("faults", #"{"operation":"invoke.ActivateUser","kind":"loseAnswer"}"#)
      await customer.third.setConnectorAnswers([(200, ThirdParty.activated)])
      _ = try await customer.link()
      #expect(await customer.third.envelopes.count == 5)

      await customer.third.setConnectorAnswers([(500, "{}")])
      let (failed, url) = try await customer.associate()
      let back = try await customer.comeBack(url)
      #expect(back.headers[.location]?.contains("error=server_error") == true)
      let seen = try await customer.seen()
      #expect(seen.invocations.filter { $0.association == failed }.count == 6)
      let report = try #require(seen.notifications.last { $0.messageType == "CONNECTOR_ERROR_REPORT" })
      #expect(report.payload["operation"]?.text == "AWS.ActivateUser")
      #expect(report.payload["resourceId"] == .array([failed.json]) && report.payload["traceId"] == nil)
    }
  }

  @Test("a connector that refuses ActivateUser is asked once, and its words are reported")
  func refused() async throws {
    try await Customer.run { customer in
      let refusal = #"{"header":{"responseCode":403},"payload":{"responseMessage":"not yours"}}"#
      await customer.third.setConnectorAnswers([(200, refusal)])
      let (id, url) = try await customer.associate()
      _ = try await customer.comeBack(url)
      let seen = try await customer.seen()
      #expect(seen.invocations.map(\.result) == ["403"])
      let report = try #require(seen.notifications.first { $0.messageType == "CONNECTOR_ERROR_REPORT" })
      #expect(
        report.payload["message"]?.text
          == "Connector response exception: responseCode=403, responseMessage=not yours")
      #expect(report.payload["statusCode"]?.number == 403)
      #expect(try await customer.state(id) == "ASSOCIATION_FAILED")
    }
  }

  @Test(
    "a userId out of its pattern ends the link", arguments: ["auth0|1", "a:b", "", String(repeating: "x", count: 65)])
  func userID(_ user: String) async throws {
    try await Customer.run { customer in
      let answer = #"{"header":{"responseCode":200},"payload":{"responseMessage":"ok","userId":"\#(user)"}}"#
      await customer.third.setConnectorAnswers([(200, answer)])
      let (id, url) = try await customer.associate()
      #expect(try await customer.comeBack(url).headers[.location]?.contains("error=server_error") == true)
      #expect(try await customer.state(id) == "ASSOCIATION_FAILED")
    }
  }

  @Test("a token is refreshed before use, once for many; invalid_grant, and only that, makes REFRESH_TOKEN_EXPIRED")
  func refresh() async throws {
    try await Customer.run { customer in
      let id = try await customer.link()
      await customer.third.setTokenAnswers([ThirdParty.tokens("2", refresh: nil)])
      customer.fixture.wait(3590)
      await customer.third.setConnectorAnswers([(200, ThirdParty.done)])
      for _ in 0..<3 { _ = try await discover(customer, id) }
      try await customer.eventually("three searches") { await customer.third.envelopes.count == 4 }
      let forms = await customer.third.forms
      #expect(forms.count == 2 && forms[1]["grant_type"] == "refresh_token" && forms[1]["refresh_token"] == "r1")
      #expect(forms[1]["scope"] == nil)
      let used = await customer.third.envelopes.dropFirst().map { $0["header"]?["auth"]?["token"]?.text }
      #expect(used.allSatisfy { $0 == ThirdParty.access("2") })

      customer.fixture.wait(3600)
      await customer.third.setTokenAnswers([(503, "{}")])
      let failed = try await discover(customer, id)
      try await customer.eventually("the search failed") { try await status(customer, failed) == "FAILED" }
      #expect(try await customer.state(id) == "ASSOCIATION_SUCCEEDED")

      await customer.third.setTokenAnswers([(400, #"{"error":"invalid_grant"}"#)])
      let dead = try await discover(customer, id)
      try await customer.eventually("the search failed") { try await status(customer, dead) == "FAILED" }
      #expect(try await customer.state(id) == "REFRESH_TOKEN_EXPIRED")
      let refused = try await customer.send(
        .post, "/device-discoveries", .members(["DiscoveryType": "CLOUD".json, "AccountAssociationId": id.json]))
      #expect(refused.status == .conflict && refused.errorType == "ConflictException")
      #expect(await customer.third.envelopes.count == 4)
    }
  }

  @Test("linking again must be the same account; until then the tokens before stay")
  func anotherAccount() async throws {
    try await Customer.run { customer in
      let id = try await customer.link()
      await customer.third.setTokenAnswers([ThirdParty.tokens("2")])
      await customer.third.setConnectorAnswers([
        (200, ThirdParty.activated.replacing("user-1", with: "user-2")), (200, ThirdParty.done),
      ])
      let again = try await customer.send(.post, "/account-associations/\(id)/refresh").value
      let url = try #require(URLComponents(string: again["OAuthAuthorizationUrl"]?.text ?? ""))
      #expect(try await customer.comeBack(url).headers[.location]?.contains("another%20one") == true)
      #expect(try await customer.state(id) == "ASSOCIATION_FAILED")
      #expect(try await customer.send(.delete, "/account-associations/\(id)").status == .ok)
      try await customer.eventually("gone") {
        try await customer.send(.get, "/account-associations/\(id)").status == .notFound
      }
      let last = try #require(await customer.third.envelopes.last)
      #expect(last["payload"]?["operationName"]?.text == "AWS.DeactivateUser")
      #expect(last["header"]?["auth"]?["token"]?.text == ThirdParty.access("1"))
    }
  }

  @Test("deletion waits for the connector's word, and may be asked for again")
  func deletion() async throws {
    try await Customer.run { customer in
      _ = try await customer.control("settings", #"{"invocationRetries":1}"#)
      let id = try await customer.link()
      await customer.third.setConnectorAnswers([(500, "{}")])
      #expect(try await customer.send(.delete, "/account-associations/\(id)").status == .ok)
      try await customer.eventually("both tries failed") { await customer.third.envelopes.count == 3 }
      try await customer.eventually("an error is shown") {
        try await customer.send(.get, "/account-associations/\(id)").value["ErrorMessage"] != nil
      }
      #expect(try await customer.state(id) == "ASSOCIATION_DELETING")
      #expect(try await customer.send(.post, "/account-associations/\(id)/refresh").status == .conflict)
      await customer.third.setConnectorAnswers([(200, ThirdParty.done)])
      #expect(try await customer.send(.delete, "/account-associations/\(id)").status == .ok)
      try await customer.eventually("gone") { try await customer.state(id) == nil }
      #expect(
        try await customer.event(["UserId": "user-1".json, "Operation": "DEVICE_EVENT".json]).status == .notFound)
    }
  }

  @Test("an association by a secret of the customer's own has no address, and its connector may refuse it")
  func generalAuthorization() async throws {
    try await Customer.run { customer in
      let refusal = #"{"header":{"responseCode":501},"payload":{"responseMessage":"OAuth only"}}"#
      await customer.third.setConnectorAnswers([(200, refusal)])
      let answer = try await customer.send(
        .post, "/account-associations",
        .members([
          "ConnectorDestinationId": customer.destination.json,
          "GeneralAuthorization": .members(["AuthMaterialName": "own".json]),
        ]))
      #expect(answer.status == .created && answer.value["OAuthAuthorizationUrl"]?.text == "")
      let id = try #require(answer.value["AccountAssociationId"]?.text)
      try await customer.eventually("refused") { try await customer.state(id) == "ASSOCIATION_FAILED" }
      let auth = await customer.third.envelopes[0]["header"]?["auth"]
      #expect(auth?["type"]?.text == "GeneralAuthorization" && auth?["token"] == nil)
      #expect(auth?["secretsManager"]?["arn"]?.text == Customer.secretARN)
    }
  }

  @Test(
    "without an address to go to the browser stays, and is told",
    arguments: [nil, "about:blank", "javascript:alert(1)"])
  func nowhereToGo(complete: String?) async throws {
    try await Customer.run(complete: complete) { customer in
      let (_, url) = try await customer.associate()
      let back = try await customer.comeBack(url)
      #expect(back.status == .ok && back.text.contains("The account is linked"))
      let (_, other) = try await customer.associate()
      let denied = try await customer.comeBack(other, ["error": "access_denied", "error_description": "<i>"])
      #expect(denied.status == .badRequest && denied.text.contains("access_denied") && !denied.text.contains("<i>"))
      let found = try await customer.send(.get, "/connector-destinations/\(customer.destination)").value
      #expect(found["OAuthCompleteRedirectUrl"] == nil && found["AuthConfig"]?["oAuth"] != nil)
    }
  }

  private func discover(_ customer: Customer, _ id: String) async throws -> String {
    let answer = try await customer.send(
      .post, "/device-discoveries", .members(["DiscoveryType": "CLOUD".json, "AccountAssociationId": id.json]))
    return try #require(answer.value["Id"]?.text, "\(answer.text)")
  }

  private func status(_ customer: Customer, _ discovery: String) async throws -> String? {
    try await customer.send(.get, "/device-discoveries/\(discovery)").value["Status"]?.text
  }
}
