import Foundation
import Testing

@testable import ReplenishCore
@testable import replenishctl

extension ReplenishctlTests {
  /// The socket itself, against a daemon of a few lines.
  @Suite struct SocketExchangeTests {
    @Test func bringsTheRequestThereAndTheReplyBack() throws {
      let daemon = try TestDaemon()
      let request = ControlRequest.encode(.press(slot: "paper"))
      let reply = ControlReply.encode(.done)
      daemon.serveOnce { received in received == request ? reply : [] }
      let found = try SocketExchange().exchange(request, socket: daemon.path, timeoutSeconds: 30)
      #expect(found == reply)
    }

    @Test func aReplyOfTheLargestSizePassesAndALargerOneIsNoReply() throws {
      let daemon = try TestDaemon()
      let largest = [UInt8](repeating: 0x20, count: ControlProtocol.maximumLength)
      daemon.serveOnce { _ in largest }
      #expect(try SocketExchange().exchange([1], socket: daemon.path, timeoutSeconds: 30) == largest)
      daemon.serveOnce { _ in largest + [0x20] }
      #expect(throws: ExchangeFault.noAnswer(ControlReply.Fault.tooLong(largest.count + 1).text)) {
        try SocketExchange().exchange([1], socket: daemon.path, timeoutSeconds: 30)
      }
    }

    @Test func aDaemonThatHangsUpOrSleepsIsToldApartFromSuccess() throws {
      let daemon = try TestDaemon()
      daemon.serveOnce { _ in nil }
      #expect(throws: ExchangeFault.self) {
        try SocketExchange().exchange([1], socket: daemon.path, timeoutSeconds: 30)
      }
      // Nobody accepts: the request waits in the socket, and the time runs out.
      do throws(ExchangeFault) {
        _ = try SocketExchange().exchange([1], socket: daemon.path, timeoutSeconds: 1)
        Issue.record("answered")
      } catch {
        guard case .noAnswer(let text) = error else {
          Issue.record("\(error)")
          return
        }
        #expect(text.contains("within 1 s"))
      }
    }

    @Test func nobodyThereIsNotReachable() throws {
      let folder = FileManager.default.temporaryDirectory.path
      for path in [folder + "/no-such-socket", "/etc/passwd", "/etc/passwd/x", "relative"] {
        do throws(ExchangeFault) {
          _ = try SocketExchange().exchange([1], socket: path, timeoutSeconds: 30)
          Issue.record("answered: \(path)")
        } catch {
          guard case .notReachable = error else {
            Issue.record("\(path): \(error)")
            continue
          }
        }
      }
    }
  }
}

/// A `SOCK_SEQPACKET` socket that answers one request when told to.
private final class TestDaemon: Sendable {
  let path: String
  private let listener: Int32

  struct Failure: Error {}

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "replenishctl-\(UUID().uuidString)").path
    listener = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard listener >= 0, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw Failure() }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, listen(listener, 4) == 0 else { throw Failure() }
  }

  deinit {
    close(listener)
    unlink(path)
  }

  /// Answers the next request on a thread of its own; nil hangs up instead.
  func serveOnce(_ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) {
    let listener = listener
    Thread.detachNewThread {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { return }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = recv(client, &buffer, buffer.count, 0)
      if count >= 0, let reply = answer(Array(buffer[..<count])) { _ = send(client, reply, reply.count, 0) }
      close(client)
    }
  }
}
