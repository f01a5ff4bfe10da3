import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import OAuthServer
import TextEncodings

/// What stands in for Amazon's notification service: the certificate, the confirmation, and the orders to publish.
struct NotificationRoutes: Sendable {
  let emulator: AmazonEmulator

  /// The paths of the service, which are none of the router's: the name of the certificate is part of one, and the
  /// confirmation shares the overview's.
  func respond(to request: Request) async throws -> Response? {
    guard request.method == .get else { return nil }
    if request.uri.path.hasPrefix("/SimpleNotificationService-") {
      let signer = try await emulator.publisher.signer
      guard request.uri.path == signer.path else { return Response(status: .notFound) }
      return Response(
        status: .ok, headers: [.contentType: "application/x-pem-file"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: signer.certificatePEM)))
    }
    guard request.uri.path == "/", let query = request.uri.query.flatMap({ FormParameters(urlEncoded: $0) }),
      query["Action"] == "ConfirmSubscription"
    else { return nil }
    let isKnown = await emulator.publisher.confirm(topic: query["TopicArn"] ?? "", token: query["Token"] ?? "")
    let body = isKnown ? "<ConfirmSubscriptionResponse/>" : "<ErrorResponse/>"
    return Response(
      status: isKnown ? .ok : .badRequest, headers: [.contentType: "text/xml"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
  }

  /// What is to be published.
  struct Publication: Decodable {
    var to: String
    var topic: String
    var type: NotificationBody.Kind
    var version: Int?
    var signatureVersion: Int?
    var model: String?
    var serial: String?
    var clientId: String?
    var eventInstanceId: String?
    var subject: String?
    var lateSeconds: Double?
    var times: Int?
    var forged: String?
    var certificateURL: String?
    var raw: Bool?
  }

  /// What is to be asked.
  struct Question: Decodable {
    var to: String
    var topic: String
    var signatureVersion: Int?
    var forged: String?
    var certificateURL: String?
    var subscribeURL: String?
  }

  /// What came of it.
  struct Delivery: Encodable {
    var messageId: String
    var statuses: [Int]
  }

  func publish(_ wish: Publication) async throws -> Delivery {
    let (version, times, late) = (wish.version ?? 2, wish.times ?? 1, wish.lateSeconds ?? 0)
    guard (1...2).contains(version) else { throw mistake("version must be 1 or 2") }
    guard (1...100).contains(times) else { throw mistake("times must be from 1 to 100") }
    guard late >= 0 else { throw mistake("lateSeconds must not be negative") }
    let time = emulator.clock.now - late
    let message = try NotificationBody.text(wish.type, version: version, try await subject(of: wish), at: time)
    var envelope = envelope("Notification", message, topic: wish.topic, at: time)
    envelope["Subject"] = wish.subject
    envelope["UnsubscribeURL"] = emulator.publicAddress + "/?Action=Unsubscribe"
    envelope["SigningCertURL"] = try await certificateAddress(wish.certificateURL)
    let signed = try await sign(envelope, wish.signatureVersion, forged: wish.forged)
    return try await send(signed, to: wish.to, times: times, isRaw: wish.raw ?? false)
  }

  func ask(_ wish: Question) async throws -> Delivery {
    guard NotificationPublisher.isLocal(wish.to) else { throw mistake("to is not a loopback address") }
    let token = await emulator.publisher.subscribe(wish.to, topic: wish.topic)
    var envelope = envelope(
      "SubscriptionConfirmation", "You have chosen to subscribe to the topic \(wish.topic).", topic: wish.topic,
      at: emulator.clock.now)
    envelope["Token"] = token
    envelope["SubscribeURL"] =
      wish.subscribeURL ?? emulator.publicAddress
      + "/?Action=ConfirmSubscription&TopicArn=\(percentEncoded(wish.topic))&Token=\(token)"
    envelope["SigningCertURL"] = try await certificateAddress(wish.certificateURL)
    let signed = try await sign(envelope, wish.signatureVersion, forged: wish.forged)
    return try await send(signed, to: wish.to, times: 1, isRaw: false)
  }

  private func mistake(_ text: String) -> NotificationPublisher.Mistake { .init(message: text) }

  private func certificateAddress(_ other: String?) async throws -> String {
    if let other { return other }
    return emulator.publicAddress + (try await emulator.publisher.signer.path)
  }

  private func envelope(_ type: String, _ message: String, topic: String, at time: Date) -> [String: String] {
    [
      "Type": type, "MessageId": UUID().uuidString.lowercased(), "TopicArn": topic, "Message": message,
      "Timestamp": NotificationBody.iso(time),
    ]
  }

  /// The device, and the order, that a publication names: the newest ones where it names none.
  private func subject(of wish: Publication) async throws -> NotificationBody.Subject {
    let registration = await emulator.dash.registrations.last {
      (wish.model == nil || $0.model == wish.model) && (wish.serial == nil || $0.serial == wish.serial)
    }
    guard let model = registration?.model ?? wish.model, let serial = registration?.serial ?? wish.serial else {
      throw mistake("no such device was ever registered; name model, serial and clientId")
    }
    var client = wish.clientId
    if client == nil, let registration {
      client = await emulator.storage.grants(resource: registration.id).max { $0.createdAt < $1.createdAt }?.clientID
    }
    guard let client else { throw mistake("clientId is missing") }
    let order = await emulator.dash.orders.last {
      $0.model == model && $0.serial == serial
        && (wish.eventInstanceId == nil || $0.eventInstanceId == wish.eventInstanceId)
    }
    guard order != nil || !wish.type.isAboutOrder else { throw mistake("the device has no such order") }
    let customer = emulator.configuration.customers.first { $0.email == registration?.customer }
    return NotificationBody.Subject(
      clientID: client, model: model, serial: serial, customerID: customer?.userID ?? "amzn1.account.NOBODY",
      slots: await emulator.dash.slots, order: order)
  }

  /// Signs an envelope, and then changes the member that is to be forged.
  private func sign(_ envelope: [String: String], _ version: Int?, forged: String?) async throws -> [String: String] {
    let version = version ?? 1
    guard (1...2).contains(version) else { throw mistake("signatureVersion must be 1 or 2") }
    var signed = try await emulator.publisher.signer.sign(envelope, version: version)
    switch forged {
    case nil: break
    case "MessageId": signed["MessageId"] = UUID().uuidString.lowercased()
    case "Timestamp": signed["Timestamp"] = NotificationBody.iso(emulator.clock.now + 1)
    case "Subject": signed["Subject"] = (signed["Subject"] ?? "") + "!"
    case "SignatureVersion": signed["SignatureVersion"] = version == 1 ? "2" : "1"
    case "Signature": signed["Signature"] = Data(repeating: 1, count: 256).base64EncodedString()
    case let name? where ["Message", "TopicArn", "Token", "SubscribeURL"].contains(name) && signed[name] != nil:
      signed[name, default: ""] += "x"
    default: throw mistake("forged names no member that can be forged")
    }
    return signed
  }

  private func send(_ envelope: [String: String], to: String, times: Int, isRaw: Bool) async throws -> Delivery {
    let id = envelope["MessageId"] ?? ""
    var headers = [
      ("Content-Type", "text/plain; charset=UTF-8"), ("User-Agent", "Amazon Simple Notification Service Agent"),
      ("x-amz-sns-message-type", envelope["Type"] ?? ""), ("x-amz-sns-message-id", id),
    ]
    if isRaw { headers.append(("x-amz-sns-rawdelivery", "true")) }
    let data = try JSONSerialization.data(withJSONObject: envelope, options: [.sortedKeys, .prettyPrinted])
    let body = isRaw ? envelope["Message"] ?? "" : String(decoding: data, as: UTF8.self)
    let statuses = try await NotificationPublisher.post(body, to: to, headers: headers, times: times)
    return Delivery(messageId: id, statuses: statuses)
  }
}
