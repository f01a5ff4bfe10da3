import Foundation
import ReplenishCore

@testable import ReplenishCompanion

/// A ``ScriptedDevice`` behind a UNIX socket, for one phone, on a thread of its own.
final class SocketDevice: @unchecked Sendable {
  // Unchecked: the thread alone touches the device until `end()` has joined it.
  let path = "\(FileManager.default.temporaryDirectory.path)/device-\(UUID().uuidString.prefix(8))"
  private let device: ScriptedDevice
  private let listener: Int32
  private let done = DispatchSemaphore(value: 0)

  init(credential: SetupCredential) {
    device = ScriptedDevice(credential: credential)
    listener = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafeBytes(of: address) { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { bind(listener, $0.baseAddress, socklen_t(bytes.count)) }
    }
    precondition(bound == 0 && listen(listener, 1) == 0, "cannot listen at \(path)")
    Thread.detachNewThread { [self] in
      serve()
      done.signal()
    }
  }

  /// Waits until the phone is gone, and returns what the device saw of it.
  func end() -> ScriptedDevice {
    shutdown(listener, Int32(SHUT_RDWR))
    done.wait()
    close(listener)
    unlink(path)
    return device
  }

  private func serve() {
    let phone = accept(listener, nil, nil)
    guard phone >= 0 else { return }
    defer { close(phone) }
    var packet = [UInt8](repeating: 0, count: 1024)
    while true {
      let count = recv(phone, &packet, packet.count, 0)
      guard count > 0, (try? device.send(Array(packet[..<count]))) != nil else { return }
      while let answer = try? device.receive(within: 0) {
        send(phone, answer, answer.count, Int32(MSG_NOSIGNAL))
      }
    }
  }
}
