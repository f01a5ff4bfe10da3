import Glibc
import ReplenishCore

/// A device nearby: ATT on Bluetooth LE's fixed channel, with this machine's adapter as the central, straight on the
/// kernel's sockets.
public final class BluetoothLink: PacketBearer {
  private let sockets: any CentralSockets
  private let device: NearbyDevice
  private var central: KernelCentral
  private var management: ManagementConnection
  private var connection: PacketDescriptor

  /// See ``PacketBearer/descriptor``.
  public var descriptor: Int32? { connection.descriptor }
  /// See ``PacketBearer/place``.
  public var place: String { connection.place }

  /// How long a connection may take, in milliseconds. The kernel gives up by itself after 40 s.
  private static let connecting: Int32 = 30_000

  /// Searches for a device, and connects to it.
  ///
  /// - Parameters:
  ///   - wanted: Which one.
  ///   - adapter: The number of the adapter, 0 for hci0; nil takes the first.
  ///   - sockets: The kernel.
  ///   - say: Told each step in plain words.
  public init(
    to wanted: KernelCentral.Wanted, adapter: UInt16? = nil, sockets: any CentralSockets = KernelCentralSockets(),
    say: (String) -> Void
  ) throws(LinkingFailure) {
    let descriptor: Int32
    do throws(CentralSocketError) { descriptor = try sockets.management() } catch {
      throw LinkingFailure(.deviceUnreachable, BluetoothLink.explain(error))
    }
    let management = ManagementConnection(descriptor)
    var central = KernelCentral(adapter: adapter, wanted: wanted)
    switch wanted {
    case .shortID(let id): say("Looking for device \(id.text) over Bluetooth.")
    case .name(let name): say("Looking for a device with the name \(name) over Bluetooth.")
    case .only: say("Looking for a device over Bluetooth.")
    }
    let found = try management.search(with: &central)
    say("Found \(found.device.title). Connecting.")
    do throws(LinkingFailure) {
      connection = try BluetoothLink.connect(found, sockets)
    } catch {
      management.finish(central.close(peer: found.device))
      throw error
    }
    self.sockets = sockets
    self.central = central
    self.management = management
    device = found.device
  }

  deinit { close() }

  /// Hangs up, and leaves the adapter as it was.
  public func close() {
    guard connection.descriptor != nil else { return }
    connection.close()
    management.finish(central.close(peer: device))
    management.close()
  }

  /// Sends one ATT packet.
  public func send(_ packet: [UInt8]) throws(LinkingFailure) { try connection.send(packet) }

  /// Waits for the next ATT packet; nil if none comes within the time.
  public func receive(within milliseconds: Int32) throws(LinkingFailure) -> [UInt8]? {
    try connection.receive(within: milliseconds)
  }

  private static func connect(
    _ found: (device: NearbyDevice, own: [UInt8]), _ sockets: any CentralSockets
  ) throws(LinkingFailure) -> PacketDescriptor {
    let device = found.device
    do throws(CentralSocketError) {
      let descriptor = try sockets.connect(to: device.address, isRandom: device.isRandom, from: found.own)
      do throws(CentralSocketError) {
        guard PacketDescriptor.wait(descriptor, for: POLLOUT, connecting) else { throw CentralSocketError(ETIMEDOUT) }
        try sockets.finish(descriptor)
        guard fcntl(descriptor, F_SETFL, 0) == 0 else { throw CentralSocketError(errno) }
      } catch {
        Glibc.close(descriptor)
        throw error
      }
      return PacketDescriptor(descriptor, place: device.title)
    } catch {
      throw LinkingFailure(.deviceUnreachable, "cannot connect to \(device.title): \(explain(error))")
    }
  }

  /// What a failed call means, and what to do.
  private static func explain(_ error: CentralSocketError) -> String {
    switch error.code {
    case EAFNOSUPPORT, EPROTONOSUPPORT: "this machine's kernel has no Bluetooth; run: modprobe bluetooth"
    case EPERM, EACCES:
      "this program may not use Bluetooth; run it as root, or give it the capabilities CAP_NET_ADMIN and CAP_NET_RAW (setcap)"
    case ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH, ECONNREFUSED, ECONNRESET, ECONNABORTED:
      "it does not answer: it talks to another phone, or its window has closed; go nearer and try again"
    case EBUSY, EALREADY: "another program connects to it at this moment; stop that program and try again"
    default: "\(String(cString: strerror(error.code))); see the kernel's log: dmesg"
    }
  }
}
