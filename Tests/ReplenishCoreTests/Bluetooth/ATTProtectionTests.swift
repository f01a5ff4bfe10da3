import Testing

@testable import ReplenishCore

/// What a phone whose link is not encrypted may ask, where the product wants it encrypted.
@Suite struct ATTProtectionTests {
  @Test func valuesAreKept() {
    for (packet, handle): ([UInt8], UInt8) in [
      ([0x0A, 9, 0], 9),  // read info
      ([0x0C, 9, 0, 1, 0], 9),  // and a part of it
      ([0x12, 11, 0, 0x80], 11),  // write a frame
      ([0x16, 11, 0, 0, 0, 0x80], 11),  // and a part of one
      ([0x12, 14, 0, 2, 0], 14),  // turn indications on
      ([0x0A, 14, 0], 14),
      ([0x08, 1, 0, 0xFF, 0xFF, 0x02, 0x29], 14),  // by its type
      ([0x06, 1, 0, 0xFF, 0xFF, 0x02, 0x29, 2, 0], 14),  // guessed
      ([0x08, 1, 0, 0xFF, 0xFF] + SetupService.info.littleEndian, 9),
    ] {
      #expect(ATTProtection.refusal(of: packet, hasPaired: false) == [0x01, packet[0], handle, 0, 0x05])
      #expect(ATTProtection.refusal(of: packet, hasPaired: true) == [0x01, packet[0], handle, 0, 0x0F])
    }
  }

  @Test func theRestIsAnsweredAsEver() {
    for packet: [UInt8] in [
      [], [0x02, 23, 0], [0x04, 1, 0, 0xFF, 0xFF], [0x10, 1, 0, 0xFF, 0xFF, 0, 0x28],
      [0x08, 1, 0, 0xFF, 0xFF, 3, 0x28],
      [0x0A, 3, 0],  // the device's name
      [0x0A, 8, 0],  // a declaration
      [0x0A], [0x0A, 9], [0x12, 99, 0], [0x18, 1], [0x1E], [0x77], [0x08, 1, 0, 0xFF],
      [0x06, 1, 0, 0xFF, 0xFF, 0],
      [0x08, 10, 0, 11, 0] + SetupService.info.littleEndian,
    ] {
      #expect(ATTProtection.refusal(of: packet, hasPaired: false) == nil, "\(packet)")
    }
  }

  /// What gets through to the server tells no value and changes none.
  @Test func whatPassesReachesNoValue() {
    for code in UInt8.min...UInt8.max {
      for handle in UInt16(1)...14 {
        let database = SetupService.database(name: "Kettle")
        database.setValue([0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA], of: SetupService.Handle.infoValue)
        var server = ATTServer(database: database)
        let start = LittleEndian.bytes(handle)
        for rest: [UInt8] in [
          [], [0, 0], [14, 0] + SetupService.info.littleEndian, [14, 0, 0x02, 0x29], [14, 0, 0x02, 0x29, 0, 0],
          [0, 0, 2, 0], [2, 0],
        ] {
          let packet = [code] + start + rest
          guard ATTProtection.refusal(of: packet, hasPaired: false) == nil else { continue }
          for event in server.receive(packet) {
            guard case .transmit(let answer) = event else {
              Issue.record("\(packet) led to \(event)")
              continue
            }
            // An error repeats the request's code.
            #expect(!answer.dropFirst(2).contains(0xAA), "\(packet)")
          }
        }
        #expect(!server.isIndicating(SetupService.Handle.indicateValue))
      }
    }
  }
}
