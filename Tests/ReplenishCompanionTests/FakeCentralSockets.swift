import Foundation
import ReplenishCore

@testable import ReplenishCompanion

/// The kernel's side of a central, on socket pairs and a thread of its own: one adapter, and devices that are heard.
final class FakeCentralSockets: CentralSockets, @unchecked Sendable {
  // Unchecked: set up before the link is made; then the kernel's thread alone touches `asked`, until `end()` joined it.
  var managementError: Int32?
  var connectError: Int32?
  var outcomeError: Int32?
  /// What the radio hears: addresses and what is sent from there.
  var heard: [(address: [UInt8], advertisement: [UInt8])] = []
  private(set) var connected: (address: [UInt8], isRandom: Bool, own: [UInt8])?
  private(set) var asked: [UInt8] = []
  private let device: ScriptedDevice
  private let done = DispatchGroup()

  init(_ device: ScriptedDevice) { self.device = device }

  /// Waits until both sockets are closed.
  func end() { done.wait() }

  /// One end of a pair; the other's packets are given to `take`, which answers, until it is closed.
  private func pair(_ take: @escaping @Sendable ([UInt8]) -> [[UInt8]]?) -> Int32 {
    var ends: [Int32] = [-1, -1]
    precondition(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0, "no socket pair")
    let (kernel, program) = (ends[0], ends[1])
    done.enter()
    Thread.detachNewThread { [done] in
      defer {
        close(kernel)
        done.leave()
      }
      var packet = [UInt8](repeating: 0, count: 1024)
      while true {
        let count = recv(kernel, &packet, packet.count, 0)
        guard count > 0, let answers = take(Array(packet[..<count])) else { return }
        for answer in answers { send(kernel, answer, answer.count, Int32(MSG_NOSIGNAL)) }
      }
    }
    return program
  }

  func management() throws(CentralSocketError) -> Int32 {
    if let managementError { throw CentralSocketError(managementError) }
    return pair { [self] packet in manage(packet) }
  }

  private func manage(_ packet: [UInt8]) -> [[UInt8]] {
    let code = packet[0]
    asked.append(code)
    let reply: [UInt8] =
      switch code {
      case 3: [1, 0, 0, 0]
      case 4: [6, 5, 4, 3, 2, 1, 9, 2, 0] + [0xFF, 0xFF, 0, 0] + [0, 0, 0, 0]  // all there, all off
      default: Array(packet[6...])
      }
    let body = [code, 0, 0] + reply
    var answers = [[1, 0, packet[2], packet[3], UInt8(body.count), 0] + body]
    if code == 0x23 {
      answers += heard.map { address, data in
        let body = address + [2, 0xC8, 0, 0, 0, 0, UInt8(data.count), 0] + data
        return [0x12, 0, 0, 0, UInt8(body.count), 0] + body
      }
    }
    return answers
  }

  func connect(to address: [UInt8], isRandom: Bool, from own: [UInt8]) throws(CentralSocketError) -> Int32 {
    if let connectError { throw CentralSocketError(connectError) }
    connected = (address, isRandom, own)
    return pair { [self] packet in
      guard (try? device.send(packet)) != nil else { return nil }
      var answers: [[UInt8]] = []
      while let answer = try? device.receive(within: 0) { answers.append(answer) }
      return answers
    }
  }

  func finish(_ connection: Int32) throws(CentralSocketError) {
    if let outcomeError { throw CentralSocketError(outcomeError) }
  }
}
