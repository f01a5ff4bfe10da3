import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import AmazonEmulator
@testable import ReplenishCloud

/// Notifications from the emulator's publisher to the cloud.
@Suite("Notifications", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct NotificationTests {
  private static let topic = "arn:aws:sns:us-east-1:123456789012:drs"

  private func run(_ test: @Sendable @escaping (Amazon) async throws -> Void) async throws {
    let fixture = try CloudFixture { configuration in
      configuration.notifications = SNSTopic(arn: Self.topic).flatMap {
        NotificationSource(topic: $0, developmentOrigin: configuration.amazon.service)
      }
    }
    try await fixture.run { try await test(Amazon(cloud: $0)) }
  }

  /// Runs with a device that is linked and has one order.
  private func ordered(
    _ test: @Sendable @escaping (Amazon, Browser, Device, String) async throws -> Void
  ) async throws {
    try await run { amazon in
      let browser = try await amazon.cloud.owner()
      let (device, path) = try await amazon.cloud.linkedDevice(browser)
      try await amazon.cloud.with(device) {
        try #require(try await device.press().state == "ordered")
        try await test(amazon, browser, device, path)
      }
    }
  }

  /// The emulator as the one who publishes.
  private struct Amazon: Sendable {
    let cloud: CloudFixture.Running
    var address: String { cloud.pages + "/notifications/amazon" }

    /// Publishes what DRS says; returns what the cloud answered.
    func publish(_ type: String, _ further: [String: any Sendable] = [:]) async throws -> [Int] {
      let members: [String: any Sendable] = ["type": type + "Notification"]
      return try await order("notifications", members.merging(further) { $1 })
    }

    func subscribe(_ further: [String: any Sendable] = [:]) async throws -> [Int] {
      try await order("notifications/subscribe", further)
    }

    private func order(_ path: String, _ members: [String: any Sendable]) async throws -> [Int] {
      let all = members.merging(["to": address, "topic": NotificationTests.topic]) { given, _ in given }
      let json = String(decoding: try JSONSerialization.data(withJSONObject: all), as: UTF8.self)
      let answer = try await post(cloud.amazon + "/emulator/" + path, json)
      return try #require(answer.members["statuses"] as? [Int], "\(answer.text)")
    }

    func post(
      _ address: String, _ body: String, type: String? = "text/plain; charset=UTF-8", headers: HTTPHeaders = [:]
    ) async throws -> Seen {
      var request = HTTPClientRequest(url: address)
      request.method = .POST
      request.headers = headers
      if let type { request.headers.add(name: "Content-Type", value: type) }
      request.body = .bytes(ByteBuffer(string: body))
      let response = try await cloud.http.execute(request, timeout: .seconds(30))
      let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
      return Seen(status: response.status.code, headers: response.headers, text: text, address: address)
    }

    /// An envelope that the publisher signed, whatever is in it.
    func envelope(_ message: String, _ further: [String: String] = [:]) async throws -> String {
      let publisher = cloud.fixture.emulator.publisher
      let members = [
        "Type": "Notification", "MessageId": UUID().uuidString, "TopicArn": NotificationTests.topic,
        "Message": message, "Timestamp": NotificationBody.iso(cloud.clock.now),
        "SigningCertURL": cloud.amazon + (try await publisher.signer.path),
      ].merging(further) { $1 }
      let signed = try await publisher.signer.sign(members, version: 2)
      return String(decoding: try JSONSerialization.data(withJSONObject: signed), as: UTF8.self)
    }

    /// What a message about the newest order has in it.
    func subject() async throws -> NotificationBody.Subject {
      let order = try #require(await cloud.fixture.emulator.dash.orders.last)
      return NotificationBody.Subject(
        clientID: "amzn1.application-oa2-client.web", model: order.model, serial: order.serial, customerID: "",
        slots: await cloud.fixture.emulator.dash.slots, order: order)
    }

    /// How many notifications are on record.
    func noted() async throws -> Int? {
      try await cloud.storage.database.read { try ($0.value("SELECT COUNT(*) FROM notification") as Int?) }
    }

    func page(_ path: String, _ browser: Browser) async throws -> String {
      try await browser.get(cloud.pages + path).text
    }
  }

  // MARK: Orders

  @Test(
    "the page shows Shipped after a notification, in both body and both signature versions", arguments: [1, 2], [1, 2])
  func shipped(version: Int, signature: Int) async throws {
    try await ordered { amazon, browser, _, path in
      let versions = ["version": version, "signatureVersion": signature]
      let placed = try await amazon.publish("OrderPlaced", versions)
      #expect(placed == [200])
      #expect(try await amazon.page(path, browser).contains("coffee: ordered: Processing"))
      amazon.cloud.clock.advance(1)
      #expect(try await amazon.publish("ItemShipped", versions) == [200])
      #expect(try await amazon.page(path, browser).contains("coffee: ordered: Shipped"))
      #expect(try await amazon.cloud.calls("getOrderInfo") == 0)
      let file = try await browser.get(amazon.cloud.pages + "/account/export").text
      #expect(file.contains(#""orderStateAt" : "2027-01-15T08:00:01Z""#))
      #expect(amazon.cloud.fixture.log.text.contains("ItemShippedNotification v\(version)"))
    }
  }

  @Test("late: of several notifications of an order the newest counts, whichever comes last; so does an answer")
  func late() async throws {
    try await ordered { amazon, browser, device, path in
      amazon.cloud.clock.advance(60)
      #expect(try await amazon.publish("ItemShipped") == [200])
      #expect(try await amazon.publish("OrderPlaced", ["lateSeconds": 30]) == [200])
      #expect(try await amazon.page(path, browser).contains("ordered: Shipped"))
      amazon.cloud.clock.advance(60)
      #expect(try await amazon.publish("OrderCancelled") == [200])
      #expect(try await amazon.page(path, browser).contains("ordered: Cancelled"))
      // Asked now, Amazon says that it is being processed.
      amazon.cloud.clock.advance(60)
      let id = try #require(
        try await amazon.cloud.storage.database.read { try ($0.value("SELECT id FROM press") as String?) })
      #expect(try await device.send(.GET, "/v1/orders/\(id)").status == 200)
      #expect(try await amazon.page(path, browser).contains("ordered: Processing"))
      #expect(try await amazon.publish("OrderCancelled", ["lateSeconds": 30]) == [200])
      #expect(try await amazon.page(path, browser).contains("ordered: Processing"))
      #expect(try await amazon.noted() == 4)
      // An answer that was asked for before all that, and took its time.
      let number = try #require(
        try await amazon.cloud.storage.database.read { try ($0.value("SELECT device FROM press") as Int64?) })
      let press = try #require(try await amazon.cloud.storage.press(id, device: number))
      try await amazon.cloud.storage.setOrderStatus("Lost", of: press, at: amazon.cloud.clock.now - 1)
      #expect(try await amazon.page(path, browser).contains("ordered: Processing"))
      // A moment that has not come yet does not keep the next one out.
      let future = try NotificationBody.text(
        .itemShipped, version: 2, try await amazon.subject(), at: amazon.cloud.clock.now + 86_400)
      #expect(try await amazon.post(amazon.address, try await amazon.envelope(future)).status == 200)
      #expect(try await amazon.page(path, browser).contains("ordered: Shipped"))
      amazon.cloud.clock.advance(1)
      #expect(try await amazon.publish("OrderCancelled") == [200])
      #expect(try await amazon.page(path, browser).contains("ordered: Cancelled"))
    }
  }

  @Test("an order of nobody here, another client's and another model's change nothing and need not come again")
  func others() async throws {
    try await ordered { amazon, browser, _, path in
      let before = try await amazon.page(path, browser)
      let body = #""deviceInfo":{"deviceIdentifier":{"serialNumber":"none"}}}"#
      let head =
        #"{"notificationInfo":{"notificationType":"ItemShippedNotification","lwaClientId":"x","notificationTime":"2027-01-15T08:00:00Z"},"#
      #expect(try await amazon.post(amazon.address, try await amazon.envelope(head + body)).status == 200)
      #expect(try await amazon.publish("ItemShipped", ["clientId": "another"]) == [200])
      let serial = try #require(before.firstMatch(of: /Serial number (SN[0-9]+)/)).output.1
      let wrong = (head + body).replacing("\"none\"}", with: "\"\(serial)\"},\"productIdentifier\":{\"modelId\":\"x\"}")
        .replacing("\"x\",\"not", with: "\"amzn1.application-oa2-client.web\",\"not")
      #expect(try await amazon.post(amazon.address, try await amazon.envelope(wrong)).status == 200)
      #expect(try await amazon.page(path, browser) == before)
      #expect(amazon.cloud.fixture.log.text.matches(of: /is of no device that is linked here/).count == 3)
    }
  }

  @Test("unknown types, messages of others and incomplete ones are logged and answered 200")
  func unknown() async throws {
    try await run { amazon in
      for message in [
        "hello", #"{"notificationInfo":{"notificationType":"NewNotification"}}"#,
        #"{"notificationInfo":{"notificationType":"ItemShippedNotification"}}"#,
      ] {
        let body = try await amazon.envelope(message)
        #expect(try await amazon.post(amazon.address, body).status == 200)
      }
      let log = amazon.cloud.fixture.log.text
      for words in ["none of DRS", "NewNotification is not known here", "ItemShippedNotification lacks"] {
        #expect(log.contains(words), "\(words)")
      }
      #expect(try await amazon.noted() == 3)
    }
  }

  // MARK: The link

  @Test("DeviceDeregistered forged by content: Amazon is asked, still has the registration, and nothing happens")
  func deregisteredFalsely() async throws {
    try await ordered { amazon, browser, device, path in
      let refreshes = try await amazon.cloud.calls("token.refresh_token")
      #expect(try await amazon.publish("DeviceDeregistered") == [200])
      try await amazon.cloud.eventually("asked") {
        amazon.cloud.fixture.log.text.contains("Amazon says that it is still good")
      }
      #expect(try await amazon.cloud.calls("token.refresh_token") == refreshes + 1)
      #expect(try await device.press(slot: "water-filter").state == "ordered")
      #expect(try await amazon.page(path, browser).contains("<strong>linked</strong>"))
    }
  }

  @Test("DeviceDeregistered and true: Amazon is asked, says invalid_grant, and the link ends")
  func deregistered() async throws {
    try await ordered { amazon, browser, device, path in
      try await amazon.cloud.control("grants/revoke")
      #expect(try await amazon.page(path, browser).contains("<strong>linked</strong>"))
      #expect(try await amazon.publish("DeviceDeregistered") == [200])
      try await amazon.cloud.eventually("ended") {
        try await amazon.page(path, browser).contains("<strong>not linked</strong>")
      }
      #expect(try await device.press().members["reason"] as? String == "not-linked")
    }
  }

  @Test("DeviceDeregistered while nobody answers ends nothing")
  func deregisteredUnproved() async throws {
    try await ordered { amazon, browser, _, path in
      try await amazon.cloud.control("faults", #"{"operation":"token","kind":"status","status":500}"#)
      #expect(try await amazon.publish("DeviceDeregistered") == [200])
      try await amazon.cloud.eventually("asked") { amazon.cloud.fixture.log.text.contains("still good is not known") }
      #expect(try await amazon.page(path, browser).contains("<strong>linked</strong>"))
    }
  }

  @Test("SubscriptionChanged has the slots fetched, whatever it says itself; DeviceRegistered is only logged")
  func slots() async throws {
    try await ordered { amazon, browser, _, path in
      let asked = try await amazon.cloud.calls("subscriptionInfo")
      #expect(try await amazon.publish("DeviceRegistered") == [200])
      try await amazon.cloud.control("slots", #"{"slot":"descaler","asin":"B00DESCALE"}"#)
      #expect(try await amazon.publish("SubscriptionChanged", ["version": 1]) == [200])
      try await amazon.cloud.eventually("shown") { try await amazon.page(path, browser).contains("B00DESCALE") }
      #expect(try await amazon.cloud.calls("subscriptionInfo") == asked + 1)
      #expect(amazon.cloud.fixture.log.text.contains("DeviceRegisteredNotification"))
      // As in a sample of the documents, which has another key for the model.
      let text = try NotificationBody.text(
        .subscriptionChanged, version: 1, try await amazon.subject(), at: amazon.cloud.clock.now)
      let body = try await amazon.envelope(text.replacing("modelId", with: "myDeviceModel"))
      #expect(try await amazon.post(amazon.address, body).status == 200)
      try await amazon.cloud.eventually("fetched") { try await amazon.cloud.calls("subscriptionInfo") == asked + 2 }
    }
  }

  @Test("old owner's notification: what is older than the registration neither shows nor leads to a question")
  func oldOwner() async throws {
    try await ordered { amazon, browser, device, path in
      let cloud = amazon.cloud
      let released = try await browser.post(cloud.pages + path + "/release", page: cloud.pages + path, [:])
      #expect(released.status == 303)
      try await cloud.eventually("Amazon knows") { try await cloud.registrations() == 0 }
      cloud.clock.advance(3600)
      let buyer = try await cloud.owner("buyer@example.com")
      let newPath = try await cloud.claim(device, buyer)
      let linked = try await cloud.link(newPath, buyer, user: "neighbour@example.com", password: "amazon-2")
      try #require(linked.status == 303)
      #expect(try await device.press().state == "ordered")
      let before = try await amazon.page(newPath, buyer)
      let questions = try await (cloud.calls("token.refresh_token"), cloud.calls("subscriptionInfo"))
      for type in ["DeviceDeregistered", "SubscriptionChanged", "ItemShipped", "OrderCancelled"] {
        #expect(try await amazon.publish(type, ["lateSeconds": 60]) == [200])
        #expect(cloud.fixture.log.text.contains("\(type)Notification is older than registration"))
      }
      // The old order, told of only now.
      let old = try #require(
        try await cloud.storage.database.read {
          try ($0.value("SELECT event_instance_id FROM press ORDER BY received_at") as String?)
        })
      #expect(try await amazon.publish("ItemShipped", ["eventInstanceId": old]) == [200])
      #expect(try await amazon.page(newPath, buyer) == before)
      let states = try await cloud.storage.database.read {
        try ($0.values("SELECT order_status FROM press WHERE order_status IS NOT NULL") as [String])
      }
      #expect(states == [])
      // Work in the background would have been begun before the answers; this one comes after it.
      #expect(try await amazon.publish("DeviceDeregistered") == [200])
      try await cloud.eventually("asked once") { try await cloud.calls("token.refresh_token") == questions.0 + 1 }
      #expect(try await cloud.calls("subscriptionInfo") == questions.1)
    }
  }

  // MARK: What is refused

  @Test("doubled: a number counts once, in another instance and after a restart too, until it is too old to be taken")
  func doubled() async throws {
    try await ordered { amazon, _, _, _ in
      let asked = try await amazon.cloud.calls("subscriptionInfo")
      #expect(try await amazon.publish("SubscriptionChanged", ["times": 3]) == [200, 200, 200])
      try await amazon.cloud.eventually("fetched") { try await amazon.cloud.calls("subscriptionInfo") > asked }
      #expect(try await amazon.noted() == 1)
      let id = try #require(
        try await amazon.cloud.storage.database.read { try ($0.value("SELECT id FROM notification") as String?) })
      let until = amazon.cloud.clock.now + 60
      #expect(try await amazon.cloud.storage.note(notification: id, until: until, nil) == false)

      let body = try await amazon.envelope(
        try NotificationBody.text(
          .subscriptionChanged, version: 2, try await amazon.subject(), at: amazon.cloud.clock.now))
      let second = try #require(
        try amazon.cloud.fixture.makeCloud(amazon.cloud.storage, amazonPort: amazon.cloud.amazonPort).notifications)
      for _ in 0..<2 { #expect(try await second.take(Data(body.utf8)) == .done) }
      #expect(try await amazon.post(amazon.address, body).status == 200)
      #expect(try await amazon.noted() == 2)
      try await amazon.cloud.eventually("fetched again") {
        try await amazon.cloud.calls("subscriptionInfo") == asked + 2
      }
      // The number is kept as long as it would be taken.
      amazon.cloud.clock.advance(7 * 86_400 + 1)
      try await amazon.cloud.storage.sweep(at: amazon.cloud.clock.now)
      #expect(try await amazon.noted() == 2)
      #expect(try await amazon.post(amazon.address, body).status == 200)
      #expect(amazon.cloud.fixture.log.text.contains("published too long ago"))
      amazon.cloud.clock.advance(86_400)
      try await amazon.cloud.storage.sweep(at: amazon.cloud.clock.now)
      #expect(try await amazon.noted() == 0)
      #expect(try await amazon.cloud.calls("subscriptionInfo") == asked + 2)
      try await second.amazon.shutdown()
    }
  }

  @Test(
    "forged SNS: wrong topic, forged members and certificates elsewhere: 403, nothing stored, nothing of the body in the log"
  )
  func forged() async throws {
    try await ordered { amazon, browser, _, path in
      let before = try await amazon.page(path, browser)
      for signature in [1, 2] {
        for member in ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "SignatureVersion", "Signature"] {
          let wish: [String: any Sendable] = [
            "forged": member, "signatureVersion": signature, "subject": "canary-subject",
          ]
          #expect(try await amazon.publish("ItemShipped", wish) == [403], "\(member)")
        }
      }
      #expect(try await amazon.publish("ItemShipped", ["topic": Self.topic + "2"]) == [403])
      let signer = try await amazon.cloud.fixture.emulator.publisher.signer
      let port = amazon.cloud.amazonPort
      for address in [
        "http://localhost:\(port)\(signer.path)", "https://127.0.0.1:\(port)\(signer.path)",
        "https://x@localhost:\(port)\(signer.path)", "https://localhost\(signer.path)",
        "https://localhost:\(port)/x/..\(signer.path)", "https://localhost:\(port)\(signer.path)?x",
        "https://sns.us-east-1.amazonaws.com\(signer.path)", "https://localhost:\(port)/emulator/state",
        "https://localhost:\(port)/SimpleNotificationService-0.pem",
      ] {
        #expect(try await amazon.publish("ItemShipped", ["certificateURL": address]) == [403], "\(address)")
      }
      // Signed, but by another key.
      let stranger = try NotificationSigner(now: amazon.cloud.clock.now)
      let good = try #require(
        JSONSerialization.jsonObject(with: Data(try await amazon.envelope("canary-message").utf8)) as? [String: String])
      var members = good
      members["Signature"] = nil
      let body = try JSONSerialization.data(withJSONObject: try stranger.sign(members, version: 2))
      #expect(try await amazon.post(amazon.address, String(decoding: body, as: UTF8.self)).status == 403)

      #expect(try await amazon.noted() == 0)
      #expect(try await amazon.page(path, browser) == before)
      let log = amazon.cloud.fixture.log.text
      for words in ["another topic", "its certificate is not at Amazon", "its signature is not good"] {
        #expect(log.contains(words), "\(words)")
      }
      for secret in ["canary", "notificationInfo", "amzn1.account"] { #expect(!log.contains(secret), "\(secret)") }
      #expect(try await amazon.publish("ItemShipped", ["subject": "fine"]) == [200])
      #expect(try await amazon.page(path, browser) != before)
    }
  }

  @Test("raw delivery, what is no envelope, oversized bodies and other types are refused and stored nowhere")
  func malformed() async throws {
    try await ordered { amazon, _, _, _ in
      let good = try await amazon.envelope("hello")
      #expect(try await amazon.publish("ItemShipped", ["raw": true]) == [400])
      let raw: HTTPHeaders = ["x-amz-sns-rawdelivery": "true"]
      #expect(try await amazon.post(amazon.address, good, headers: raw).status == 400)
      for body in ["", "hello", "[]", #"{"notificationInfo":{}}"#] {
        #expect(try await amazon.post(amazon.address, body).status == 400)
      }
      let long = try await amazon.envelope(String(repeating: "x", count: NotificationRoute.bodyLimit))
      #expect(try await amazon.post(amazon.address, long).status == 413)
      for type in [nil, "application/x-www-form-urlencoded", "text/html"] {
        #expect(try await amazon.post(amazon.address, good, type: type).status == 415)
      }
      #expect(try await amazon.noted() == 0)
      #expect(try await amazon.post(amazon.address, good, type: "application/json").status == 200)
    }
  }

  @Test("without a topic there is nobody to take notifications")
  func noTopic() async throws {
    try await CloudFixture().run { cloud in
      let amazon = Amazon(cloud: cloud)
      let body = try await amazon.envelope("hello")
      #expect(try await amazon.post(amazon.address, body).status == 404)
    }
  }

  // MARK: Subscriptions

  @Test("a subscription is confirmed once, by the address at Amazon and no other; its token is in no log")
  func subscription() async throws {
    try await run { amazon in
      let elsewhere = [
        amazon.cloud.pages + "/?Action=ConfirmSubscription&TopicArn=\(Self.topic)&Token=canary-token",
        "http://localhost:\(amazon.cloud.amazonPort)/?Action=ConfirmSubscription&TopicArn=\(Self.topic)&Token=x",
        amazon.cloud.amazon + "/emulator/state?Action=ConfirmSubscription&TopicArn=\(Self.topic)&Token=x",
        amazon.cloud.amazon + "/?Action=DeleteTopic&TopicArn=\(Self.topic)&Token=x",
      ]
      for address in elsewhere { #expect(try await amazon.subscribe(["subscribeURL": address]) == [403], "\(address)") }
      for member in ["Token", "SubscribeURL", "Message"] {
        #expect(try await amazon.subscribe(["forged": member]) == [403], "\(member)")
      }
      #expect(try await amazon.subscribe(["topic": Self.topic + "2"]) == [403])
      func confirmed() async -> [Bool] {
        await amazon.cloud.fixture.emulator.publisher.subscriptions.map(\.isConfirmed)
      }
      #expect(await confirmed() == Array(repeating: false, count: 8))
      // One that Amazon does not confirm should come again.
      let unknown = amazon.cloud.amazon + "/?Action=ConfirmSubscription&TopicArn=\(Self.topic)&Token=canary-token"
      #expect(try await amazon.subscribe(["subscribeURL": unknown]) == [503])
      let noted = try await amazon.noted()
      #expect(noted == 0)
      for signature in [1, 2] { #expect(try await amazon.subscribe(["signatureVersion": signature]) == [200]) }
      #expect(await confirmed() == Array(repeating: false, count: 9) + [true, true])
      #expect(try await amazon.noted() == 2)
      #expect(!amazon.cloud.fixture.log.text.contains("canary"))
    }
  }

  @Test("the end of a subscription is logged, and its SubscribeURL is not fetched")
  func unsubscription() async throws {
    try await run { amazon in
      let token = await amazon.cloud.fixture.emulator.publisher.subscribe(amazon.address, topic: Self.topic)
      let body = try await amazon.envelope(
        "You have chosen to deactivate it.",
        [
          "Type": "UnsubscribeConfirmation", "Token": token,
          "SubscribeURL": amazon.cloud.amazon
            + "/?Action=ConfirmSubscription&TopicArn=\(Self.topic)&Token=\(token)",
        ])
      #expect(try await amazon.post(amazon.address, body).status == 200)
      #expect(await amazon.cloud.fixture.emulator.publisher.subscriptions.map(\.isConfirmed) == [false])
      #expect(amazon.cloud.fixture.log.text.contains("ended the subscription"))
    }
  }
}
