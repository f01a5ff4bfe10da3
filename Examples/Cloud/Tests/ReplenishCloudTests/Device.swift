import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing
import TextEncodings

@testable import ReplenishCloud

/// A device of the maker: its key, its label, and its connection to the cloud.
struct Device: Sendable {
  let serial: String
  let claimCode: String
  let identity: Maker.Identity
  let http: HTTPClient
  let address: String

  func send(
    _ method: HTTPMethod, _ path: String, _ body: String? = nil, headers: HTTPHeaders = [:]
  ) async throws -> Seen {
    var request = HTTPClientRequest(url: address + path)
    request.method = method
    request.headers = headers
    if let body { request.body = .bytes(ByteBuffer(string: body)) }
    let response = try await http.execute(request, timeout: .seconds(30))
    let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
    return Seen(status: response.status.code, headers: response.headers, text: text, address: address + path)
  }

  func press(_ id: String = Device.pressID(), slot: String = "coffee", age: String? = "0") async throws -> Seen {
    let age = age.map { ",\"ageSeconds\":\($0)" } ?? ""
    return try await send(.PUT, "/v1/presses/\(id)", "{\"slot\":\"\(slot)\"\(age)}")
  }

  static func pressID() -> String { randomHexadecimal(bytes: 16) }
}

extension Seen {
  /// The state of a press.
  var state: String? { members["state"] as? String }
}

extension CloudFixture.Running {
  /// Builds a device and enters it.
  func device(_ serial: String = "SN\(UInt32.random(in: 0...UInt32.max))", isEntered: Bool = true) async throws
    -> Device
  {
    let identity = try fixture.maker.identity("CoffeeMaker-9000/\(serial)")
    let code = DeviceEntry.drawClaimCode()
    if isEntered {
      let entered = try await storage.enter([
        NewDevice(
          model: "CoffeeMaker-9000", serial: serial, claimCode: DeviceEntry.digest(ofClaimCode: code),
          publicKey: try DeviceEntry.publicKey(ofCertificate: identity.certificate))
      ])
      try #require(entered)
    }
    return try device(serial, identity, code)
  }

  func device(_ serial: String, _ identity: Maker.Identity, _ code: String = "") throws -> Device {
    let configuration = try fixture.clientConfiguration(trusting: fixture.maker.authority, as: identity)
    return Device(
      serial: serial, claimCode: code, identity: identity, http: fixture.client(configuration),
      address: "https://localhost:\(devicePort)")
  }

  /// Runs with devices, and closes their connections.
  func with(_ devices: Device..., do work: () async throws -> Void) async throws {
    let result = await Result { try await work() }
    for device in devices { try? await device.http.shutdown() }
    return try result.get()
  }

  func browser() -> Browser { Browser(http) }

  /// The newest mail's link.
  func mailedAddress() throws -> String {
    let mail = try newestMail()
    let path = try #require(mail.firstMatch(of: /http:\/\/localhost(\/[a-z]+\?ticket=[A-Za-z0-9_-]+)/)).output.1
    return pages + path
  }

  func newestMail() throws -> String {
    let folder = fixture.folder + "/mail"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".eml") }
    let newest = try #require(
      names.max { left, right in
        let dates = [left, right].map {
          (try? FileManager.default.attributesOfItem(atPath: folder + "/" + $0)[.modificationDate]) as? Date
            ?? .distantPast
        }
        return dates[0] < dates[1]
      })
    return try String(contentsOfFile: folder + "/" + newest, encoding: .utf8)
  }

  /// A browser whose owner has an account and is signed in.
  func owner(_ email: String = "owner@example.com") async throws -> Browser {
    let browser = browser()
    let asked = try await browser.post(pages + "/sign-up", ["email": email])
    try #require(asked.status == 200)
    let link = try mailedAddress()
    let ticket = String(link.split(separator: "=").last ?? "")
    let opened = try await browser.post(
      pages + "/confirm", page: link, ["ticket": ticket, "password": CloudFixture.password])
    try #require(opened.status == 200, "\(opened.text)")
    return browser
  }

  func signIn(_ browser: Browser, _ email: String = "owner@example.com", _ password: String = CloudFixture.password)
    async throws -> Seen
  {
    try await browser.post(pages + "/sign-in", ["email": email, "password": password])
  }

  /// Claims a device with presence and code; returns the path of its page.
  func claim(_ device: Device, _ browser: Browser) async throws -> String {
    try #require(try await device.send(.POST, "/v1/presence").status == 200)
    let answer = try await tryClaim(device.serial, device.claimCode, browser)
    return try #require(answer.status == 303 ? answer.location : nil, "\(answer.text)")
  }

  func tryClaim(_ serial: String, _ code: String, _ browser: Browser) async throws -> Seen {
    try await browser.post(pages + "/claim", ["serial": serial, "code": code])
  }

  /// Sets out to Amazon; returns where the browser is sent.
  func depart(_ path: String, _ browser: Browser) async throws -> Seen {
    try await browser.post(pages + path + "/link", page: pages + path, [:])
  }

  /// What the customer does at Amazon; returns the address of the return.
  func allow(
    _ address: String, _ browser: Browser, user: String = "customer@example.com", password: String = "amazon-1",
    decision: String = "allow"
  ) async throws -> String {
    var page = try await browser.get(address)
    if page.text.contains("name=\"password\"") {
      let signedIn = try await browser.send(
        .POST, address, form: ["csrf": page.formToken(), "user": user, "password": password])
      try #require(signedIn.status == 303, "\(signedIn.text)")
      page = try await browser.get(address)
    }
    let decided = try await browser.send(
      .POST, address, form: ["csrf": page.formToken(), "decision": decision])
    let location = try #require(decided.location, "\(decided.text)")
    try #require(location.hasPrefix("http://localhost/link/return?"))
    return location.replacing("http://localhost/", with: pages + "/")
  }

  /// Links a claimed device; returns the answer to the return.
  @discardableResult
  func link(
    _ path: String, _ browser: Browser, user: String = "customer@example.com", password: String = "amazon-1"
  ) async throws -> Seen {
    let departure = try await depart(path, browser)
    let address = try #require(departure.location, "\(departure.text)")
    return try await browser.get(try await allow(address, browser, user: user, password: password))
  }

  /// A device that is claimed and linked.
  func linkedDevice(_ browser: Browser) async throws -> (device: Device, path: String) {
    let device = try await device()
    let path = try await claim(device, browser)
    let answer = try await link(path, browser)
    try #require(answer.status == 303 && answer.location == path, "\(answer.text)")
    return (device, path)
  }

  /// The emulator's control endpoint.
  func control(_ path: String, _ json: String = "{}") async throws {
    var request = HTTPClientRequest(url: amazon + "/emulator/" + path)
    request.method = .POST
    request.body = .bytes(ByteBuffer(string: json))
    let status = try await http.execute(request, timeout: .seconds(10)).status.code
    try #require((200..<300).contains(status))
  }

  /// How often an operation was called at the emulator.
  func calls(_ operation: String) async throws -> Int {
    let text = try await browser().get(amazon + "/emulator/state")
    return (text.members["counts"] as? [String: Int])?[operation] ?? 0
  }

  func orders() async throws -> Int {
    (try await browser().get(amazon + "/emulator/state").members["orders"] as? [Any])?.count ?? -1
  }

  /// Registrations that Amazon holds.
  func registrations() async throws -> Int {
    let all = try await browser().get(amazon + "/emulator/state").members["registrations"] as? [[String: Any]] ?? []
    return all.filter { $0["deregisteredAt"] == nil }.count
  }

  /// Waits, for half a minute at most, for something that another task is doing.
  func eventually(_ what: String, _ holds: () async throws -> Bool) async throws {
    for _ in 0..<600 {
      if try await holds() { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("this did not come to pass: \(what)")
  }
}
