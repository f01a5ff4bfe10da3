import Testing

@testable import ReplenishCore

/// A central's questions to the kernel, and what it makes of the answers.
@Suite struct KernelCentralTests {
  private static let own: [UInt8] = [6, 5, 4, 3, 2, 1]

  /// The kernel's part: what is answered to each command, and what it was asked.
  private struct Kernel {
    var central: KernelCentral
    var indices: [UInt8] = [0]
    var supported: UInt16 = 0x0201
    var settings: UInt16 = 0x0201
    var address = KernelCentralTests.own
    /// Statuses by command code, for the next command of that code.
    var refusals: [UInt8: [UInt8]] = [:]
    var silent: Set<UInt8> = []
    var asked: [UInt8] = []
    var found: (NearbyDevice, [UInt8])?
    var failure: String?
    var waits: [UInt64] = []

    init(_ wanted: KernelCentral.Wanted, adapter: UInt16? = nil) {
      central = KernelCentral(adapter: adapter, wanted: wanted)
    }

    mutating func start() -> Self {
      take(central.start())
      return self
    }

    mutating func take(_ steps: [KernelCentral.Step]) {
      for step in steps {
        switch step {
        case .manage(let packet): answer(packet)
        case .wait(let time): waits.append(time)
        case .found(let device, let own): found = (device, own)
        case .failed(let text): failure = text
        }
      }
    }

    mutating func elapse() { take(central.elapsed()) }

    private mutating func answer(_ packet: [UInt8]) {
      let code = packet[0]
      asked.append(code)
      if silent.contains(code) { return }
      let status = refusals[code]?.first ?? 0
      if !(refusals[code] ?? []).isEmpty { refusals[code]?.removeFirst() }
      var reply: [UInt8] = []
      switch code {
      case 3: reply = [UInt8(indices.count), 0] + indices.flatMap { [$0, 0] }
      case 4:
        reply = address + [9, 2, 0] + LittleEndian.bytes(supported) + [0, 0] + LittleEndian.bytes(settings) + [0, 0]
      case 0x23, 0x24: reply = [packet[6]]
      default: reply = [0, 0, 0, 0]
      }
      let body = [code, 0, status] + (status == 0 ? reply : [])
      take(central.receive([status == 0 ? 1 : 2, 0, packet[2], packet[3], UInt8(body.count), 0] + body))
    }

    mutating func hear(_ id: [UInt8], name: String = "", address: [UInt8] = [1, 2, 3, 4, 5, 0x46], index: UInt8 = 0) {
      guard let shortID = ShortID(id) else { return }
      let sent = SetupAdvertisement(shortID: shortID, name: name)
      let data = sent.advertisingData + (name.isEmpty ? [] : sent.scanResponse)
      let body = address + [2, 0xC8, 0, 0, 0, 0, UInt8(data.count), 0] + data
      take(central.receive([0x12, 0, index, 0, UInt8(body.count), 0] + body))
    }
  }

  private let wanted = ShortID([0x4F, 0x2A, 0x9C]).map { KernelCentral.Wanted.shortID($0) } ?? .only

  private func started(_ wanted: KernelCentral.Wanted, _ change: (inout Kernel) -> Void = { _ in }) -> Kernel {
    var kernel = Kernel(wanted)
    change(&kernel)
    return kernel.start()
  }

  @Test func findsTheLabelledOneAmongOthers() throws {
    var kernel = started(wanted)
    #expect(kernel.asked == [3, 4, 0x23])
    kernel.hear([1, 2, 3], name: "Kettle")
    #expect(kernel.found == nil)
    kernel.hear([0x4F, 0x2A, 0x9C], name: "Kettle", address: [9, 9, 9, 9, 9, 0x49])
    let found = try #require(kernel.found)
    #expect(found.0.title == "Kettle 4F2A9C" && found.0.address == [9, 9, 9, 9, 9, 0x49])
    #expect(found.1 == KernelCentralTests.own)
    #expect(kernel.asked == [3, 4, 0x23, 0x24])
    #expect(kernel.central.close() == [])  // nothing was changed
  }

  @Test func switchesTheAdapterOnAndOffAgain() {
    var kernel = started(wanted) { $0.settings = 0 }
    #expect(kernel.asked == [3, 4, 0x0D, 5, 0x23])
    kernel.hear([0x4F, 0x2A, 0x9C])
    guard let device = kernel.found?.0 else {
      Issue.record("nothing found")
      return
    }
    let packets = kernel.central.close(peer: device)
    #expect(packets == [[0x14, 0, 0, 0, 7, 0, 1, 2, 3, 4, 5, 0x46, 2], [5, 0, 0, 0, 1, 0, 0]])
    #expect(kernel.central.close().map(\.first) == [5])
  }

  @Test func takesTheFirstAdapterOrTheNamedOne() {
    var kernel = started(wanted) { $0.indices = [2, 1] }
    #expect(kernel.central.index == 1)
    kernel = started(wanted) { $0.indices = [] }
    #expect(kernel.failure?.hasPrefix("this machine has no Bluetooth adapter") == true)
    kernel = Kernel(wanted, adapter: 3)
    kernel.indices = [0, 1]
    kernel = kernel.start()
    #expect(kernel.failure?.hasPrefix("there is no Bluetooth adapter hci3") == true)
  }

  @Test func takesTheOnlyOne() {
    var kernel = started(.only)
    kernel.hear([1, 2, 3])
    #expect(kernel.found == nil && kernel.waits.last == KernelCentral.gathering)
    kernel.hear([1, 2, 3], name: "Kettle", address: [7, 7, 7, 7, 7, 0x47])  // the same, with its name, elsewhere
    kernel.elapse()
    #expect(kernel.found?.0.title == "Kettle 010203")
    #expect(kernel.found?.0.address == [7, 7, 7, 7, 7, 0x47])
  }

  @Test func doesNotChooseAmongSeveral() {
    var kernel = started(.only)
    kernel.hear([1, 2, 3], name: "Kettle")
    kernel.hear([4, 5, 6], name: "Kettle")
    kernel.elapse()
    #expect(kernel.found == nil)
    #expect(kernel.failure?.contains("several devices") == true)
    #expect(kernel.failure?.contains("Kettle 010203, Kettle 040506") == true)
    #expect(kernel.asked.last == 0x24)
  }

  @Test func choosesByName() {
    var kernel = started(.name("Brewer"))
    kernel.hear([1, 2, 3], name: "Kettle")
    kernel.hear([4, 5, 6])
    kernel.hear([4, 5, 6], name: "Brewer")
    kernel.elapse()
    #expect(kernel.found?.0.shortID.text == "040506")
  }

  @Test func saysWhomElseItHeard() {
    var kernel = started(wanted)
    kernel.elapse()
    #expect(kernel.failure?.hasPrefix("no device 4F2A9C is in its setup window nearby; open") == true)
    kernel = started(.name("Brewer"))
    kernel.hear([1, 2, 3], name: "Kettle")
    kernel.elapse()
    #expect(
      kernel.failure?.hasPrefix(
        "no device with the name Brewer is in its setup window nearby; heard instead: Kettle 010203;") == true)
  }

  @Test func searchesOnWhenTheKernelStops() {
    var kernel = started(wanted)
    kernel.take(kernel.central.receive([0x13, 0, 0, 0, 2, 0, 6, 1]))
    #expect(kernel.asked == [3, 4, 0x23])
    kernel.take(kernel.central.receive([0x13, 0, 0, 0, 2, 0, 6, 0]))
    #expect(kernel.asked == [3, 4, 0x23, 0x23])
    kernel.hear([0x4F, 0x2A, 0x9C])
    #expect(kernel.found != nil)
  }

  @Test func connectsThoughTheKernelDoesNotSayThatItStopped() {
    var kernel = started(wanted) { $0.silent = [0x24] }
    kernel.hear([0x4F, 0x2A, 0x9C])
    #expect(kernel.found == nil)
    kernel.elapse()
    #expect(kernel.found != nil)
  }

  @Test func waitsForABusyAdapter() {
    var kernel = started(wanted) { $0.refusals[0x23] = [0x0A, 0x0A] }
    #expect(kernel.asked == [3, 4, 0x23] && kernel.failure == nil)
    kernel.elapse()
    kernel.elapse()
    #expect(kernel.asked == [3, 4, 0x23, 0x23, 0x23])
    kernel.hear([0x4F, 0x2A, 0x9C])
    #expect(kernel.found != nil)
    kernel = started(wanted) { $0.refusals[0x23] = Array(repeating: 0x0A, count: 20) }
    for _ in 0..<20 { kernel.elapse() }
    #expect(kernel.failure?.contains("another program is busy") == true)
    kernel = started(wanted) {
      $0.settings = 0
      $0.refusals[5] = [0x0A]
    }
    kernel.elapse()
    #expect(kernel.asked == [3, 4, 0x0D, 5, 5, 0x23])
  }

  @Test(
    arguments: [
      (0x11, "unplugged"), (0x12, "rfkill unblock bluetooth"), (0x14, "CAP_NET_ADMIN"),
      (0x03, "refused management command 35 (status 3)"),
    ] as [(UInt8, String)])
  func explainsRefusals(status: UInt8, text: String) {
    let kernel = started(wanted) { $0.refusals[0x23] = [status] }
    #expect(kernel.failure?.contains(text) == true)
    #expect(kernel.failure?.contains("\n") == false)
  }

  @Test func refusesAdaptersThatWillNotDo() {
    #expect(started(wanted) { $0.supported = 1 }.failure?.contains("no Bluetooth LE") == true)
    #expect(started(wanted) { $0.address = [0, 0, 0, 0, 0, 0] }.failure?.contains("no address of its own") == true)
    #expect(started(wanted) { $0.refusals[3] = [1] }.failure?.contains("does not tell") == true)
    #expect(started(wanted) { $0.refusals[4] = [1] }.failure?.contains("makes no sense") == true)
    var kernel = started(wanted) { $0.silent = [4] }
    kernel.elapse()
    #expect(kernel.failure?.contains("does not answer") == true)
  }

  @Test func saysThatTheAdapterWent() {
    var kernel = started(wanted)
    kernel.take(kernel.central.receive([5, 0, 1, 0, 0, 0]))
    #expect(kernel.failure == nil)
    kernel.take(kernel.central.receive([5, 0, 0, 0, 0, 0]))
    #expect(kernel.failure?.contains("unplugged") == true)
    #expect(kernel.central.elapsed() == [])
  }

  @Test func switchesTheAdapterOnAgain() {
    let off: [UInt8] = [6, 0, 0, 0, 4, 0, 0, 2, 0, 0]
    var kernel = started(wanted)
    kernel.settings = 0x0200
    kernel.take(kernel.central.receive(off))
    #expect(kernel.asked == [3, 4, 0x23, 4, 5, 0x23])
    kernel.hear([0x4F, 0x2A, 0x9C])
    #expect(kernel.found != nil && kernel.central.close() == [])  // it was on
    kernel = started(wanted) { $0.refusals[0x23] = [0x0F] }
    #expect(kernel.asked == [3, 4, 0x23, 4, 0x23] && kernel.failure == nil)
    for _ in 0...KernelCentral.mostRestarts { kernel.take(kernel.central.receive(off)) }
    #expect(kernel.failure?.contains("keeps switching it off") == true)
  }

  @Test func tellsOnlySoManyApart() {
    var kernel = started(.only)
    for number in 0..<100 { kernel.hear([1, 2, UInt8(number)]) }
    #expect(kernel.central.heard.count == KernelCentral.mostDevices)
  }
}
