import Testing

@testable import ReplenishCore

/// What comes of ATT requests besides their answers, on the attributes of the setup service; the answers byte for byte are
/// in `Tests/Vectors/att.json`.
@Suite struct ATTServerTests {
  private func server() -> ATTServer { ATTServer(database: SetupService.database(name: "Replenish")) }

  private func answer(_ server: inout ATTServer, _ request: [UInt8]) -> [UInt8] {
    for case .transmit(let packet) in server.receive(request) { return packet }
    return []
  }

  @Test func exchangesTheMTUOnce() {
    var server = server()
    #expect(answer(&server, [0x02, 0xF7, 0x00]) == [0x03, 0x05, 0x02])
    #expect(server.mtu == 247)
    #expect(answer(&server, [0x02, 0x40, 0x00]) == [0x01, 0x02, 0, 0, 0x06])
    #expect(server.mtu == 247)
  }

  @Test func keepsTheMTUWithinItsLimits() {
    var server = server()
    #expect(answer(&server, [0x02, 0x16, 0x00]) == [0x01, 0x02, 0, 0, 0x04])
    #expect(answer(&server, [0x02, 0x16]) == [0x01, 0x02, 0, 0, 0x04])
    #expect(server.mtu == 23)
    #expect(answer(&server, [0x02, 0xFF, 0xFF]) == [0x03, 0x05, 0x02])
    #expect(server.mtu == 517)
  }

  @Test func givesTheWholeValueOfAWrite() {
    var server = server()
    #expect(server.receive([0x12, 11, 0, 1, 2, 3]) == [.transmit([0x13]), .wrote(11, [1, 2, 3])])
    #expect(answer(&server, [0x12, 9, 0, 1]) == [0x01, 0x12, 9, 0, 0x03])
    #expect(answer(&server, [0x12, 99, 0, 1]) == [0x01, 0x12, 99, 0, 0x01])
    #expect(answer(&server, [0x12, 11]) == [0x01, 0x12, 0, 0, 0x04])
    #expect(server.receive([0x52, 11, 0, 1, 2, 3]).isEmpty)  // writing without response is not offered
    server.writeRefusal = .clientConfigurationImproper
    #expect(answer(&server, [0x12, 11, 0, 1]) == [0x01, 0x12, 11, 0, 0xFD])
  }

  @Test func turnsIndicationsOnAndOff() {
    var server = server()
    #expect(!server.isIndicating(13) && server.indicate(13, [1]) == nil)
    #expect(server.receive([0x12, 14, 0, 2, 0]) == [.transmit([0x13]), .configured(13, isIndicating: true)])
    #expect(answer(&server, [0x0A, 14, 0]) == [0x0B, 2, 0])
    #expect(server.receive([0x12, 14, 0, 0, 0]) == [.transmit([0x13]), .configured(13, isIndicating: false)])
    #expect(!server.isIndicating(13))
  }

  @Test func takesBothBitsForIndications() {
    var server = server()
    #expect(server.receive([0x12, 14, 0, 3, 0]) == [.transmit([0x13]), .configured(13, isIndicating: true)])
    #expect(answer(&server, [0x0A, 14, 0]) == [0x0B, 2, 0])
  }

  @Test(arguments: [[1, 0], [4, 0], [2, 1], [0xFF, 0xFF]])
  func refusesOtherConfigurations(_ value: [UInt8]) {
    var server = server()
    #expect(answer(&server, [0x12, 14, 0] + value) == [0x01, 0x12, 14, 0, 0x13])
    #expect(!server.isIndicating(13))
  }

  @Test func indicatesOneAtATime() {
    var server = server()
    _ = server.receive([0x12, 14, 0, 2, 0])
    #expect(server.receive([0x1E]).isEmpty)  // a confirmation of nothing
    #expect(server.indicate(13, [9]) == [0x1D, 13, 0, 9])
    #expect(server.indicate(13, [8]) == nil)
    #expect(server.receive([0x1E, 0]).isEmpty)
    #expect(server.receive([0x1E]) == [.confirmed])
    #expect(server.indicate(13, [UInt8](repeating: 0, count: 21)) == nil)  // longer than the MTU
    #expect(server.indicate(13, [8]) == [0x1D, 13, 0, 8])
  }

  @Test func putsLongWritesTogether() {
    var server = server()
    let first: [UInt8] = [0x16, 11, 0, 0, 0, 1, 2]
    let second: [UInt8] = [0x16, 11, 0, 2, 0, 3]
    #expect(answer(&server, first) == [0x17] + first[1...])
    #expect(answer(&server, second) == [0x17] + second[1...])
    #expect(server.receive([0x18, 1]) == [.transmit([0x19]), .wrote(11, [1, 2, 3])])
    #expect(server.receive([0x18, 1]) == [.transmit([0x19])])  // nothing is prepared any more
  }

  @Test func cancelsLongWrites() {
    var server = server()
    _ = server.receive([0x16, 11, 0, 0, 0, 1])
    #expect(server.receive([0x18, 0]) == [.transmit([0x19])])
    #expect(server.receive([0x18, 1]) == [.transmit([0x19])])
    #expect(answer(&server, [0x18, 2]) == [0x01, 0x18, 0, 0, 0x04])
    #expect(answer(&server, [0x18]) == [0x01, 0x18, 0, 0, 0x04])
  }

  @Test func refusesLongWritesWithGapsOrTooLong() {
    var server = server()
    _ = server.receive([0x16, 11, 0, 1, 0, 1])
    #expect(answer(&server, [0x18, 1]) == [0x01, 0x18, 11, 0, 0x07])
    #expect(answer(&server, [0x16, 9, 0, 0, 0, 1]) == [0x01, 0x16, 9, 0, 0x03])
    let part = [UInt8](repeating: 1, count: 18)
    for offset in stride(from: 0, to: 504, by: 18) {
      _ = server.receive([0x16, 11, 0, UInt8(offset & 255), UInt8(offset >> 8)] + part)
    }
    #expect(answer(&server, [0x16, 11, 0, 0xF8, 1] + [UInt8](repeating: 1, count: 9)) == [0x01, 0x16, 11, 0, 0x09])
    let events = server.receive([0x18, 1])
    let isWhole = events == [.transmit([0x19]), .wrote(11, [UInt8](repeating: 1, count: 504))]
    #expect(isWhole)
  }

  @Test func keepsNoEndlessListOfEmptyParts() {
    var server = server()
    let answers = (0..<40).map { _ in answer(&server, [0x16, 11, 0, 0, 0]) }
    #expect(answers.contains([0x01, 0x16, 11, 0, 0x09]))
  }

  @Test func passesOverWhatNeedsNoAnswer() {
    var server = server()
    for opcode: UInt8 in [0x01, 0x03, 0x05, 0x0B, 0x13, 0x1B, 0x23, 0x42, 0x52, 0xD2, 0xFF] {
      #expect(server.receive([opcode, 1, 0]).isEmpty)
    }
    #expect(server.receive([]).isEmpty)
    #expect(server.receive([0x1D, 1, 0, 5]) == [.transmit([0x1E])])
  }
}
