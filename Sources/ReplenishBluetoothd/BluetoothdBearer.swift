import ReplenishCore
import ReplenishLinux

/// Bluetooth LE through bluetoothd. It is on the bus only while the setup window is open and, for a moment after, until
/// the adapter is as it was.
public final class BluetoothdBearer: Bearer {
  /// See ``Bearer/onConnected``.
  public var onConnected: () -> Void = {}
  /// See ``Bearer/onPacket``.
  public var onPacket: ([UInt8]) -> Void = { _ in }
  /// See ``Bearer/onDisconnected``.
  public var onDisconnected: () -> Void = {}
  /// See ``Bearer/onFailed``.
  public var onFailed: (BearerFault) -> Void = { _ in }

  private let loop: EventLoop
  private let reason: BluetoothConfiguration.Reason
  private var peripheral: BluetoothdPeripheral
  private var daemon: BluezDaemon?
  private var notify: PacketConnection?
  private var timer: LoopTimer?
  private var isOpen = false
  private var steps: [BluetoothdPeripheral.Step] = []
  private var isPerforming = false

  /// Makes a bearer that is not open.
  public init(loop: EventLoop, configuration: BluetoothConfiguration) {
    self.loop = loop
    reason = configuration.reason
    peripheral = BluetoothdPeripheral(
      adapter: configuration.adapter, advertisement: configuration.advertisement,
      requiresEncryption: configuration.requiresEncryption)
    timer = loop.timer { [unowned(unsafe) self] in perform(peripheral.elapsed()) }
  }

  /// The same, for those who are handed it: `ReplenishConfiguration.bluetoothd`.
  public static func make(_ loop: EventLoop, _ configuration: BluetoothConfiguration) -> any Bearer {
    BluetoothdBearer(loop: loop, configuration: configuration)
  }

  /// See ``Bearer/summary``.
  public var summary: String {
    guard isOpen else { return "Bluetooth, through bluetoothd, as configured; closed" }
    let way = "Bluetooth, through bluetoothd, \(reason == .chosen ? "as configured" : "because it runs")"
    if peripheral.hasPhone { return "\(way); a phone is connected to \(peripheral.place)" }
    if peripheral.isAdvertising { return "\(way); \(peripheral.place) advertises" }
    return "\(way); \(peripheral.isWaiting ? "waiting for \(peripheral.place)" : "preparing the adapter")"
  }

  /// See ``Bearer/open()``.
  public func open() throws(BearerFault) {
    guard !isOpen else { return }
    if daemon == nil {
      let daemon = try BluezDaemon(loop: loop)
      daemon.objects = { [unowned(unsafe) self] in peripheral.objects }
      daemon.onEvent = { [unowned(unsafe) self] in take($0) }
      self.daemon = daemon
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

  /// See ``Bearer/end()``. bluetoothd takes back what it was given when we are gone from the bus.
  public func end() {
    isOpen = false
    perform(peripheral.end())
    finish()
  }

  /// See ``Bearer/send(_:)``.
  public func send(_ packet: [UInt8]) { perform(peripheral.receive(att: packet)) }

  /// See ``Bearer/disconnect()``.
  public func disconnect() { perform(peripheral.disconnect()) }

  private func take(_ event: BluezDaemon.Event) {
    switch event {
    case .answered(let number, let answer): perform(peripheral.answered(number, answer))
    case .daemon(let isThere): perform(peripheral.daemonChanged(isThere: isThere))
    case .adapterAdded: perform(peripheral.adapterAdded())
    case .removed(let path): perform(peripheral.removed(path))
    case .powered(let path, let isOn): perform(peripheral.powered(path, isOn))
    case .deviceGone(let path): perform(peripheral.deviceGone(path))
    case .released: perform(peripheral.advertisementReleased())
    case .read(let mark, let path, let options):
      perform(peripheral.read(mark, path, device: options.device, offset: options.offset))
    case .write(let mark, let path, let value, let options):
      perform(
        peripheral.write(
          mark, path, device: options.device, value: value, offset: options.offset, mtu: options.mtu))
    case .acquireNotify(let mark, let path, let options):
      perform(peripheral.acquireNotify(mark, path, device: options.device, mtu: options.mtu))
    case .startNotify(let mark, let path): perform(peripheral.startNotify(mark, path))
    case .stopNotify(let mark): perform(peripheral.stopNotify(mark))
    case .confirmed: perform(peripheral.confirmed())
    case .lost:
      perform(peripheral.daemonChanged(isThere: false))
      perform(peripheral.fail("the system bus ended the connection; see its log: journalctl -u dbus"))
    }
  }

  /// Performs in order, also where performing leads to more.
  private func perform(_ more: [BluetoothdPeripheral.Step]) {
    steps += more
    guard !isPerforming else { return }
    isPerforming = true
    var next = 0
    while next < steps.count {
      next += 1
      perform(steps[next - 1])
    }
    steps.removeAll(keepingCapacity: true)
    isPerforming = false
  }

  private func perform(_ step: BluetoothdPeripheral.Step) {
    switch step {
    case .call(let number, let call): daemon?.call(number, call)
    case .accept(let mark): daemon?.accept(mark)
    case .value(let mark, let value): daemon?.answer(mark, value)
    case .refuse(let mark, let refusal): daemon?.refuse(mark, refusal)
    case .openNotify(let mark, let mtu): openNotify(mark, mtu)
    case .notify(let value): notify?.send(value)
    case .closeNotify: closeNotify()
    case .valueChanged(let value): daemon?.valueChanged(value)
    case .connected: onConnected()
    case .packet(let packet): onPacket(packet)
    case .disconnected: onDisconnected()
    case .wait(let milliseconds): timer?.fire(in: milliseconds)
    case .stopWaiting: timer?.cancel()
    case .failed(let text): onFailed(BearerFault(text))
    case .finished: finish()
    }
  }

  private func openNotify(_ mark: UInt32, _ mtu: UInt16) {
    closeNotify()
    guard let ends = DescriptorPair() else {
      daemon?.refuse(mark, .notPermitted)
      return perform(peripheral.notifyClosed())
    }
    daemon?.answer(mark, descriptor: ends.theirs, mtu: mtu)
    ends.closeTheirs()
    // All that comes are single bytes.
    let connection = PacketConnection(loop: loop, descriptor: ends.ours, maximumPacket: 64, maximumQueued: 8)
    connection.onPacket = { [unowned(unsafe) self] _ in perform(peripheral.confirmed()) }
    connection.onClosed = { [unowned(unsafe) self] in
      notify = nil
      perform(peripheral.notifyClosed())
    }
    do throws(Errno) { try connection.start() } catch { return connection.close() }
    notify = connection
  }

  private func closeNotify() {
    let connection = notify
    notify = nil
    connection?.onClosed = {}
    connection?.close()
  }

  private func finish() {
    timer?.cancel()
    closeNotify()
    daemon?.close()
    daemon = nil
  }
}
