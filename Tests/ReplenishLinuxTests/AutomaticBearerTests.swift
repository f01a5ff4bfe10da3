import ReplenishCore
import Testing

@testable import ReplenishLinux

/// A way whose calls are noted.
private final class NotedBearer: Bearer {
  var onConnected: () -> Void = {}
  var onPacket: ([UInt8]) -> Void = { _ in }
  var onDisconnected: () -> Void = {}
  var onFailed: (BearerFault) -> Void = { _ in }
  var summary: String { "noted" }
  var log: [String] = []
  var fault: BearerFault?

  func open() throws(BearerFault) {
    if let fault { throw fault }
    log.append("open")
  }
  func close() { log.append("close") }
  func end() { log.append("end") }
  func send(_ packet: [UInt8]) { log.append("send \(packet)") }
  func disconnect() { log.append("disconnect") }
}

@Suite struct AutomaticBearerTests {
  private final class Bench {
    let loop: EventLoop
    let kernel = FakeBluetooth()
    let bluetoothd = NotedBearer()
    var hasDaemon = true
    let bearer: AutomaticBearer

    init() throws {
      loop = try EventLoop()
      let advertisement = SetupAdvertisement(shortID: try #require(ShortID([1, 2, 3])), name: "Kettle")
      let configuration = BluetoothConfiguration(advertisement: advertisement, reason: .automatic)
      let holder = Holder()
      bearer = AutomaticBearer(
        kernel: KernelBearer(loop: loop, configuration: configuration, sockets: kernel, random: SystemRandom()),
        bluetoothd: bluetoothd, hasDaemon: { holder.bench?.hasDaemon ?? false })
      holder.bench = self
    }

    deinit {
      bearer.end()
      loop.close()
    }
  }

  private final class Holder { weak var bench: Bench? }

  @Test func takesBluetoothdWhereItRuns() throws {
    let bench = try Bench()
    #expect(bench.bearer.summary == "Bluetooth, through bluetoothd where it runs, else kernel sockets; closed")
    var heard: [String] = []
    bench.bearer.onConnected = { heard.append("connected") }
    bench.bearer.onPacket = { heard.append("packet \($0)") }
    bench.bearer.onDisconnected = { heard.append("gone") }
    bench.bearer.onFailed = { heard.append($0.text) }
    try bench.bearer.open()
    try bench.bearer.open()
    #expect(bench.bearer.summary == "noted" && bench.kernel.log == [])
    bench.bluetoothd.onConnected()
    bench.bluetoothd.onPacket([1])
    bench.bluetoothd.onDisconnected()
    bench.bluetoothd.onFailed(BearerFault("no"))
    #expect(heard == ["connected", "packet [1]", "gone", "no"])
    bench.bearer.send([2])
    bench.bearer.disconnect()
    bench.bearer.close()
    bench.bearer.send([3])
    #expect(bench.bluetoothd.log == ["open", "send [2]", "disconnect", "close"])
  }

  @Test func takesTheKernelWhereNoDaemonRunsAndAsksAgainForEachWindow() throws {
    let bench = try Bench()
    bench.hasDaemon = false
    try bench.bearer.open()
    #expect(bench.kernel.log == ["management"] && bench.bluetoothd.log == [])
    bench.bearer.close()
    bench.hasDaemon = true
    try bench.bearer.open()
    #expect(bench.bluetoothd.log == ["open"])
  }

  @Test func aWayThatCannotBeOpenedIsNotTaken() throws {
    let bench = try Bench()
    bench.bluetoothd.fault = BearerFault("no bus")
    #expect(throws: BearerFault("no bus")) { try bench.bearer.open() }
    #expect(bench.bearer.summary.hasSuffix("closed"))
    bench.bluetoothd.fault = nil
    try bench.bearer.open()
    #expect(bench.bearer.summary == "noted")
  }
}
