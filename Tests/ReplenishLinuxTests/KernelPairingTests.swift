import CLinux
import ReplenishCore
import Testing

@testable import ReplenishLinux

/// Phones that have to pair (`require-encryption`): what the adapter is made ready with, and who gets through.
@Suite struct KernelPairingTests {
  private static let readInfo: [UInt8] = [0x0A, 9, 0]
  private static let phone: [UInt8] = [1, 0, 0, 0, 0, 0x40, 2]
  private static let identity: [UInt8] = [9, 9, 9, 9, 9, 9, 1]

  @Test func makesTheAdapterReadyAndPutsItBack() throws {
    let bench = try KernelBench(requiresEncryption: true)
    try bench.open()
    let pairing = ["0b 01", "2d 01", "18 03", "09 01"]
    let after = ["2f 01", "05 01", "3f 01", "listen", "54 01", "55 01"]
    #expect(bench.kernel.log == ["management", "03", "04", "0d 01"] + pairing + after)
    bench.pair(Self.phone, keyType: 2)
    bench.pair(Self.identity, keyType: 3)
    _ = try bench.ask(try bench.connect(), [0x02, 23, 0])
    bench.kernel.log = []
    bench.bearer.close()
    try bench.turn { bench.kernel.isManagementClosed }
    let now = ["3f 01", "1b 01", "1b 09", "09 00", "05 00"]
    #expect(bench.kernel.log.filter { $0 != "14 01" } == now + ["2f 00", "2d 00", "0b 00", "0d 00"])
    #expect(bench.kernel.adapters == [0: 0])
  }

  @Test func aPhoneThatHasNotPairedIsToldSoAndMayLookAround() throws {
    let bench = try KernelBench(requiresEncryption: true)
    try bench.open()
    let phone = try bench.connect()
    #expect(try bench.ask(phone, Self.readInfo) == [0x01, 0x0A, 9, 0, 0x05])
    #expect(try bench.ask(phone, [0x10, 1, 0, 0xFF, 0xFF, 0, 0x28]) == nil)
    // Encrypted by an older way of pairing, of which no key of the right kind was told.
    bench.kernel.isEncrypted = true
    #expect(try bench.ask(phone, Self.readInfo) == [0x01, 0x0A, 9, 0, 0x05])
    bench.pair(Self.phone, keyType: 0)
    #expect(try bench.ask(phone, Self.readInfo) == [0x01, 0x0A, 9, 0, 0x05])
    #expect(bench.packets.count == 1)
  }

  @Test func aPhoneThatHasPairedGetsThrough() throws {
    let bench = try KernelBench(requiresEncryption: true)
    try bench.open()
    let phone = try bench.connect()
    bench.pair(Self.phone, keyType: 2)
    #expect(try bench.ask(phone, Self.readInfo) == [0x01, 0x0A, 9, 0, 0x0F], "it has a key, and does not use it")
    bench.kernel.isEncrypted = true
    #expect(try bench.ask(phone, Self.readInfo) == nil)
  }

  @Test func aPhoneIsKnownByTheAddressThatStays() throws {
    let bench = try KernelBench(requiresEncryption: true)
    try bench.open()
    let phone = try bench.connect()
    bench.kernel.isEncrypted = true
    let random = Array(Self.phone.dropLast())
    bench.kernel.say(0x18, 0, [1] + random + Self.identity + [UInt8](repeating: 7, count: 16))
    bench.pair(Self.identity, keyType: 2)
    #expect(try bench.ask(phone, Self.readInfo) == nil)
  }

  @Test func aPhoneThatHasForgottenMayPairAgain() throws {
    let bench = try KernelBench(requiresEncryption: true)
    try bench.open()
    bench.kernel.log = []
    bench.kernel.say(0x0F, 0, Self.phone + [1, 0, 0, 0, 0])
    try bench.turn { bench.kernel.log == ["1c 01"] }
  }

  @Test func doesNotCommandTheControllerItself() throws {
    let bench = try KernelBench(requiresEncryption: true)
    for code: UInt16 in [0x54, 0x3E] { bench.kernel.refusals[code] = 0x0C }
    try bench.bearer.open()
    try bench.turn { !bench.faults.isEmpty }
    #expect(bench.faults.first?.contains("phones could not pair") == true)
  }

  @Test func saysThatTheAdapterCannot() throws {
    let bench = try KernelBench(requiresEncryption: true)
    bench.kernel.refusals[0x2D] = 0x0C
    try bench.bearer.open()
    try bench.turn { !bench.faults.isEmpty }
    #expect(bench.faults.first?.contains("no LE Secure Connections") == true)
    #expect(bench.faults.first?.contains("require-encryption = no") == true)
  }
}

/// A phone, and what the kernel says of it.
extension KernelBench {
  fileprivate var packets: [String] { log.filter { $0.hasPrefix("packet") } }

  fileprivate func connect() throws -> Int32 {
    let phone = kernel.connect(1)
    try turn { bearer.summary.contains("a phone is connected") }
    return phone
  }

  /// What a phone is answered; nil if the packet got through to the device.
  fileprivate func ask(_ phone: Int32, _ packet: [UInt8]) throws -> [UInt8]? {
    let count = packets.count
    _ = replenish_send(phone, packet, packet.count)
    var answer = [UInt8](repeating: 0, count: 64)
    var length = -1
    try turn {
      if length <= 0 { length = replenish_receive(phone, &answer, answer.count) }
      return length > 0 || packets.count > count
    }
    return length > 0 ? Array(answer[..<length]) : nil
  }

  /// The kernel says that a phone has paired, with a key of this type.
  fileprivate func pair(_ phone: [UInt8], keyType: UInt8) {
    kernel.say(0x0A, 0, [1] + phone + [keyType, 0, 16] + [UInt8](repeating: 7, count: 26))
  }
}
