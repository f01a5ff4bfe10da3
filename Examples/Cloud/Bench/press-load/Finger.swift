import Foundation
import NIOHTTP1
import NIOSSL
import TextEncodings

/// Presses the buttons of some devices, one after the other.
struct Finger: Sendable {
  let devices: [(number: Int, tls: NIOSSLContext)]
  let ports: [Int]
  let slots: Range<Int>
  let handshakes: Bool
  let toAll: Bool
  /// The connections that are held, by device.
  private(set) var held: [Int: [DeviceConnection]] = [:]

  init(
    devices: [(number: Int, tls: NIOSSLContext)], ports: [Int], slots: Range<Int>, handshakes: Bool, toAll: Bool
  ) {
    self.devices = devices
    self.ports = ports
    self.slots = slots
    self.handshakes = handshakes
    self.toAll = toAll
  }

  /// With its connections open and in use, where they are held.
  func prepared() async throws -> Finger {
    guard !handshakes else { return self }
    var finger = self
    for device in devices {
      let connections = try await connect(device.number, device.tls)
      // The bare endpoint has no such path; its 404 warms the connection just as well.
      for connection in connections { _ = try await connection.ask(.GET, "/v1/device") }
      finger.held[device.number] = connections
    }
    return finger
  }

  private func connect(_ number: Int, _ tls: NIOSSLContext) async throws -> [DeviceConnection] {
    var connections: [DeviceConnection] = []
    for port in toAll ? ports : [ports[number % ports.count]] {
      connections.append(try await DeviceConnection.open(tls, port: port))
    }
    return connections
  }

  /// Presses every slot of every device once.
  func press() async throws -> [PressCount] {
    var counted: [PressCount] = []
    for slot in slots {
      for device in devices { counted.append(try await press("slot\(slot)", device.number, device.tls)) }
    }
    for connection in held.values.joined() { await connection.close() }
    return counted
  }

  private func press(_ slot: String, _ number: Int, _ tls: NIOSSLContext) async throws -> PressCount {
    let id = randomHexadecimal(bytes: 16)
    var headers: HTTPHeaders = ["Content-Type": "application/json", "X-Device": String(number)]
    if handshakes { headers.add(name: "Connection", value: "close") }
    let body = #"{"ageSeconds":0,"slot":"\#(slot)"}"#
    let began = ContinuousClock.now
    let connections = if let held = held[number] { held } else { try await connect(number, tls) }
    let answers = try await withThrowingTaskGroup(of: Answer.self) { [headers] group in
      for connection in connections {
        group.addTask { try await connection.ask(.PUT, "/v1/presses/\(id)", headers: headers, body: body) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let took = (ContinuousClock.now - began) / .milliseconds(1)
    if handshakes { for connection in connections { await connection.close() } }
    return PressCount(milliseconds: took, state: answers.map(Self.state).sorted().joined(separator: " "))
  }

  private struct Told: Decodable {
    var state: String
  }

  private static func state(_ answer: Answer) -> String {
    (try? JSONDecoder().decode(Told.self, from: Data(answer.text.utf8)))?.state ?? "status \(answer.status)"
  }
}
