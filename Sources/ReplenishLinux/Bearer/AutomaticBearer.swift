import ReplenishCore

/// Bluetooth LE by the way that is there: through bluetoothd where it runs, else on kernel sockets. What counts is how it
/// is when the window opens.
public final class AutomaticBearer: Bearer {
  /// See ``Bearer/onConnected``.
  public var onConnected: () -> Void = {} { didSet { for way in ways { way.onConnected = onConnected } } }
  /// See ``Bearer/onPacket``.
  public var onPacket: ([UInt8]) -> Void = { _ in } { didSet { for way in ways { way.onPacket = onPacket } } }
  /// See ``Bearer/onDisconnected``.
  public var onDisconnected: () -> Void = {} { didSet { for way in ways { way.onDisconnected = onDisconnected } } }
  /// See ``Bearer/onFailed``.
  public var onFailed: (BearerFault) -> Void = { _ in } { didSet { for way in ways { way.onFailed = onFailed } } }

  private let kernel: KernelBearer
  private let bluetoothd: any Bearer
  private let hasDaemon: () -> Bool
  private var opened: (any Bearer)?
  private var ways: [any Bearer] { [kernel, bluetoothd] }

  /// Makes a bearer that is not open.
  public convenience init(loop: EventLoop, configuration: BluetoothConfiguration, bluetoothd: BluetoothBearerFactory) {
    let sockets = KernelSockets()
    self.init(
      kernel: KernelBearer(loop: loop, configuration: configuration), bluetoothd: bluetoothd(loop, configuration),
      hasDaemon: { sockets.hasDaemon() })
  }

  init(kernel: KernelBearer, bluetoothd: any Bearer, hasDaemon: @escaping () -> Bool) {
    self.kernel = kernel
    self.bluetoothd = bluetoothd
    self.hasDaemon = hasDaemon
  }

  /// See ``Bearer/summary``.
  public var summary: String {
    opened?.summary ?? "Bluetooth, through bluetoothd where it runs, else kernel sockets; closed"
  }

  /// See ``Bearer/open()``.
  public func open() throws(BearerFault) {
    guard opened == nil else { return }
    let way: any Bearer = hasDaemon() ? bluetoothd : kernel
    try way.open()
    opened = way
  }

  /// See ``Bearer/close()``.
  public func close() {
    opened?.close()
    opened = nil
  }

  /// See ``Bearer/end()``.
  public func end() {
    opened = nil
    for way in ways { way.end() }
  }

  /// See ``Bearer/send(_:)``.
  public func send(_ packet: [UInt8]) { opened?.send(packet) }

  /// See ``Bearer/disconnect()``.
  public func disconnect() { opened?.disconnect() }
}
