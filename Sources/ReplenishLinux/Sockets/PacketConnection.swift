import CLinux

/// One accepted `SOCK_SEQPACKET` connection in the loop, with bounded queues, so that a stuck peer delays nobody.
package final class PacketConnection {
  package let descriptor: Int32
  private let loop: EventLoop
  private let maximumPacket: Int
  private let maximumQueued: Int
  private var queue: [[UInt8]] = []
  /// Set once the connection is to end: what is queued has until then to leave.
  private var farewell: LoopTimer?
  private var isReading = true
  private(set) var isOpen = true

  /// A packet came.
  package var onPacket: ([UInt8]) -> Void = { _ in }
  /// The last queued packet left.
  package var onSent: () -> Void = {}
  /// The connection is gone, for whatever reason; called once.
  package var onClosed: () -> Void = {}

  /// Takes over a descriptor. A longer packet than `maximumPacket` or a longer queue than `maximumQueued` closes it.
  package init(loop: EventLoop, descriptor: Int32, maximumPacket: Int, maximumQueued: Int) {
    self.loop = loop
    self.descriptor = descriptor
    self.maximumPacket = maximumPacket
    self.maximumQueued = maximumQueued
  }

  /// Begins to read.
  package func start() throws(Errno) {
    try loop.add(descriptor, for: .readable) { [self] readiness in ready(readiness) }
  }

  /// Whether packets are read now. While they are not, at most the socket's own buffer fills.
  func read(_ isWanted: Bool) {
    guard isOpen, isReading != isWanted else { return }
    isReading = isWanted
    watch()
  }

  /// Sends a packet, now or when there is room.
  package func send(_ packet: [UInt8]) {
    guard isOpen, farewell == nil else { return }
    guard queue.count < maximumQueued else { return close() }
    queue.append(packet)
    if queue.count == 1 { flush() }
  }

  /// Closes once what was sent has left, or after a second: a peer that does not read cannot keep its place.
  package func closeWhenSent() {
    guard isOpen, farewell == nil else { return }
    guard !queue.isEmpty else { return close() }
    let timer = loop.timer { [unowned(unsafe) self] in close() }
    timer.fire(in: 1000)
    farewell = timer
  }

  /// Closes now.
  package func close() {
    guard isOpen else { return }
    isOpen = false
    farewell?.cancel()
    loop.remove(descriptor)
    _ = CLinux.close(descriptor)
    queue = []
    onClosed()
    // Whoever set these may hold this connection: without them nothing is held.
    onPacket = { _ in }
    onSent = {}
    onClosed = {}
  }

  private func ready(_ readiness: Readiness) {
    if !readiness.isDisjoint(with: .writable) { flush() }
    if isOpen, isReading, !readiness.isDisjoint(with: .readable) {
      receive()
    } else if !readiness.isDisjoint(with: .hungUp) {
      close()
    }
  }

  /// Takes all packets that have come by now.
  func drain() { while isOpen, isReading, receive() {} }

  /// Takes the next packet; false if there is none.
  @discardableResult private func receive() -> Bool {
    // One byte more than is allowed: a packet that fills it is too long.
    var bytes = [UInt8](repeating: 0, count: maximumPacket + 1)
    let count = replenish_receive(descriptor, &bytes, bytes.count)
    if count < 0 {
      if replenish_errno() != EAGAIN && replenish_errno() != EINTR { close() }
      return false
    }
    guard count > 0, count <= maximumPacket else {
      close()
      return false
    }
    bytes.removeLast(bytes.count - count)
    onPacket(bytes)
    return true
  }

  private func flush() {
    while let packet = queue.first {
      if replenish_send(descriptor, packet, packet.count) < 0 {
        switch replenish_errno() {
        case EAGAIN: return watch()
        case EINTR: continue
        default: return close()
        }
      }
      queue.removeFirst()
    }
    watch()
    if farewell != nil { close() } else { onSent() }
  }

  private func watch() {
    guard isOpen else { return }
    var wanted: Readiness = isReading ? .readable : []
    if !queue.isEmpty { wanted.insert(.writable) }
    do throws(Errno) { try loop.change(descriptor, for: wanted) } catch { close() }
  }
}
