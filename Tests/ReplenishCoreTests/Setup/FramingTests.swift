import Testing

@testable import ReplenishCore

@Suite struct FramingTests {
  private func frames(_ message: [UInt8], capacity: Int) -> [[UInt8]] {
    var fragmenter = Fragmenter(message, session: 0x1234)
    var frames: [[UInt8]] = []
    while let frame = fragmenter.next(capacity: capacity) { frames.append(frame) }
    return frames
  }

  @Test func cutsForTwentyByteClients() {
    let message = (0..<40).map { UInt8($0) }
    let frames = frames(message, capacity: 20)
    #expect(
      frames.map(\.hex) == [
        "8012340028" + message[..<15].map { $0 }.hex, "011234" + message[15..<32].map { $0 }.hex,
        "421234" + message[32...].map { $0 }.hex,
      ])
  }

  @Test(arguments: [20, 21, 61, 182, 244, 509, 514])
  func joinsWhatItCuts(_ capacity: Int) throws {
    for count in [1, 14, 15, 16, 32, 33, 255, 256, 257, 1000, 4095, 4096] {
      let message = SeededRandom(UInt64(count)).bytes(count: count) ?? []
      let frames = frames(message, capacity: capacity)
      #expect(frames.allSatisfy { $0.count <= capacity })
      var reassembler = Reassembler()
      for (index, frame) in frames.enumerated() {
        let whole = try reassembler.receive(frame)
        #expect((whole != nil) == (index == frames.count - 1))
        if let whole { #expect(whole == Reassembler.Whole(session: 0x1234, bytes: message)) }
      }
    }
  }

  @Test func countsPast63And255Frames() throws {
    let frames = frames([UInt8](repeating: 1, count: 4096), capacity: 20)
    #expect(frames.count == 242)
    #expect(frames[63][0] == 0x3F && frames[64][0] == 0x00 && frames[241][0] == 0x40 | 49)
  }

  @Test func refusesFramesThatBreakTheRules() {
    let cases: [(String, [[UInt8]], SetupFault)] = [
      ("empty", [[]], .malformed),
      ("no session", [[0xC0, 0x12]], .malformed),
      ("session zero", [[0xC0, 0, 0, 0, 1, 9]], .malformed),
      ("no length", [[0xC0, 0x12, 0x34, 0]], .malformed),
      ("length zero", [[0xC0, 0x12, 0x34, 0, 0]], .malformed),
      ("nothing in it", [[0x80, 0x12, 0x34, 0, 1]], .malformed),
      ("4097 announced", [[0x80, 0x12, 0x34, 0x10, 0x01, 9]], .messageTooLarge),
      ("65535 announced", [[0x80, 0x12, 0x34, 0xFF, 0xFF, 9]], .messageTooLarge),
      ("more than announced", [[0xC0, 0x12, 0x34, 0, 1, 9, 9]], .malformed),
      ("less than announced", [[0xC0, 0x12, 0x34, 0, 2, 9]], .malformed),
      ("whole but not last", [[0x80, 0x12, 0x34, 0, 1, 9]], .malformed),
      ("begins in the middle", [[0x41, 0x12, 0x34, 9]], .unexpectedMessage),
      ("counts from one", [[0xC1, 0x12, 0x34, 0, 1, 9]], .malformed),
      ("a frame missing", [[0x80, 0x12, 0x34, 0, 3, 9], [0x42, 0x12, 0x34, 9]], .malformed),
      ("a frame twice", [[0x80, 0x12, 0x34, 0, 4, 9], [0x01, 0x12, 0x34, 9], [0x01, 0x12, 0x34, 9]], .malformed),
      ("another session between", [[0x80, 0x12, 0x34, 0, 3, 9], [0x41, 0x99, 0x99, 9, 9]], .unexpectedMessage),
      ("begun again", [[0x80, 0x12, 0x34, 0, 3, 9], [0x80, 0x12, 0x34, 0, 3, 9]], .malformed),
      ("257 bytes in a message of 3", [[0x80, 0x12, 0x34, 0, 3] + [UInt8](repeating: 9, count: 257)], .malformed),
    ]
    for (name, frames, fault) in cases {
      var reassembler = Reassembler()
      #expect(throws: fault, Comment(rawValue: name)) { for frame in frames { _ = try reassembler.receive(frame) } }
      // After a fault the next whole message passes.
      #expect((try? reassembler.receive([0xC0, 0x12, 0x34, 0, 1, 9]))?.bytes == [9], Comment(rawValue: name))
    }
  }

  @Test func anotherSessionReplacesWhatWasBegun() throws {
    var reassembler = Reassembler()
    #expect(try reassembler.receive([0x80, 0x12, 0x34, 0, 3, 9]) == nil)
    #expect(try reassembler.receive([0xC0, 0x56, 0x78, 0, 1, 7]) == Reassembler.Whole(session: 0x5678, bytes: [7]))
  }
}
