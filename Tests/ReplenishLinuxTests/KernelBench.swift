import ReplenishCore
import Testing

@testable import ReplenishLinux

/// A bearer on a fake kernel, and what it said.
final class KernelBench {
  let loop: EventLoop
  let kernel = FakeBluetooth()
  let bearer: KernelBearer
  var log: [String] = []

  init(
    adapter: UInt16? = nil, reason: BluetoothConfiguration.Reason = .chosen, requiresEncryption: Bool = false
  ) throws {
    loop = try EventLoop()
    let advertisement = SetupAdvertisement(shortID: try #require(ShortID([1, 2, 3])), name: "Kettle")
    bearer = KernelBearer(
      loop: loop,
      configuration: .init(
        adapter: adapter, advertisement: advertisement, requiresEncryption: requiresEncryption, reason: reason),
      sockets: kernel,
      random: SystemRandom())
    bearer.onConnected = { [unowned self] in log.append("connected") }
    bearer.onPacket = { [unowned self] in log.append("packet \($0)") }
    bearer.onDisconnected = { [unowned self] in log.append("gone") }
    // As the performer does: a window that is of no use is closed.
    bearer.onFailed = { [unowned self] in
      log.append("failed: \($0.text)")
      bearer.close()
    }
  }

  deinit {
    // A phone that is still there goes with the bearer, and there is no log left to write it into.
    bearer.onDisconnected = {}
    bearer.end()
    loop.close()
  }

  /// Turns the loop and the kernel until something holds, or for good if it never does.
  func turn(_ comment: Comment? = nil, until holds: () -> Bool) throws {
    for _ in 0..<2_000 where !holds() {
      kernel.turn()
      try loop.dispatch(timeout: 5)
    }
    #expect(holds(), comment)
  }

  /// Turns until nothing more happens.
  func settle() throws {
    for _ in 0..<20 {
      kernel.turn()
      try loop.dispatch(timeout: 1)
    }
  }

  func open() throws {
    try bearer.open()
    try turn { isAdvertising }
  }

  var isAdvertising: Bool { bearer.summary.contains("advertises") }
  var faults: [String] { log.filter { $0.hasPrefix("failed") } }
}
