import Crypto
import CryptoExtras
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import SwiftASN1
import Synchronization
import Testing
import X509

@testable import AmazonEmulator

@Suite("Notifications", .timeLimit(.minutes(10)))
struct NotificationTests {
  private static let topic = "arn:aws:sns:us-east-1:123456789012:drs"
  let fixture: EmulatorFixture

  init() throws { fixture = try EmulatorFixture() }

  /// What somebody received.
  private final class Received: Sendable {
    private let stored = Mutex<[(headers: HTTPFields, body: String)]>([])
    var all: [(headers: HTTPFields, body: String)] { stored.withLock { $0 } }

    func note(_ headers: HTTPFields, _ body: String) { stored.withLock { $0.append((headers, body)) } }

    /// The newest envelope.
    func envelope() throws -> [String: String] {
      let body = try #require(all.last?.body)
      return try #require(JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: String])
    }

    /// The message in the newest envelope.
    func message() throws -> [String: Any] {
      let text = try #require(try envelope()["Message"])
      return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }
  }

  /// Runs with a receiver on this machine; `publish` takes a path of the control endpoint and further members.
  private func run(
    _ test: @Sendable (Amazon, Received, (String, String) async throws -> Answer) async throws -> Void
  ) async throws {
    let received = Received()
    let router = Router()
    router.post("/receive") { request, _ in
      let body = try await request.body.collect(upTo: 1 << 20)
      received.note(request.headers, String(buffer: body))
      return Response(status: .accepted)
    }
    let (ports, ready) = AsyncStream<Int>.makeStream()
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { ready.yield($0.localAddress?.port ?? 0) })
    let server = Task { try await application.run() }
    defer { server.cancel() }
    let port = try #require(await ports.first(where: { _ in true }))
    try await fixture.run { amazon in
      try await test(amazon, received) { path, members in
        let further = members.isEmpty ? "" : "," + members
        return try await amazon.control(
          path, #"{"to":"http://localhost:\#(port)/receive","topic":"\#(Self.topic)"\#(further)}"#)
      }
    }
  }

  private func isSigned(_ envelope: [String: String], _ text: String, by pem: String) throws -> Bool {
    let certificate = try Certificate(pemEncoded: pem)
    let key = try #require(_RSA.Signing.PublicKey(certificate.publicKey))
    let signature = _RSA.Signing.RSASignature(
      rawRepresentation: try #require(Data(base64Encoded: envelope["Signature"] ?? "")))
    let data = Data(text.utf8)
    return envelope["SignatureVersion"] == "1"
      ? key.isValidSignature(signature, for: Insecure.SHA1.hash(data: data), padding: .insecurePKCS1v1_5)
      : key.isValidSignature(signature, for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5)
  }

  @Test("an envelope is signed as documented, in both versions, by the certificate that it names", arguments: [1, 2])
  func signed(version: Int) async throws {
    try await run { amazon, received, publish in
      _ = try await amazon.link()
      let answer = try await publish(
        "notifications", #""type":"DeviceRegisteredNotification","subject":"S","signatureVersion":\#(version)"#)
      #expect(answer.status == .ok && answer.text.contains(#""statuses":[202]"#), "\(answer.text)")
      let envelope = try received.envelope()
      func value(_ name: String) throws -> String { try #require(envelope[name], "\(name)") }
      let text = try """
      Message
      \(value("Message"))
      MessageId
      \(value("MessageId"))
      Subject
      S
      Timestamp
      2027-01-15T08:00:00.000Z
      TopicArn
      \(Self.topic)
      Type
      Notification

      """
      let path = try value("SigningCertURL").replacing(fixture.emulator.publicAddress, with: "")
      #expect(path.wholeMatch(of: /\/SimpleNotificationService-[0-9a-f]{32}\.pem/) != nil)
      let pem = try await amazon.send(.get, path)
      #expect(pem.status == .ok)
      #expect(try value("SignatureVersion") == "\(version)")
      #expect(try isSigned(envelope, text, by: pem.text))
      #expect(try !isSigned(envelope, text + "x", by: pem.text))
      #expect(try await amazon.send(.get, "/SimpleNotificationService-0.pem").status == .notFound)
      let headers = try #require(received.all.last?.headers)
      #expect(headers[.contentType] == "text/plain; charset=UTF-8")
      #expect(headers[try #require(HTTPField.Name("x-amz-sns-message-type"))] == "Notification")
    }
  }

  @Test("six types in both versions: what they are about, and where the versions differ", arguments: [1, 2])
  func bodies(version: Int) async throws {
    try await run { amazon, received, publish in
      let token = try await amazon.link().access_token
      let order = try await amazon.replenish("coffee", token).eventInstanceId
      for kind in NotificationBody.Kind.allCases {
        let answer = try await publish("notifications", #""type":"\#(kind.rawValue)","version":\#(version)"#)
        try #require(answer.status == .ok, "\(answer.text)")
        let message = try received.message()
        let info = try #require(message["notificationInfo"] as? [String: String])
        #expect(info["notificationType"] == kind.rawValue && info["lwaClientId"] == EmulatorFixture.clientID)
        #expect(info["notificationTime"] == "2027-01-15T08:00:00.000Z" && info["version"] == "2015-06-05")
        let device = try #require(message["deviceInfo"] as? [String: [String: String]])
        #expect(device["deviceIdentifier"] == ["serialNumber": "SN1"])
        #expect(device["productIdentifier"] == ["modelId": "CoffeeMaker-9000"])
        let orderInfo = message["orderInfo"] as? [String: Any]
        #expect((orderInfo?["instanceId"] as? String) == (kind.isAboutOrder ? order : nil))
        let product = (orderInfo?["productInfo"] as? [[String: Any]])?.first
        let hasProduct = kind == .orderPlaced || kind == .itemShipped
        #expect((product != nil) == hasProduct)
        #expect((product?["asin"] as? String) == (hasProduct && version == 2 ? "B00COFFEE1" : nil))
        #expect((orderInfo?["estimatedDeliveryDate"] != nil) == (hasProduct && version == 1))
        let slots = (message["subscriptionInfo"] as? [String: Any])?["slotsSubscriptionStatus"] as? [String: Any]
        #expect((slots != nil) == (kind == .subscriptionChanged))
        guard let slots else { continue }
        #expect(slots.count == 3)
        if version == 1 {
          #expect(slots["coffee"] as? Bool == true && slots["descaler"] as? Bool == false)
        } else {
          #expect((slots["coffee"] as? [String: Any])?["subscribed"] as? Bool == true)
          #expect((slots["descaler"] as? [String: Any])?["subscribed"] as? Bool == false)
        }
      }
    }
  }

  @Test("late, doubled, forged and raw")
  func variants() async throws {
    try await run { amazon, received, publish in
      _ = try await amazon.link()
      let type = #""type":"DeviceRegisteredNotification""#
      let late = try await publish("notifications", type + #","lateSeconds":60,"times":2"#)
      #expect(late.text.contains(#""statuses":[202,202]"#))
      #expect(received.all.count == 2 && received.all[0].body == received.all[1].body)
      #expect(try received.envelope()["Timestamp"] == "2027-01-15T07:59:00.000Z")
      let info = try received.message()["notificationInfo"] as? [String: String]
      #expect(info?["notificationTime"] == "2027-01-15T07:59:00.000Z")
      let elsewhere = #","forged":"Signature","certificateURL":"https://evil.example/x.pem""#
      #expect(try await publish("notifications", type + elsewhere).status == .ok)
      #expect(try received.envelope()["SigningCertURL"] == "https://evil.example/x.pem")
      #expect(try received.envelope()["Signature"] == Data(repeating: 1, count: 256).base64EncodedString())
      #expect(try await publish("notifications", type + #","raw":true"#).status == .ok)
      let raw = try #require(received.all.last)
      #expect(raw.body.hasPrefix(#"{"customerInfo""#))
      #expect(raw.headers[try #require(HTTPField.Name("x-amz-sns-rawdelivery"))] == "true")
    }
  }

  @Test("a subscription is confirmed by fetching its address, and the state says so")
  func subscription() async throws {
    try await run { amazon, received, publish in
      #expect(try await publish("notifications/subscribe", "").status == .ok)
      let envelope = try received.envelope()
      #expect(envelope["Type"] == "SubscriptionConfirmation" && envelope["Token"] != nil)
      #expect(try await amazon.state().subscriptions.map(\.isConfirmed) == [false])
      let path = try #require(envelope["SubscribeURL"]).replacing(fixture.emulator.publicAddress, with: "")
      #expect(try await amazon.send(.get, path + "x").status == .badRequest)
      #expect(try await amazon.send(.get, path.replacing("drs", with: "other")).status == .badRequest)
      #expect(try await amazon.state().subscriptions.map(\.isConfirmed) == [false])
      #expect(try await amazon.send(.get, path).status == .ok)
      #expect(try await amazon.state().subscriptions.map(\.isConfirmed) == [true])
      #expect(try await amazon.send(.get, "/").text.contains("<html"))
      _ = try await amazon.control("reset")
      #expect(try await amazon.state().subscriptions.isEmpty)
    }
  }

  @Test(
    "only programs on this machine are published to",
    arguments: [
      "https://evil.example/x", "http://192.168.1.2/x", "http://localhost.evil.example/x",
      "http://localhost@evil.example/x",
      "http://localhost:80@evil.example/x", "file:///x", "http://localhost", "http://127.0.0.1.evil.example/x",
      "http://localhost/\\@evil.example", "http://[::1].evil.example/x", "http://localhost:x/",
    ])
  func elsewhere(address: String) async throws {
    #expect(
      NotificationPublisher.isLocal("http://localhost:8080/x") && NotificationPublisher.isLocal("https://[::1]/x"))
    #expect(!NotificationPublisher.isLocal(address))
    try await fixture.run { amazon in
      _ = try await amazon.link()
      let text = address.replacing("\\", with: "\\\\")
      let body = #"{"to":"\#(text)","topic":"\#(Self.topic)""#
      let published = try await amazon.control("notifications", body + #","type":"DeviceRegisteredNotification"}"#)
      #expect(published.status == .badRequest && published.members["error"]?.hasPrefix("to ") == true)
      #expect(try await amazon.control("notifications/subscribe", body + "}").status == .badRequest)
      #expect(try await amazon.state().subscriptions.isEmpty)
    }
  }

  @Test(
    "mistakes are named",
    arguments: [
      (#""type":"Nonsense""#, "type"), (#""type":"ItemShippedNotification""#, "order"),
      (#""type":"DeviceRegisteredNotification","version":3"#, "version"),
      (#""type":"DeviceRegisteredNotification","signatureVersion":3"#, "signatureVersion"),
      (#""type":"DeviceRegisteredNotification","times":0"#, "times"),
      (#""type":"DeviceRegisteredNotification","lateSeconds":-1"#, "lateSeconds"),
      (#""type":"DeviceRegisteredNotification","forged":"Token""#, "forged"),
      (#""type":"DeviceRegisteredNotification","serial":"none""#, "clientId"), ("", "type"),
    ])
  func mistakes(members: String, word: String) async throws {
    try await run { amazon, received, publish in
      _ = try await amazon.link()
      let answer = try await publish("notifications", members)
      #expect(answer.status == .badRequest && answer.members["error"]?.contains(word) == true, "\(answer.text)")
      #expect(received.all.isEmpty)
    }
  }
}
