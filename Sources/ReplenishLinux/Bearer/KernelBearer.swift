import CLinux
import ReplenishCore

/// Bluetooth LE straight on the kernel: no bluetoothd, no D-Bus, no thread. It holds sockets only while the setup window
/// is open and, for a moment after, until the adapter is as it was.
public final class KernelBearer: Bearer {
  /// See ``Bearer/onConnected``.
  public var onConnected: () -> Void = {}
  /// See ``Bearer/onPacket``.
  public var onPacket: ([UInt8]) -> Void = { _ in }
  /// See ``Bearer/onDisconnected``.
  public var onDisconnected: () -> Void = {}
  /// See ``Bearer/onFailed``.
  public var onFailed: (BearerFault) -> Void = { _ in }

  private let loop: EventLoop
  private let configuration: BluetoothConfiguration
  private let sockets: any BluetoothSockets
  private var peripheral: KernelPeripheral
  private var management: PacketConnection?
  private var controller: PacketConnection?
  private var listener: Int32?
  private var phone: (connection: PacketConnection, address: [UInt8], isRandom: Bool)?
  private var timer: LoopTimer?
  private var isOpen = false
  /// Whether the connected phone may use the service's values.
  private var isTrusted = false

  /// Makes a bearer that is not open.
  public convenience init(loop: EventLoop, configuration: BluetoothConfiguration) {
    self.init(loop: loop, configuration: configuration, sockets: KernelSockets(), random: SystemRandom())
  }

  init(loop: EventLoop, configuration: BluetoothConfiguration, sockets: any BluetoothSockets, random: any RandomSource)
  {
    self.loop = loop
    self.configuration = configuration
    self.sockets = sockets
    peripheral = KernelPeripheral(
      adapter: configuration.adapter, advertisement: configuration.advertisement,
      requiresEncryption: configuration.requiresEncryption, random: random)
    timer = loop.timer { [unowned(unsafe) self] in perform(peripheral.elapsed()) }
  }

  /// See ``Bearer/summary``.
  public var summary: String {
    let reason = configuration.reason == .chosen ? "as configured" : "because no bluetoothd runs"
    guard isOpen else {
      return configuration.reason == .chosen
        ? "Bluetooth, kernel sockets, as configured; closed"
        : "Bluetooth, kernel sockets unless bluetoothd runs; closed"
    }
    let way = "Bluetooth, kernel sockets, \(reason)"
    if phone != nil { return "\(way); a phone is connected to hci\(peripheral.index)" }
    if peripheral.isAdvertising {
      return "\(way); hci\(peripheral.index) advertises\(peripheral.isRaw ? " (commands to the controller)" : "")"
    }
    return "\(way); \(peripheral.isWaiting ? "waiting for an adapter" : "preparing the adapter")"
  }

  /// See ``Bearer/open()``.
  public func open() throws(BearerFault) {
    guard !isOpen else { return }
    if sockets.hasDaemon() {
      throw BearerFault(
        configuration.reason == .chosen
          ? "bluetoothd runs and answers phones itself, and bearer = kernel needs the adapter alone; run: systemctl disable --now bluetooth"
          : "bluetoothd runs, and this program was built without the way through it; run: systemctl disable --now bluetooth, and kernel sockets are used"
      )
    }
    if management == nil {
      do throws(Errno) {
        management = try connection(try sockets.management(), queue: 8) { [unowned(unsafe) self] packet in
          perform(peripheral.receive(management: packet))
        }
      } catch { throw KernelBearer.fault(error, "be reached") }
      management?.onClosed = { [unowned(unsafe) self] in
        management = nil
        perform(peripheral.fail("the kernel closed its Bluetooth management socket; see its log: dmesg"))
      }
    }
    isOpen = true
    perform(peripheral.open())
  }

  /// See ``Bearer/close()``.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    perform(peripheral.close())
  }

  /// See ``Bearer/end()``. The adapter is told to be quiet; it is not waited for.
  public func end() {
    close()
    finish()
  }

  /// See ``Bearer/send(_:)``.
  public func send(_ packet: [UInt8]) { phone?.connection.send(packet) }

  /// See ``Bearer/disconnect()``.
  public func disconnect() { phone?.connection.closeWhenSent() }

  private func perform(_ steps: [KernelPeripheral.Step]) {
    for step in steps {
      switch step {
      case .manage(let packet): management?.send(packet)
      case .listen(let address, let isRandom): listen(address, isRandom)
      case .stopListening: stopListening()
      case .openController(let index): openController(index)
      case .command(let packet): controller?.send(packet)
      case .closeController: closeController()
      case .wait(let milliseconds): timer?.fire(in: milliseconds)
      case .stopWaiting: timer?.cancel()
      case .absent: onFailed(BearerFault(absence))
      case .failed(let text): onFailed(BearerFault(text))
      case .finished: finish()
      }
    }
  }

  private var absence: String {
    let name = "hci\(configuration.adapter ?? 0)"
    if sockets.exists(configuration.adapter ?? 0) {
      return
        "\(name): the kernel has it but does not offer it: another program has it to itself, or it has no address; stop that program (hciconfig, btmgmt info)"
    }
    return configuration.adapter == nil
      ? "no Bluetooth adapter was found; plug one in, or enable the board's own (dmesg shows what the kernel thinks of it)"
      : "\(name): there is no such Bluetooth adapter; plug it in, or change adapter in the configuration"
  }

  private func connection(
    _ descriptor: Int32, queue: Int, _ take: @escaping ([UInt8]) -> Void
  ) throws(Errno) -> PacketConnection {
    // The longest that either socket says: a management event with a length of 16 bits is never near that.
    let connection = PacketConnection(
      loop: loop, descriptor: descriptor, maximumPacket: KernelBearer.longestPacket, maximumQueued: queue)
    connection.onPacket = take
    do throws(Errno) { try connection.start() } catch {
      _ = CLinux.close(descriptor)
      throw error
    }
    return connection
  }

  private static var longestPacket: Int { 2048 }

  private func openController(_ index: UInt16) {
    do throws(Errno) {
      controller = try connection(try sockets.controller(index), queue: 8) { [unowned(unsafe) self] packet in
        perform(peripheral.receive(controller: packet))
      }
    } catch {
      perform(peripheral.fail(KernelBearer.fault(error, "be commanded on hci\(index)").text))
    }
    controller?.onClosed = { [unowned(unsafe) self] in
      controller = nil
      // Later it is the adapter that went, and the management says so.
      guard !peripheral.isAdvertising else { return }
      perform(peripheral.fail(KernelBearer.fault(Errno(EPERM), "be commanded on hci\(peripheral.index)").text))
    }
  }

  private func closeController() {
    controller?.onClosed = {}
    controller?.close()
    controller = nil
  }

  private func listen(_ address: [UInt8], _ isRandom: Bool) {
    guard listener == nil else { return }
    do throws(Errno) {
      let socket = try sockets.listener(address: address, isRandom: isRandom)
      listener = socket
      try loop.add(socket, for: .readable) { [unowned(unsafe) self] _ in accept() }
    } catch {
      let text =
        error.code == EADDRINUSE
        ? "hci\(peripheral.index): another program answers phones on it; stop that program"
        : KernelBearer.fault(error, "listen on hci\(peripheral.index)").text
      perform(peripheral.fail(text))
    }
  }

  private func stopListening() {
    if let listener {
      loop.remove(listener)
      _ = CLinux.close(listener)
    }
    listener = nil
    phone?.connection.close()
  }

  private func accept() {
    guard let listener else { return }
    let come: (descriptor: Int32, address: [UInt8], isRandom: Bool)
    do throws(Errno) { come = try sockets.accept(listener) } catch {
      // Gone again already. Anything else would make the loop spin, for the phone stays in the queue.
      if error.code == EAGAIN || error.code == EINTR || error.code == ECONNABORTED { return }
      return perform(
        peripheral.fail("hci\(peripheral.index): a phone could not be let in (\(error.text)); restart the daemon"))
    }
    // One at a time; the second's link is ended, not only its socket.
    guard phone == nil else {
      _ = CLinux.close(come.descriptor)
      return perform(peripheral.disconnect(address: come.address, isRandom: come.isRandom))
    }
    let connection = PacketConnection(
      loop: loop, descriptor: come.descriptor, maximumPacket: SocketBearer.maximumPacket, maximumQueued: 64)
    connection.onPacket = { [unowned(unsafe) self] in take($0) }
    connection.onClosed = { [unowned(unsafe) self] in
      phone = nil
      perform(peripheral.disconnect(address: come.address, isRandom: come.isRandom))
      perform(peripheral.phoneGone())
      onDisconnected()
    }
    do throws(Errno) { try connection.start() } catch {
      _ = CLinux.close(come.descriptor)
      return
    }
    phone = (connection, come.address, come.isRandom)
    isTrusted = !configuration.requiresEncryption
    peripheral.phoneCame(address: come.address, isRandom: come.isRandom)
    onConnected()
  }

  /// Takes a packet of the phone's.
  private func take(_ packet: [UInt8]) {
    guard let connection = phone?.connection else { return }
    if !isTrusted {
      // That the phone has paired was said before it sent this, on the other socket.
      management?.drain()
      guard connection.isOpen else { return }
      isTrusted = peripheral.hasPairedPhone && sockets.isEncrypted(connection.descriptor)
    }
    if !isTrusted, let refusal = ATTProtection.refusal(of: packet, hasPaired: peripheral.hasPairedPhone) {
      return connection.send(refusal)
    }
    onPacket(packet)
  }

  private func finish() {
    timer?.cancel()
    stopListening()
    closeController()
    let socket = management
    management = nil
    socket?.onClosed = {}
    socket?.close()
  }

  /// What a failed call on a Bluetooth socket means.
  private static func fault(_ error: Errno, _ act: String) -> BearerFault {
    switch error.code {
    case EAFNOSUPPORT, EPROTONOSUPPORT:
      BearerFault(
        "this kernel has no Bluetooth, or the unit forbids it (RestrictAddressFamilies); run: modprobe bluetooth")
    case EPERM, EACCES:
      BearerFault(
        "Bluetooth cannot \(act): this process lacks the capability CAP_NET_RAW (AmbientCapabilities in the unit)")
    default: BearerFault("Bluetooth cannot \(act): \(error.text); see the kernel's log: dmesg")
    }
  }
}
