import AWSRequests
import AsyncHTTPClient
import BoundedHTTP
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import OAuthServer
import Testing
import TextEncodings

@testable import ReplenishCloud
@testable import replenish_cloud

/// Nothing secret is in a log, in whatever spelling: every secret that the cloud handles is used here, rightly and wrongly,
/// with Amazon and the database in trouble, and then everything that was said is searched.
@Suite("Canary", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct CanaryTests {
  private static let awsKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
  private static let awsSession = "IQoJb3JpZ2luX2VjEXAMPLE//session+token|of/temporary=keys"

  /// The secrets of a run, by kind.
  private struct Secrets {
    private(set) var known: [String: [String]] = [:]

    mutating func add(_ kind: String, _ values: String...) { known[kind, default: []] += values }
  }

  private struct Nobody: HTTPSender {
    func send(_ call: HTTPCall) async -> HTTPExchange { .none("not here") }
  }

  private func signer() -> EventSigner {
    let environment = AWSEnvironment(
      variables: [
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": Self.awsKey, "AWS_SESSION_TOKEN": Self.awsSession,
      ], home: "/nonexistent")
    return EventSigner(chain: CredentialChain(environment, http: Nobody()), region: "us-east-1")
  }

  @Test("the search finds every spelling, and nothing where nothing is")
  func search() throws {
    for secret in ["Atzr|" + randomText(bytes: 60), Self.awsKey, "7K2M-9QRS-TVWX-YZ01", "correct horse battery"] {
      let traces = Traces(["it": [secret]])
      let html = secret.unicodeScalars.map { "&#\($0.value);" }.joined()
      var planted = [
        "plain": secret, "percent": secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "",
        "hexadecimal": secret.utf8.map { String(format: "%02X", $0) }.joined(), "HTML, every character": html,
        "JSON": String(decoding: try JSONEncoder().encode(secret), as: UTF8.self),
        "JSON, every character": secret.unicodeScalars.map { String(format: "\\u%04X", $0.value) }.joined(),
      ]
      for before in ["", "a", "ab", "abc"] {
        let base64 = Data((before + secret + "behind").utf8).base64EncodedString()
        planted["base64"] = base64
        #expect(traces.found(in: "said: \(base64)!").contains("it, base64"), "after \(before)")
        let url = base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        #expect(traces.found(in: "said: \(url)!").contains("it, base64url"), "after \(before)")
      }
      for (spelling, leak) in planted {
        #expect(traces.found(in: "said: \(leak)!").contains("it, \(spelling)"), "\(spelling)")
      }
      if secret.count > 48 { #expect(!traces.found(in: String(secret.prefix(40))).isEmpty, "a part") }
      let nothing = "Atzr|\(randomText(bytes: 60)) 7K2M-9QRS AKIDEXAMPLE correct horse"
      #expect(traces.found(in: nothing) == [])
    }
  }

  @Test("no token, password, code or key is in a log, in any encoding")
  func canary() async throws {
    let fixture = try CloudFixture(signer: signer()) {
      $0.offersDownlink = true
      $0.connector = ConnectorConfiguration(clientID: "managed-integrations", region: "us-east-1")
    }
    try await fixture.run { cloud in
      var secrets = Secrets()
      secrets.add("LWA client secret", "client-s3cret")
      secrets.add("AWS secret key", Self.awsKey, Self.awsSession)
      try await account(cloud, &secrets)
      let owner = cloud.browser()
      _ = try await cloud.signIn(owner, "owner@example.com", "by code, number three")
      secrets.add("session", try #require(owner.cookies(of: cloud.pages)["cloud-session"]))
      let (device, spare) = (try await cloud.device(), try await cloud.device())
      try await cloud.with(device, spare) {
        try await amazon(cloud, device, owner, &secrets)
        try await apps(cloud, owner, &secrets)
        try await trouble(cloud, device, spare, owner, &secrets)
      }
      let kinds: Set = [
        "password", "mail ticket", "recovery code", "session", "claim code", "LWA client secret", "LWA state",
        "LWA code", "LWA code verifier", "LWA access token", "LWA refresh token", "client secret", "code",
        "code verifier", "access token", "refresh token", "AWS secret key",
      ]
      #expect(Set(secrets.known.keys) == kinds)
      let traces = Traces(secrets.known)
      for (name, log) in [("cloud", cloud.fixture.log.text), ("emulator", cloud.fixture.amazonLog.text)] {
        #expect(log.utf8.count > 1000, "\(name)")
        #expect(traces.found(in: log) == [], "\(name)")
        // The proof: the same search finds each of them when it is planted there.
        for (kind, values) in secrets.known {
          for value in values {
            #expect(traces.found(in: log + "\noops: \(value)").contains("\(kind), plain"), "\(kind)")
          }
        }
      }
    }
  }

  // MARK: A life

  /// Sign-up, sign-in, a forgotten password, recovery, each also wrongly.
  private func account(_ cloud: CloudFixture.Running, _ secrets: inout Secrets) async throws {
    let browser = cloud.browser()
    let passwords = ["by mail, number two", "by code, number three", "not/the|password", CloudFixture.password]
    for password in passwords { secrets.add("password", password) }
    func ticket() throws -> (link: String, text: String) {
      let link = try cloud.mailedAddress()
      return (link, String(link.split(separator: "=").last ?? ""))
    }
    _ = try await browser.post(cloud.pages + "/sign-up", ["email": "owner@example.com"])
    let first = try ticket()
    let opened = try await browser.post(
      cloud.pages + "/confirm", page: first.link, ["ticket": first.text, "password": CloudFixture.password])
    let codes = opened.text.matches(of: /class="code">([0-9A-Z-]+)</).map { String($0.output.1) }
    try #require(codes.count == 8)
    for code in codes { secrets.add("recovery code", code, SecretText.plain(code)) }
    #expect(try await cloud.signIn(cloud.browser(), "owner@example.com", "not/the|password").status == 403)
    _ = try await cloud.browser().post(cloud.pages + "/forgot", ["email": "owner@example.com"])
    let second = try ticket()
    secrets.add("mail ticket", first.text, second.text)
    let reset = ["ticket": second.text, "password": "by mail, number two"]
    for status in [200, 400] as [UInt] {
      #expect(try await cloud.browser().post(cloud.pages + "/reset", page: second.link, reset).status == status)
    }
    for (code, status) in [("0000-0000-0000-0000", 403), (codes[0], 200), (codes[0], 403)] as [(String, UInt)] {
      let form = ["email": "owner@example.com", "code": code, "password": "by code, number three"]
      #expect(try await cloud.browser().post(cloud.pages + "/recover", form).status == status)
    }
  }

  /// A claim, a link, a press; a service that repeats what it was sent.
  private func amazon(
    _ cloud: CloudFixture.Running, _ device: Device, _ owner: Browser, _ secrets: inout Secrets
  ) async throws {
    let wrong = DeviceEntry.drawClaimCode()
    for code in [device.claimCode, wrong] { secrets.add("claim code", code, SecretText.plain(code)) }
    _ = try await cloud.tryClaim(device.serial, wrong, owner)
    _ = try await cloud.browser().get(cloud.pages + "/claim?serial=\(device.serial)&code=\(device.claimCode)")
    let path = try await cloud.claim(device, owner)
    for isGood in [false, true] {
      let departure = try #require(try await cloud.depart(path, owner).location)
      let query = try #require(FormParameters(urlEncoded: String(departure.split(separator: "?")[1])))
      let state = try #require(query["state"])
      let (id, vault) = (Fingerprint(of: state), cloud.storage.vault)
      let sealed = try #require(
        try await cloud.storage.database.read {
          try ($0.value("SELECT verifier FROM link_attempt WHERE state = ?", [id.bytes]) as String?)
        })
      let verifier = try vault.open(sealed, at: SQLStorage.verifierPlace(id))
      let back = try await cloud.allow(departure, owner)
      let code = try #require(FormParameters(urlEncoded: String(back.split(separator: "?")[1]))?["code"])
      secrets.add("LWA state", state)
      secrets.add("LWA code verifier", verifier)
      secrets.add("LWA code", code)
      if !isGood {
        try await repeated(cloud, "token.authorization_code", "\(code) \(verifier) client-s3cret")
        _ = try await cloud.browser().get(back)
      }
      #expect(try await owner.get(back).status == (isGood ? 303 : 403))
      #expect(try await owner.get(back).status == 403)
    }
    func note() async throws -> TokenPair {
      let id = try await cloud.storage.database.read { try ($0.value("SELECT MAX(id) FROM registration") as Int64?) }
      let tokens = try #require(try await cloud.storage.registration(id ?? 0)?.tokens)
      secrets.add("LWA access token", tokens.access)
      secrets.add("LWA refresh token", tokens.refresh)
      return tokens
    }
    let tokens = try await note()
    for fault in ["loseAnswer", "garbage"] {
      try await cloud.control("faults", #"{"operation":"replenish","kind":"\#(fault)"}"#)
      _ = try await device.press()
    }
    try await repeated(cloud, "subscriptionInfo", tokens.access)
    _ = try await device.send(.GET, "/v1/slots")
    try await cloud.control("tokens/expire")
    try await repeated(cloud, "token.refresh_token", tokens.refresh)
    _ = try await device.press(slot: "descaler")
    // Half a minute later the lease of the refresh that failed is over.
    cloud.clock.advance(400)
    _ = try await device.press(slot: "descaler")
    try await cloud.cloud.presses.sweep()
    _ = try await note()
    try await repeated(cloud, "profile", tokens.access)
  }

  /// The next answer to an operation has a text wherever a program may look.
  private func repeated(_ cloud: CloudFixture.Running, _ operation: String, _ text: String) async throws {
    let body = try JSONEncoder().encode(["error": text, "error_description": text, "message": text])
    let fault: [String: Any] = [
      "operation": operation, "kind": "status", "status": 400, "body": String(decoding: body, as: UTF8.self),
      "headers": ["x-amzn-errortype": text],
    ]
    let json = try JSONSerialization.data(withJSONObject: fault)
    try await cloud.control("faults", String(decoding: json, as: UTF8.self))
  }

  /// Apps and the connector, each also wrongly.
  private func apps(_ cloud: CloudFixture.Running, _ owner: Browser, _ secrets: inout Secrets) async throws {
    let (client, secret) = try ClientEntry.draw(
      name: "Smart home", redirectURIs: ["https://hub.example/return"], scopes: CloudScope.allCases.map(\.rawValue),
      isPublic: false, mayIntrospect: false)
    var known = client
    known.id = "managed-integrations"
    try #require(try await cloud.storage.enter(known, at: cloud.clock.now))
    let app = App(
      cloud: cloud, id: known.id, secret: secret, redirect: "https://hub.example/return", browser: cloud.browser())
    secrets.add("client secret", try #require(secret), "a|wrong/secret")
    secrets.add("code verifier", App.verifier)
    let code = try await app.code(owner, ["scope": "devices:read devices:identify"])
    let first = try Tokens(try await app.redeem(code))
    let (phone, spent) = (try await cloud.app(isPublic: true), try await app.code(owner))
    let rotated = try await phone.connected(owner)
    let next = try Tokens(try await phone.refresh(rotated.refresh))
    secrets.add("code", code, spent)
    secrets.add("access token", first.access, rotated.access, next.access)
    secrets.add("refresh token", first.refresh, rotated.refresh, next.refresh)
    _ = try await app.redeem(spent, ["code_verifier": App.verifier + "x"])
    _ = try await app.redeem(code, ["client_secret": "a|wrong/secret"])
    _ = try await app.post("/revoke", ["token": first.refresh, "client_secret": "a|wrong/secret"])
    _ = try await app.post("/introspect", ["token": first.access])
    _ = try await app.browser.get(cloud.pages + "/v1/devices?access_token=" + first.access)
    _ = try await app.devices(first.access)
    for token in [first.access, first.refresh] {
      _ = try await cloud.browser().get(cloud.pages + "/authorize?client_id=\(percentEncoded(token))&state=\(code)")
    }
    let (ports, ready) = AsyncStream<Int>.makeStream()
    let connector = try #require(try cloud.cloud.connectorApplication(port: 0, certificate: nil) { ready.yield($0) })
    try await whileRunning(connector) {
      let port = try #require(await ports.first { _ in true })
      let address = "http://localhost:\(port)/connector"
      for token in [first.access, first.refresh, next.access] {
        for operation in ["AWS.ActivateUser", "AWS.DiscoverDevices", "AWS.SendCommand", "AWS.Other"] {
          let further = operation == "AWS.DiscoverDevices" ? #","deviceDiscoveryId":"search1""# : ""
          let body = """
            {"header":{"auth":{"type":"OAuth2.0","token":"\(token)"}},"payload":{"operationName":"\(operation)",\
            "operationVersion":"1.0","connectorId":"connector"\(further)}}
            """
          var request = HTTPHeaders([("Content-Type", "application/json"), ("Authorization", "Bearer " + token)])
          #expect(try await cloud.post(address, body, request) == 200)
          request.replaceOrAdd(name: "Authorization", value: "Basic " + token)
          #expect(try await cloud.post(address, body, request) == 401)
        }
      }
      try await cloud.cloud.connectorWork?.sweep()
    }
    _ = try await phone.refresh(rotated.refresh)
    _ = try await app.redeem(code)
  }

  /// The database fails whatever is asked, and says why.
  private func trouble(
    _ cloud: CloudFixture.Running, _ device: Device, _ spare: Device, _ owner: Browser, _ secrets: inout Secrets
  ) async throws {
    let app = try await cloud.app()
    let tokens = try await app.connected(owner)
    secrets.add("client secret", try #require(app.secret))
    secrets.add("access token", tokens.access)
    secrets.add("refresh token", tokens.refresh)
    secrets.add("claim code", spare.claimCode, SecretText.plain(spare.claimCode))
    let tables = [
      "mail_ticket", "attempt", "owner", "recovery_code", "device", "access_token", "refresh_token",
      "authorization_code", "session",
    ]
    for table in tables {
      let visitor = cloud.browser()
      let pages = try await ["/forgot", "/recover", "/sign-in"].asyncMap { path in
        (path: path, token: try await visitor.get(cloud.pages + path).formToken())
      }
      let consent = try await owner.get(app.address())
      let claim = try await owner.get(cloud.pages + "/claim")
      // Otherwise there are too many tries.
      cloud.clock.advance(300)
      try await cloud.storage.database.write { try $0.execute("ALTER TABLE \(table) RENAME TO \(table)_away") }
      let before = cloud.fixture.log.lines(.error).count
      let fields = [
        "email": "owner@example.com", "password": "by code, number three", "code": secrets.known["recovery code"]?.last,
      ].compactMapValues { $0 }
      for page in pages {
        let form = fields.merging(["csrf": page.token]) { $1 }
        _ = try await visitor.send(.POST, cloud.pages + page.path, form: form)
      }
      _ = try await owner.send(
        .POST, cloud.pages + "/claim",
        form: ["csrf": claim.formToken("/claim"), "serial": spare.serial, "code": spare.claimCode])
      let form = ["csrf": consent.formToken(), "decision": "allow"]
      _ = try await owner.send(.POST, app.address(), form: form)
      _ = try? await app.devices(tokens.access)
      _ = try? await app.refresh(tokens.refresh)
      _ = try? await app.redeem("code", ["code": tokens.access])
      _ = try await device.send(.GET, "/v1/device")
      #expect(cloud.fixture.log.lines(.error).count > before, "\(table)")
      try await cloud.storage.database.write { try $0.execute("ALTER TABLE \(table)_away RENAME TO \(table)") }
    }
  }
}

extension CloudFixture.Running {
  /// Posts a body; returns the status.
  fileprivate func post(_ address: String, _ body: String, _ headers: HTTPHeaders) async throws -> UInt {
    var request = HTTPClientRequest(url: address)
    request.method = .POST
    request.headers = headers
    request.body = .bytes(ByteBuffer(string: body))
    return try await http.execute(request, timeout: .seconds(30)).status.code
  }
}
