import Testing

@testable import ReplenishCore

/// The packets of the kernel's management and of controllers, byte for byte as BlueZ's mgmt-api and the Core
/// Specification lay them out.
@Suite struct ManagementTests {
  @Test func writesCommands() {
    #expect(ManagementCommand.packet(ManagementCommand.readIndexList, ManagementCommand.noIndex).hex == "0300ffff0000")
    #expect(ManagementCommand.packet(ManagementCommand.setPowered, 1, [1]).hex == "05000100010001")
    #expect(
      ManagementCommand.packet(ManagementCommand.disconnect, 0, [1, 2, 3, 4, 5, 6, 2]).hex == "1400000007000102030405"
        + "0602")
    #expect(
      ManagementCommand.advertisingParameters(2).hex
        == "540002001200" + "01" + "01600000" + "0000" + "5d02" + "a0000000" + "f0000000" + "7f")
    #expect(
      ManagementCommand.advertisingData(0, [2, 1, 6], [2, 9, 0x41]).hex == "550000000900" + "010303020106020941")
    #expect(
      ManagementCommand.advertising(0, [2, 1, 6], [2, 9, 0x41]).hex
        == "3e0000001100" + "01" + "01000000" + "0000" + "5d02" + "0303" + "020106" + "020941")
  }

  @Test func readsEvents() {
    #expect(
      ManagementPacket([1, 0, 0xFF, 0xFF, 7, 0, 3, 0, 0, 1, 0, 0, 0])
        == .answer(3, index: 0xFFFF, status: 0, [1, 0, 0, 0]))
    #expect(ManagementPacket([2, 0, 0, 0, 3, 0, 5, 0, 0x12]) == .answer(5, index: 0, status: 0x12, []))
    #expect(ManagementPacket([4, 0, 1, 0, 0, 0]) == .added(1))
    #expect(ManagementPacket([5, 0, 1, 0, 0, 0]) == .removed(1))
    #expect(ManagementPacket([6, 0, 0, 0, 4, 0, 1, 2, 0, 0]) == .settings(0, [.powered, .lowEnergy]))
    #expect(ManagementPacket([0x24, 0, 0, 0, 1, 0, 1]) == .advertisingRemoved(0, instance: 1))
    #expect(ManagementPacket([0x12, 0, 0, 0, 2, 0, 9, 9]) == .other)
    let phone: [UInt8] = [1, 2, 3, 4, 5, 6, 2]
    for (type, isSecure): (UInt8, Bool) in [(0, false), (1, false), (2, true), (3, true), (4, false)] {
      let key = [1] + phone + [type, 0, 16] + [UInt8](repeating: 9, count: 26)
      #expect(ManagementPacket([0x0A, 0, 0, 0, 37, 0] + key) == .paired(0, phone, isSecure: isSecure))
    }
    #expect(ManagementPacket([0x0F, 0, 0, 0, 12, 0] + phone + [1, 0, 0, 0, 0]) == .asksToPair(0, phone))
    let random: [UInt8] = [7, 7, 7, 7, 7, 0x47]
    let identity = [0] + random + phone + [UInt8](repeating: 9, count: 16)
    #expect(ManagementPacket([0x18, 0, 0, 0, 30, 0] + identity) == .identified(0, random: random, phone))
  }

  @Test func refusesWhatIsTooShortOrLong() {
    for event: UInt8 in [1, 2, 6, 0x0A, 0x0F, 0x18, 0x24] {
      let enough = [6: 4, 0x0A: 9, 0x0F: 7, 0x18: 14, 0x24: 1][event] ?? 3
      for count in 0..<enough {
        let packet = [event, 0, 0, 0, UInt8(count), 0] + [UInt8](repeating: 1, count: count)
        #expect(ManagementPacket(packet) == nil)
      }
    }
    #expect(ManagementPacket([]) == nil)
    #expect(ManagementPacket([4, 0, 1, 0, 1]) == nil)
    #expect(ManagementPacket([4, 0, 1, 0, 1, 0]) == nil)
    #expect(ManagementPacket([4, 0, 1, 0, 0, 0, 0]) == nil)
  }

  @Test func readsTheDescriptionOfAnAdapter() throws {
    let bytes: [UInt8] = [6, 5, 4, 3, 2, 1, 9, 2, 0, 0xFF, 0xBE, 1, 0, 0xD1, 0x28, 0, 0] + [0, 0, 0, 0x41]
    let adapter = try #require(AdapterInformation(bytes))
    #expect(adapter.address == [6, 5, 4, 3, 2, 1] && adapter.hasAddress)
    #expect(adapter.supported.contains([.powered, .lowEnergy, .privacy]))
    #expect(adapter.current.contains(.powered) && !adapter.current.contains(.lowEnergy))
    for count in 0..<17 { #expect(AdapterInformation(Array(bytes[..<count])) == nil) }
    #expect(AdapterInformation([UInt8](repeating: 0, count: 17))?.hasAddress == false)
  }

  @Test func readsTheListOfAdapters() {
    #expect(AdapterInformation.indices([0, 0]) == [])
    #expect(AdapterInformation.indices([2, 0, 1, 0, 0, 0]) == [1, 0])
    #expect(AdapterInformation.indices([]) == nil)
    #expect(AdapterInformation.indices([2, 0, 1, 0]) == nil)
    #expect(AdapterInformation.indices([1, 0, 1, 0, 0]) == nil)
    #expect(AdapterInformation.indices([0xFF, 0xFF, 1, 0]) == nil)
  }

  @Test func writesCommandsToTheController() {
    let commands = HCICommand.advertise(address: [1, 2, 3, 4, 5, 0xC6], [2, 1, 6], [2, 9, 0x41]).map(\.hex)
    #expect(commands.count == 6)
    #expect(commands[0] == "010a200100")
    #expect(commands[1] == "01052006" + "0102030405c6")
    #expect(commands[2] == "0106200f" + "a000f000" + "00" + "01" + "00" + "000000000000" + "07" + "00")
    #expect(commands[3] == "01082020" + "03020106" + String(repeating: "00", count: 28))
    #expect(commands[4] == "01092020" + "03020941" + String(repeating: "00", count: 28))
    #expect(commands[5] == "010a200101")
  }

  @Test func readsTheControllersAnswers() throws {
    let complete = try #require(HCIAnswer([4, 0x0E, 4, 1, 0x0A, 0x20, 0x0C]))
    #expect(complete.opcode == 0x200A && complete.status == 0x0C)
    let status = try #require(HCIAnswer([4, 0x0F, 4, 0x12, 1, 0x0A, 0x20]))
    #expect(status.opcode == 0x200A && status.status == 0x12)
    let packets: [[UInt8]] = [[4, 0x0E, 4, 1, 0x0A, 0x20, 0x0C], [4, 0x0F, 4, 0x12, 1, 0x0A, 0x20]]
    for packet in packets {
      for count in 0..<packet.count { #expect(HCIAnswer(Array(packet[..<count])) == nil) }
      #expect(HCIAnswer(packet + [0]) == nil)
    }
    #expect(HCIAnswer([4, 0x3E, 4, 1, 0x0A, 0x20, 0]) == nil)
    #expect(HCIAnswer([2, 0x0E, 4, 1, 0x0A, 0x20, 0]) == nil)
  }
}
