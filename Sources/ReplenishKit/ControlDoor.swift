import ReplenishCore
import ReplenishLinux

/// The control socket's requests, checked against the caller's rights and given to the device.
final class ControlDoor {
  private let server: ControlServer

  init(_ device: ReplenishDevice, _ configuration: ControlServer.Configuration) throws(ControlSocketError) {
    server = try ControlServer(loop: device.loop, configuration: configuration)
    server.onRequest = { [unowned(unsafe) self, unowned(unsafe) device] id, request, access in
      take(id, request, access, device)
    }
  }

  func close() { server.close() }

  private func take(_ id: CommandID, _ request: [UInt8], _ access: ControlAccess, _ device: ReplenishDevice) {
    do throws(Refusal) {
      let command = try ControlRequest.decode(request)
      let needed: ControlAccess = command.right == .read ? .read : .act
      guard access >= needed else {
        throw Refusal(
          .notPermitted,
          "this account may not do that: it must be in the \(needed == .read ? "read" : "act")-group of the configuration"
        )
      }
      device.ask(command) { [unowned(unsafe) self] reply in server.answer(id, ControlReply.encode(reply)) }
    } catch {
      server.answer(id, ControlReply.encode(.refused(error)))
    }
  }
}
