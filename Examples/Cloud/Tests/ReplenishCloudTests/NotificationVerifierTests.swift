import Crypto
import CryptoExtras
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Testing
import X509

@testable import ReplenishCloud

/// What is believed, without a network.
@Suite("Notification envelopes", .timeLimit(.minutes(10)))
struct NotificationVerifierTests {
  private static let topic = "arn:aws:sns:us-east-1:123456789012:drs"
  private static let notification = [
    "Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": topic,
    "Message": "Hello\nthere", "Subject": "My First Message", "Timestamp": "2012-05-02T00:54:06.655Z",
    "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233f.pem",
  ]
  private static let notificationText = """
    Message
    Hello
    there
    MessageId
    22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324
    Subject
    My First Message
    Timestamp
    2012-05-02T00:54:06.655Z
    TopicArn
    arn:aws:sns:us-east-1:123456789012:drs
    Type
    Notification

    """
  private static let confirmation = [
    "Type": "SubscriptionConfirmation", "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", "Token": "2336412f37",
    "TopicArn": topic, "Message": "You have chosen to subscribe.", "Timestamp": "2012-04-26T20:45:04.751Z",
    "SubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription",
    "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233f.pem",
  ]
  private static func confirmationText(_ type: String) -> String {
    """
    Message
    You have chosen to subscribe.
    MessageId
    165545c9-2a5c-472c-8df2-7ff2be2b3b1b
    SubscribeURL
    https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription
    Timestamp
    2012-04-26T20:45:04.751Z
    Token
    2336412f37
    TopicArn
    arn:aws:sns:us-east-1:123456789012:drs
    Type
    \(type)

    """
  }

  @Test("what Amazon signed in the documented way is good, in both signature versions", arguments: ["1", "2"])
  func good(version: String) throws {
    let sender = try SNSSender.shared.get()
    var signed = try sender.sign(Self.notification, text: Self.notificationText, version: version)
    #expect(sender.certificate.signed(try #require(SNSEnvelope(members: signed))))
    var bare = Self.notification
    bare["Subject"] = nil
    let text = Self.notificationText.replacing("Subject\nMy First Message\n", with: "")
    signed = try sender.sign(bare, text: text, version: version)
    #expect(sender.certificate.signed(try #require(SNSEnvelope(members: signed))))
    for type in ["SubscriptionConfirmation", "UnsubscribeConfirmation"] {
      let members = Self.confirmation.merging(["Type": type]) { $1 }
      signed = try sender.sign(members, text: Self.confirmationText(type), version: version)
      #expect(sender.certificate.signed(try #require(SNSEnvelope(members: signed))), "\(type)")
    }
  }

  @Test("forged SNS: a change of any signed member is noticed", arguments: ["1", "2"])
  func forged(version: String) throws {
    let sender = try SNSSender.shared.get()
    let good = try sender.sign(Self.notification, text: Self.notificationText, version: version)
    for (name, value) in [
      ("Message", "Hello there"), ("MessageId", "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf325"), ("Subject", "Another"),
      ("Subject", nil), ("Timestamp", "2012-05-02T00:54:06.656Z"), ("TopicArn", Self.topic + "2"),
      ("SignatureVersion", version == "1" ? "2" : "1"), ("SignatureVersion", "3"), ("SignatureVersion", ""),
      ("Signature", Data(repeating: 7, count: 256).base64EncodedString()), ("Signature", "AA=="),
    ] as [(String, String?)] {
      var members = good
      members[name] = value
      #expect(!sender.certificate.signed(try #require(SNSEnvelope(members: members))), "\(name) \(value ?? "-")")
    }
    let confirmation = try sender.sign(
      Self.confirmation, text: Self.confirmationText("SubscriptionConfirmation"), version: version)
    for (name, value) in [
      ("Token", "2336412f38"), ("SubscribeURL", "https://sns.us-east-1.amazonaws.com/?Action=Other"),
      ("Type", "UnsubscribeConfirmation"), ("Message", "x"),
    ] {
      var members = confirmation
      members[name] = value
      #expect(!sender.certificate.signed(try #require(SNSEnvelope(members: members))), "\(name)")
    }
    let another = try SNSSender.read(try SNSSender.pem(try _RSA.Signing.PrivateKey(keySize: .bits2048)))
    #expect(!another.signed(try #require(SNSEnvelope(members: good))))
  }

  @Test("what is not an envelope, whole and of a known kind, is refused, and so are line breaks where none belong")
  func malformed() throws {
    let good = Self.notification.merging(["SignatureVersion": "1", "Signature": "AA=="]) { $1 }
    let question = Self.confirmation.merging(["SignatureVersion": "1", "Signature": "AA=="]) { $1 }
    #expect(SNSEnvelope(members: good) != nil && SNSEnvelope(members: question) != nil)
    #expect(SNSEnvelope(members: good.merging(["Unknown": "x"]) { $1 }) != nil)
    for name in good.keys where name != "Subject" {
      var members = good
      members[name] = nil
      #expect(SNSEnvelope(members: members) == nil, "\(name)")
    }
    for (name, value) in [
      ("Type", "Other"), ("Signature", "!"), ("Signature", ""), ("MessageId", "a\nb"), ("TopicArn", "a\nb"),
      ("Timestamp", "a\r"), ("Subject", "a\nTimestamp\nb"), ("Token", "a"), ("SubscribeURL", "a"),
      ("MessageId", String(repeating: "a", count: 129)),
    ] {
      #expect(SNSEnvelope(members: good.merging([name: value]) { $1 }) == nil, "\(name) \(value)")
    }
    for (name, value) in [("Token", nil), ("SubscribeURL", nil), ("Token", "a\nb"), ("SubscribeURL", "a\nb")] {
      var members = question
      members[name] = value
      #expect(SNSEnvelope(members: members) == nil, "\(name)")
    }
    for text in ["", "[]", "{}", "null", #"{"Type":1}"#, #"{"notificationInfo":{}}"#] {
      #expect(SNSEnvelope(Data(text.utf8)) == nil, "\(text)")
    }
  }

  @Test("certificates: RSA with 2048 bits or more, valid now; nothing else")
  func certificates() throws {
    let now = SNSSender.now
    let key = try SNSSender.shared.get().key
    let good = try SNSSender.read(try SNSSender.pem(key))
    #expect(good.isValid(at: now) && !good.isValid(at: now + 3601) && !good.isValid(at: now - 3601))
    #expect(SNSCertificate(pem: Data("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".utf8)) == nil)
    #expect(SNSCertificate(pem: Data("<html>".utf8)) == nil)
    #expect(SNSCertificate(pem: Data([0xFF, 0xFE])) == nil)
    let curve = try SNSSender.pem(Certificate.PrivateKey(P256.Signing.PrivateKey()), .ecdsaWithSHA256)
    #expect(SNSCertificate(pem: Data(curve.utf8)) == nil)
  }

  // MARK: Addresses

  @Test(
    "topics are named in full, in the form that Amazon has",
    arguments: [
      ("arn:aws:sns:us-east-1:123456789012:drs", "https://sns.us-east-1.amazonaws.com"),
      ("arn:aws-cn:sns:cn-north-1:123456789012:drs", "https://sns.cn-north-1.amazonaws.com.cn"),
      ("arn:aws-us-gov:sns:us-gov-west-1:123456789012:a_b-C", "https://sns.us-gov-west-1.amazonaws.com"),
      ("arn:aws:sns:ap-southeast-2:123456789012:drs", "https://sns.ap-southeast-2.amazonaws.com"),
      ("arn:aws:sns:us-east-1:12345678901:drs", nil), ("arn:aws:sns:us-east-1:123456789012:", nil),
      ("arn:aws:sns:us-east-1:123456789012:drs.fifo", nil), ("arn:aws:sqs:us-east-1:123456789012:drs", nil),
      ("arn:aws:sns:evil.example/us-east-1:123456789012:drs", nil), ("arn:aws:sns:us-east-1:123456789012:drs:x", nil),
      ("arn:aws:sns:cn-north-1:123456789012:drs", nil), ("arn:aws-cn:sns:us-east-1:123456789012:drs", nil),
      ("arn:aws:sns::123456789012:drs", nil), ("", nil), ("arn:aws:sns:us-east-1:123456789012:drs\n", nil),
    ] as [(String, String?)])
  func topics(arn: String, origin: String?) { #expect(SNSTopic(arn: arn)?.origin == origin) }

  private func source() throws -> NotificationSource {
    NotificationSource(topic: try #require(SNSTopic(arn: Self.topic)))
  }

  @Test(
    "SSRF through SNS URLs: a certificate has exactly one form of address",
    arguments: [
      "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-a1.pem",
      "HTTPS://sns.us-east-1.amazonaws.com/SimpleNotificationService-a1.pem",
      "https://sns.us-east-1.amazonaws.com:443/SimpleNotificationService-a1.pem",
      "https://sns.us-east-1.amazonaws.com:8443/SimpleNotificationService-a1.pem",
      "https://user@sns.us-east-1.amazonaws.com/SimpleNotificationService-a1.pem",
      "https://sns.us-east-1.amazonaws.com@evil.example/SimpleNotificationService-a1.pem",
      "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-a1.pem",
      "https://sns.us-east-1.amazonaws.com.cn/SimpleNotificationService-a1.pem",
      "https://sns.us-east-1.amazonaws.com./SimpleNotificationService-a1.pem",
      "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-a1.pem",
      "https://xsns.us-east-1.amazonaws.com/SimpleNotificationService-a1.pem",
      "https://evil.example/SimpleNotificationService-a1.pem",
      "https://evil.example/https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a1.pem",
      "https://169.254.169.254/SimpleNotificationService-a1.pem",
      "https://sns.us-east-1.amazonaws.com//SimpleNotificationService-a1.pem",
      "https://sns.us-east-1.amazonaws.com/../SimpleNotificationService-a1.pem",
      "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-/../evil.pem",
      "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-%2e%2e%2fevil.pem",
      "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a1.pem?x=.pem",
      "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a1.pem#.pem",
      "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a1.pem ",
      " https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a1.pem",
      "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a1.pem\n",
      "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-.pem",
      "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a1.txt",
      "https://sns.us-east-1.amazonaws.com/simplenotificationservice-a1.pem",
      "https://sns.us-east-1.amazonaws.com/?Action=Publish&x=/SimpleNotificationService-a1.pem",
      "https://localhost:8443/SimpleNotificationService-a1.pem", "file:///SimpleNotificationService-a1.pem", "",
    ])
  func certificateAddresses(address: String) throws {
    let source = try source()
    #expect(source.isCertificate("https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a1.pem"))
    #expect(!source.isCertificate(address))
  }

  @Test(
    "SSRF through SNS URLs: a SubscribeURL elsewhere, or for another action or topic, is not fetched",
    arguments: [
      "http://sns.us-east-1.amazonaws.com/?", "https://sns.us-east-1.amazonaws.com:443/?", "https://evil.example/?",
      "https://sns.us-east-1.amazonaws.com@evil.example/?", "https://sns.us-east-1.amazonaws.com.evil.example/?",
      "https://sns.us-west-2.amazonaws.com/?", "https://sns.us-east-1.amazonaws.com/x?",
      "https://sns.us-east-1.amazonaws.com/?Action=DeleteTopic&", "https://sns.us-east-1.amazonaws.com/#?",
      "https://sns.us-east-1.amazonaws.com/?x=a b&", "https://sns.us-east-1.amazonaws.com/?x=%0d%0a&x=1&",
    ])
  func confirmationAddresses(beginning: String) throws {
    let source = try source()
    let rest = "Action=ConfirmSubscription&TopicArn=\(Self.topic)&Token=2336412f37"
    let good = "https://sns.us-east-1.amazonaws.com/?"
    #expect(source.isConfirmation(good + rest))
    #expect(source.isConfirmation(good + rest.replacing(":", with: "%3A")))
    #expect(!source.isConfirmation(beginning + rest))
    #expect(!source.isConfirmation(good + rest + "2&TopicArn=other"))
    #expect(!source.isConfirmation(good + rest.replacing("drs", with: "other")))
    #expect(!source.isConfirmation(good + rest.replacing("2336412f37", with: "")))
  }

  @Test(
    "the origin for development is on this machine, and then Amazon's is none",
    arguments: [
      ("https://localhost:8443", true), ("https://127.0.0.1:8443", true), ("https://localhost", true),
      ("http://localhost:8443", false), ("https://localhost:8443/", false), ("https://evil.example", false),
      ("https://localhost.evil.example", false), ("https://a@localhost:8443", false), ("", false),
    ])
  func development(origin: String, isGood: Bool) throws {
    let topic = try #require(SNSTopic(arn: Self.topic))
    let source = NotificationSource(topic: topic, developmentOrigin: origin)
    #expect((source != nil) == isGood)
    guard let source else { return }
    #expect(source.isCertificate(origin + "/SimpleNotificationService-a1.pem"))
    #expect(!source.isCertificate(topic.origin + "/SimpleNotificationService-a1.pem"))
    #expect(!source.isConfirmation(topic.origin + "/?Action=ConfirmSubscription&TopicArn=\(Self.topic)&Token=x"))
  }

  // MARK: Fetching

  /// Runs with a server that has answers at some paths; counts what it is asked.
  private func serving(
    _ answers: [String: Response], _ work: @Sendable @escaping (SNSCertificates, String, Asked) async throws -> Void
  ) async throws {
    let asked = Asked()
    let router = Router()
    router.get("**") { request, _ in
      asked.note(request.uri.path)
      return answers[request.uri.path] ?? Response(status: .notFound)
    }
    let (ports, ready) = AsyncStream<Int>.makeStream()
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { ready.yield($0.localAddress?.port ?? 0) })
    let amazon = try AmazonClient(AmazonConfiguration(clientID: "web", clientSecret: "secret"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await application.run() }
      guard let port = await ports.first(where: { _ in true }) else { return }
      let result = await Result { try await work(SNSCertificates(amazon), "http://127.0.0.1:\(port)", asked) }
      group.cancelAll()
      try? await group.waitForAll()
      try? await amazon.shutdown()
      try result.get()
    }
  }

  private final class Asked: Sendable {
    private let stored = Mutex<[String]>([])
    var paths: [String] { stored.withLock { $0 } }
    func note(_ path: String) { stored.withLock { $0.append(path) } }
  }

  private static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  @Test("a certificate is fetched once while it is valid; no redirect is followed, and no long answer read to its end")
  func fetching() async throws {
    let key = try SNSSender.shared.get().key
    let pem = try SNSSender.pem(key)
    let past = try SNSSender.pem(key, from: SNSSender.now - 7200, until: SNSSender.now - 3600)
    try await serving([
      "/good": Self.text(pem), "/redirect": Response(status: .found, headers: [.location: "/good"]),
      "/expired": Self.text(past), "/html": Self.text("<html>"), "/broken": Self.text("", status: .badGateway),
      "/long": Self.text(pem + String(repeating: "x", count: 70_000)),
    ]) { certificates, origin, asked in
      func fetch(_ path: String) async -> String {
        switch await certificates.certificate(at: origin + path, now: SNSSender.now) {
        case .certificate: "certificate"
        case .refused: "refused"
        case .unavailable: "unavailable"
        }
      }
      for _ in 0..<3 { #expect(await fetch("/good") == "certificate") }
      #expect(asked.paths == ["/good"])
      for (path, outcome) in [
        ("/redirect", "refused"), ("/expired", "refused"), ("/html", "refused"), ("/none", "refused"),
        ("/broken", "unavailable"), ("/long", "unavailable"),
      ] {
        #expect(await fetch(path) == outcome, "\(path)")
        #expect(await fetch(path) == outcome, "\(path)")
      }
      #expect(asked.paths.filter { $0 == "/good" }.count == 1)
      #expect(asked.paths.filter { $0 == "/redirect" }.count == 2)
    }
  }

  @Test("a few certificates are kept, the oldest goes first")
  func bound() async throws {
    let pem = try SNSSender.pem(try SNSSender.shared.get().key)
    let answers = Dictionary(uniqueKeysWithValues: (0..<9).map { ("/\($0)", Self.text(pem)) })
    try await serving(answers) { certificates, origin, asked in
      for number in 0..<9 { _ = await certificates.certificate(at: "\(origin)/\(number)", now: SNSSender.now) }
      _ = await certificates.certificate(at: origin + "/8", now: SNSSender.now)
      #expect(asked.paths.count == 9)
      _ = await certificates.certificate(at: origin + "/0", now: SNSSender.now)
      #expect(asked.paths.count == 10)
    }
  }

  // MARK: Messages

  private func message(_ type: String, _ further: String = "", device: String = #""modelId":"M""#) -> String {
    """
    {"notificationInfo":{"notificationType":"\(type)","lwaClientId":"client","notificationTime":\
    "2015-06-05T12:30:00.250Z","notificationId":"amzn1.dash.notification.v1.x","version":"2015-06-05","new":{}},
    "deviceInfo":{"deviceIdentifier":{"serialNumber":"S"},"productIdentifier":{\(device)}},"new":[1],
    "customerInfo":{"directedCustomerId":"amzn1.account.X"}\(further)}
    """
  }

  @Test("all six DRS notifications are read in both versions, told apart by the body; unknown fields do not matter")
  func messages() throws {
    let orders = [
      (#""productInfo":[{"quantity":1.0,"unit":"count"}],"estimatedDeliveryDate":"2015-06-08T00:00:00.000Z""#, 1),
      (#""productInfo":[{"quantity":1,"unit":"Count","asin":"B0","estimatedDeliveryDate":"2015-06-08T00:00Z"}]"#, 2),
    ]
    let slots = [
      (#"{"coffee":true,"descaler":false}"#, 1),
      (#"{"coffee":{"subscribed":true,"productInfoList":[{"quantity":1.0,"unit":"Count","asin":"B0"}]}}"#, 2),
    ]
    func order(_ further: String) -> String { #","orderInfo":{"instanceId":"I","slotId":"coffee"\#(further)}"# }
    var cases: [(DashNotification.Kind, String, Int?, String?)] = [
      (.deviceRegistered, "", nil, nil), (.deviceDeregistered, "", nil, nil), (.orderCancelled, order(""), nil, "I"),
    ]
    for (products, version) in orders {
      cases.append((.orderPlaced, order("," + products), version, "I"))
      cases.append((.itemShipped, order("," + products), version, "I"))
    }
    for (slots, version) in slots {
      let further = #","subscriptionInfo":{"slotsSubscriptionStatus":\#(slots)}"#
      cases.append((.subscriptionChanged, further, version, nil))
    }
    #expect(Set(cases.map(\.0)) == Set(DashNotification.Kind.allCases))
    for (kind, further, version, order) in cases {
      let read = try #require(DashNotification(message(kind.rawValue, further)), "\(kind)")
      #expect(read.kind == kind && read.version?.rawValue == version && read.instanceID == order, "\(kind)")
      #expect(read.clientID == "client" && read.model == "M" && read.serial == "S")
      #expect(read.time == Date(timeIntervalSince1970: 1_433_507_400.25))
    }
  }

  @Test("the documents' own samples are read: a comma too many, another key for the model; an unknown type is no error")
  func samples() throws {
    let further = #","orderInfo":{"instanceId":"I","productInfo":[{"asin":"B0","unit":"Count",},],},"#
    let read = try #require(DashNotification(message("OrderPlacedNotification", further)))
    #expect(read.version == .v2 && read.instanceID == "I")
    let changed = try #require(
      DashNotification(message("SubscriptionChangedNotification", device: #""myDeviceModel":"M""#)))
    #expect(changed.kind == .subscriptionChanged && changed.model == nil && changed.serial == "S")
    let unknown = try #require(DashNotification(message("NewNotification")))
    #expect(unknown.kind == nil && unknown.type == "NewNotification")
    for text in ["", "hello", "{}", #"{"notificationInfo":{}}"#] { #expect(DashNotification(text) == nil) }
  }
}
