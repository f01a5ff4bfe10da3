import Foundation
import HTTPTypes
import Testing

@testable import AmazonEmulator

@Suite("Managed integrations: requests, limits, the customer's page", .timeLimit(.minutes(10)))
struct ManagedRequestTests {
  @Test("a request without the headers of a signature, or with those of another service, is refused")
  func signatures() async throws {
    try await Customer.run { customer in
      let good = try #require(Customer.signature[.authorization])
      var bad: [HTTPFields] = [
        [:], [.authorization: good], [.authorization: "Bearer x", .amzDate: "20270115T080000Z"],
      ]
      for (from, to) in [
        ("us-east-1", "eu-west-1"), ("iotmanagedintegrations", "secretsmanager"), ("host;", ""),
        (";x-amz-date", ""), ("20270115", "20270116"), ("0000\"", "\""),
      ] {
        bad.append([.authorization: good.replacing(from, with: to), .amzDate: "20270115T080000Z"])
      }
      bad.removeLast()
      for headers in bad {
        let answer = try await customer.amazon.send(.get, "/cloud-connectors", headers: headers)
        #expect(answer.status == .forbidden && answer.errorType == "AccessDeniedException", "\(headers)")
      }
      #expect(try await customer.send(.get, "/cloud-connectors").status == .ok)
    }
  }

  @Test("each member out of its limits is a ValidationException that names it")
  func limits() async throws {
    try await Customer.run { customer in
      let long = { (count: Int) in String(repeating: "a", count: count).json }
      let connector: [String: JSONValue] = [
        "Name": "n".json, "EndpointConfig": .members(["lambda": .members(["arn": "maker".json])]),
      ]
      let secret = JSONValue.members(["arn": Customer.secretARN.json, "versionId": Customer.secretVersion.json])
      let oauth: [String: JSONValue] = [
        "authUrl": "https://a.example/".json, "tokenUrl": "http://127.0.0.1:1/".json,
        "tokenEndpointAuthenticationScheme": "HTTP_BASIC".json,
      ]
      func destination(_ change: [String: JSONValue?] = [:], oauth further: [String: JSONValue?] = [:]) -> JSONValue {
        let auth = JSONValue.members(oauth.merging(further.compactMapValues { $0 ?? .null }) { $1 })
        var members: [String: JSONValue?] = [
          "CloudConnectorId": customer.connector.json, "AuthConfig": .members(["oAuth": auth]),
          "SecretsManager": secret,
        ]
        members.merge(change) { $1 }
        return .members(members)
      }
      let wrongSecret = { (arn: String, version: String) -> JSONValue in
        destination(["SecretsManager": .members(["arn": arn.json, "versionId": version.json])])
      }
      let cases: [(path: String, body: JSONValue, name: String)] = [
        ("cloud-connectors", .object([:]), "Name"),
        ("cloud-connectors", .members(["Name": "n".json]), "EndpointConfig"),
        ("cloud-connectors", .object(connector.merging(["Name": "a.b".json]) { $1 }), "Name"),
        ("cloud-connectors", .object(connector.merging(["Name": long(129)]) { $1 }), "Name"),
        ("cloud-connectors", .object(connector.merging(["Name": "".json]) { $1 }), "Name"),
        ("cloud-connectors", .object(connector.merging(["Name": .number(1)]) { $1 }), "Name"),
        ("cloud-connectors", .object(connector.merging(["Description": long(257)]) { $1 }), "Description"),
        ("cloud-connectors", .object(connector.merging(["EndpointType": "HTTP".json]) { $1 }), "EndpointType"),
        ("cloud-connectors", .object(connector.merging(["ClientToken": "a b".json]) { $1 }), "ClientToken"),
        ("cloud-connectors", .object(connector.merging(["ClientToken": long(65)]) { $1 }), "ClientToken"),
        (
          "cloud-connectors",
          .object(
            connector.merging(["EndpointConfig": .members(["lambda": .members(["arn": "a b".json])])]) { $1 }),
          "EndpointConfig.lambda.arn"
        ),
        ("connector-destinations", destination(["CloudConnectorId": "a.b".json]), "CloudConnectorId"),
        ("connector-destinations", destination(["AuthType": "BASIC".json]), "AuthType"),
        ("connector-destinations", destination(["AuthConfig": .object([:])]), "AuthConfig"),
        ("connector-destinations", destination(["SecretsManager": .null]), "SecretsManager"),
        (
          "connector-destinations", destination(oauth: ["authUrl": "https://localhost/".json]),
          "AuthConfig.oAuth.authUrl"
        ),
        (
          "connector-destinations", destination(oauth: ["authUrl": "ftp://a.example/".json]), "AuthConfig.oAuth.authUrl"
        ),
        (
          "connector-destinations",
          destination(oauth: ["tokenUrl": ("https://a.example/" + String(repeating: "a", count: 1024)).json]),
          "AuthConfig.oAuth.tokenUrl"
        ),
        (
          "connector-destinations", destination(oauth: ["tokenEndpointAuthenticationScheme": "NONE".json]),
          "AuthConfig.oAuth.tokenEndpointAuthenticationScheme"
        ),
        (
          "connector-destinations",
          destination(oauth: ["proactiveRefreshTokenRenewal": .members(["DaysBeforeRenewal": .number(29)])]),
          "AuthConfig.oAuth.proactiveRefreshTokenRenewal.DaysBeforeRenewal"
        ),
        (
          "connector-destinations",
          wrongSecret("arn:aws-cn:secretsmanager:x:123456789012:secret:abcdefgh", Customer.secretVersion),
          "SecretsManager.arn"
        ),
        (
          "connector-destinations",
          wrongSecret("arn:aws:secretsmanager:x:123456789012:secret:abcdefg", Customer.secretVersion),
          "SecretsManager.arn"
        ),
        ("connector-destinations", wrongSecret(Customer.secretARN, "short"), "SecretsManager.versionId"),
        (
          "connector-destinations",
          destination([
            "AuthConfig": .members([
              "GeneralAuthorization": .array(
                Array(repeating: .members(["AuthMaterialName": "m".json, "SecretsManager": secret]), count: 4))
            ])
          ]), "AuthConfig.GeneralAuthorization"
        ),
        (
          "connector-destinations",
          destination([
            "AuthConfig": .members([
              "GeneralAuthorization": .array([.members(["AuthMaterialName": "a b".json, "SecretsManager": secret])])
            ])
          ]), "AuthConfig.GeneralAuthorization[0].AuthMaterialName"
        ),
        ("account-associations", .object([:]), "ConnectorDestinationId"),
        (
          "account-associations", .members(["ConnectorDestinationId": customer.destination.json, "Name": "a.b".json]),
          "Name"
        ),
        (
          "account-associations",
          .members(["ConnectorDestinationId": customer.destination.json, "Description": "a.b".json]), "Description"
        ),
        (
          "account-associations",
          .members(["ConnectorDestinationId": customer.destination.json, "Tags": .object([:])]), "Tags"
        ),
        ("device-discoveries", .object([:]), "DiscoveryType"),
        ("device-discoveries", .members(["DiscoveryType": "CLOUD".json]), "AccountAssociationId"),
        (
          "device-discoveries", .members(["DiscoveryType": "CLOUD".json, "AccountAssociationId": "a-b".json]),
          "AccountAssociationId"
        ),
        (
          "managed-things",
          .members([
            "Role": "DEVICE".json, "AuthenticationMaterialType": "DISCOVERED_DEVICE".json,
            "AuthenticationMaterial": "\u{e4}".json,
          ]), "AuthenticationMaterial"
        ),
      ]
      for (path, body, name) in cases {
        let answer = try await customer.send(.post, "/" + path, body)
        #expect(answer.status == .badRequest && answer.errorType == "ValidationException", "\(name): \(answer.text)")
        #expect(answer.value["Message"]?.text?.hasPrefix(name + " ") == true, "\(name): \(answer.text)")
      }
      // What fits is taken.
      #expect(try await customer.send(.post, "/cloud-connectors", .object(connector)).status == .created)
      #expect(try await customer.send(.post, "/connector-destinations", destination()).status == .created)
      for path in [
        "account-associations?MaxResults=0", "account-associations?MaxResults=x", "account-associations/a-b",
      ] {
        #expect(try await customer.send(.get, "/" + path).errorType == "ValidationException", "\(path)")
      }
      let missing = try await customer.send(.get, "/account-associations/abc")
      #expect(missing.status == .notFound && missing.value["ResourceId"]?.text == "abc")
      let body = try await customer.amazon.send(
        .post, "/cloud-connectors", headers: Customer.signature, body: "[]")
      #expect(body.errorType == "ValidationException")
    }
  }

  @Test("the authorization address must be https and no longer than 1024 characters; loopback http is a setting")
  func authorizationAddress() async throws {
    try await Customer.run { customer in
      func associate(_ authorize: String) async throws -> Answer {
        let made = try await customer.makeDestination(authorize: authorize)
        let id = try #require(made.value["Id"]?.text, "\(made.text)")
        return try await customer.send(.post, "/account-associations", .members(["ConnectorDestinationId": id.json]))
      }
      let long = "https://auth.example/" + String(repeating: "a", count: 800)
      #expect(try await associate(long).errorType == "ValidationException")
      #expect(try await associate("http://127.0.0.1:8080/authorize").errorType == "ValidationException")
      _ = try await customer.control("settings", #"{"allowsPlainHTTP":true}"#)
      #expect(try await associate("http://127.0.0.1:8080/authorize").status == .created)
      #expect(try await associate("http://auth.example/authorize").errorType == "ValidationException")
    }
  }

  @Test("a ClientToken: the same request has the same answer, another one is a conflict")
  func clientToken() async throws {
    try await Customer.run { customer in
      func associate(_ name: String) async throws -> Answer {
        try await customer.send(
          .post, "/account-associations",
          .members(["ConnectorDestinationId": customer.destination.json, "Name": name.json, "ClientToken": "t1".json]))
      }
      let first = try await associate("one")
      #expect(try await associate("one").text == first.text)
      #expect(try await associate("two").errorType == "ConflictException")
      let list = try await customer.send(.get, "/account-associations").value["Items"]?.elements
      #expect(list?.count == 1)
    }
  }

  @Test("lists come in pages, and by destination")
  func pages() async throws {
    try await Customer.run { customer in
      var ids: Set<String> = []
      for _ in 0..<5 { ids.insert(try await customer.associate().id) }
      var (found, token): (Set<String>, String?) = ([], nil)
      repeat {
        let answer = try await customer.send(
          .get,
          "/account-associations?MaxResults=2&ConnectorDestinationId=\(customer.destination)"
            + (token.map { "&NextToken=\($0)" } ?? "")
        ).value
        let items = try #require(answer["Items"]?.elements)
        #expect((1...2).contains(items.count))
        found.formUnion(items.compactMap { $0["AccountAssociationId"]?.text })
        token = answer["NextToken"]?.text
      } while token != nil
      #expect(found == ids)
      let none = try await customer.send(.get, "/account-associations?ConnectorDestinationId=other").value
      #expect(none["Items"] == .array([]))
    }
  }

  @Test("a destination's secret, names and complete address can be changed, its endpoints cannot")
  func updates() async throws {
    try await Customer.run { customer in
      let path = "/connector-destinations/\(customer.destination)"
      let changed = try await customer.send(
        .put, path,
        .members([
          "Name": "New".json,
          "AuthConfig": .members([
            "oAuthUpdate": .members(["oAuthCompleteRedirectUrl": "https://b.example/".json, "authUrl": "x".json])
          ]),
        ]))
      #expect(changed.status == .noContent && changed.text == "")
      let found = try await customer.send(.get, path).value
      #expect(found["Name"]?.text == "New" && found["OAuthCompleteRedirectUrl"]?.text == "https://b.example/")
      #expect(found["AuthConfig"]?["oAuth"]?["authUrl"]?.text == "https://auth.example/authorize?a=b")
      // A version that is not there: no link.
      let other = JSONValue.members([
        "arn": Customer.secretARN.json, "versionId": String(repeating: "9", count: 32).json,
      ])
      _ = try await customer.send(.put, path, .members(["SecretsManager": other]))
      let refused = try await customer.send(
        .post, "/account-associations", .members(["ConnectorDestinationId": customer.destination.json]))
      #expect(refused.errorType == "AccessDeniedException")
      #expect(try await customer.send(.delete, "/cloud-connectors/\(customer.connector)").status == .badRequest)
      #expect(try await customer.send(.delete, path).status == .ok)
      #expect(try await customer.send(.delete, "/cloud-connectors/\(customer.connector)").status == .ok)
    }
  }

  @Test("faults hit the control plane by name, and the whole of it")
  func faults() async throws {
    try await Customer.run { customer in
      _ = try await customer.amazon.control(
        "faults", #"{"operation":"SendConnectorEvent","kind":"status","status":429}"#)
      #expect(try await customer.send(.get, "/cloud-connectors").status == .ok)
      #expect(try await customer.event([:]).status.code == 429)
      _ = try await customer.amazon.control("faults", #"{"operation":"managed","kind":"status"}"#)
      #expect(try await customer.send(.get, "/cloud-connectors").status.code == 500)
      #expect(try await customer.send(.get, "/cloud-connectors").status == .ok)
    }
  }

  @Test("the stand-in calls addresses of this machine only")
  func loopback() async throws {
    try await Customer.run { customer in
      for address in ["http://example.com/", "http://127.0.0.1@example.com/", "http://localhost.example.com/"] {
        let answer = try await customer.amazon.control(
          "managed-integrations/settings", #"{"connectorURL":"\#(address)"}"#)
        #expect(answer.status == .badRequest, "\(address)")
      }
    }
  }

  // MARK: The customer's page

  @Test("the app keeps the AccountAssociationId before the browser leaves, and shows the error that it comes back with")
  func app() async throws {
    try await Customer.run(complete: "https://localhost:8443/customer-app") { customer in
      let path = CustomerAppRoutes.path
      let page = try await customer.amazon.send(.get, path)
      #expect(page.text.contains("Link "))
      let form = ["csrf": page.csrf, "action": "link", "destination": customer.destination]
      #expect(try await customer.amazon.form(path, form.merging(["csrf": "x"]) { $1 }).status == .badRequest)
      let left = try await customer.amazon.form(path, form)
      #expect(left.status == .seeOther)
      let url = try #require(URLComponents(string: left.headers[.location] ?? ""))
      #expect(url.host == "auth.example")
      let cookie = left.cookie
      let id = try #require(cookie.split(separator: "=").last.map(String.init))
      #expect(left.headers[.setCookie]?.contains("HttpOnly") == true)
      #expect(try await customer.state(id) == "ASSOCIATION_IN_PROGRESS")
      let back = try await customer.comeBack(url, ["error": "access_denied", "error_description": "<b>no</b>"])
      let address = try #require(URLComponents(string: back.headers[.location] ?? ""))
      // The address says nothing about which association it was: only the cookie does.
      #expect(address.string?.contains(id) == false)
      let shown = try await customer.amazon.send(
        .get, "\(path)?\(address.percentEncodedQuery ?? "")", headers: [.cookie: cookie])
      #expect(shown.text.contains("access_denied") && shown.text.contains("b no b"))
      #expect(shown.text.contains(id) && shown.text.contains("ASSOCIATION_FAILED"))
      let forged = try await customer.amazon.send(.get, path + "?error=%3Cscript%3E&error_description=%3Cimg%3E")
      #expect(!forged.text.contains("<script>") && !forged.text.contains("<img>"))

      let again = try await customer.amazon.form(
        path, ["csrf": page.csrf, "action": "link-again"], headers: [.cookie: cookie])
      let second = try #require(URLComponents(string: again.headers[.location] ?? ""))
      #expect(try await customer.comeBack(second).status == .seeOther)
      #expect(try await customer.amazon.send(.get, path, headers: [.cookie: cookie]).text.contains("SUCCEEDED"))
      await customer.third.setConnectorAnswers([(200, ThirdParty.done)])
      _ = try await customer.amazon.form(
        path, ["csrf": page.csrf, "action": "unlink"], headers: [.cookie: cookie])
      try await customer.eventually("gone") { try await customer.state(id) == nil }
    }
  }
}
