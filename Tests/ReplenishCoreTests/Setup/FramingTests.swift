import Testing

@testable import ReplenishCore

@Suite struct FramingTests {
  private func frames(_ message: [UInt8], capacity: Int) -> [[UInt8]] {
    let fragmenter = Fragmenter(message, session: 0x1234)
    var frames: [[UInt8]] = []
    while let frame = fragmenter.next(capacity: capacity) { frames.append(frame) }
    return frames
  }

  @Test func countsPast63And255Frames() throws {
    let frames = frames([UInt8](repeating: 1, count: 4096), capacity: 20)
    #expect(frames.count == 242)
    #expect(frames[63][0] == 0x3F && frames[64][0] == 0x00 && frames[241][0] == 0x40 | 49)
  }

  @Test func anotherSessionReplacesWhatWasBegun() throws {
    var reassembler = Reassembler()
    #expect(try reassembler.receive([0x80, 0x12, 0x34, 0, 3, 9]) == nil)
    #expect(try reassembler.receive([0xC0, 0x56, 0x78, 0, 1, 7]) == Reassembler.Whole(session: 0x5678, bytes: [7]))
  }
}
