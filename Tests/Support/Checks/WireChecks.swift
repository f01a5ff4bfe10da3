import ReplenishCore

/// Framing byte for byte.
package enum WireChecks {
  /// All of them.
  package static func checks() -> [Check] {
    frames.map { entry in
      Check("framing: refuses \(entry.name)") { (findings) throws(VectorFault) in refuse(entry, findings) }
    }
      + [
        Check("framing: cuts for clients of twenty bytes") { (findings) throws(VectorFault) in
          let message = (0..<40).map { UInt8($0) }
          let expected = [
            [0x80, 0x12, 0x34, 0x00, 0x28] + message[..<15], [0x01, 0x12, 0x34] + message[15..<32],
            [0x42, 0x12, 0x34] + message[32...],
          ]
          findings.expect(WireChecks.cut(message, capacity: 20) == expected, "other frames")
        },
        Check("framing: joins what it cuts") { (findings) throws(VectorFault) in try join(findings) },
      ]
  }

  private typealias Frames = (name: String, frames: [[UInt8]], fault: SetupFault)

  private static var frames: [Frames] {
    [
      ("an empty frame", [[]], .malformed), ("no session", [[0xC0, 0x12]], .malformed),
      ("session zero", [[0xC0, 0, 0, 0, 1, 9]], .malformed), ("no length", [[0xC0, 0x12, 0x34, 0]], .malformed),
      ("length zero", [[0xC0, 0x12, 0x34, 0, 0]], .malformed),
      ("nothing in it", [[0x80, 0x12, 0x34, 0, 1]], .malformed),
      ("4097 announced bytes", [[0x80, 0x12, 0x34, 0x10, 0x01, 9]], .messageTooLarge),
      ("65535 announced bytes", [[0x80, 0x12, 0x34, 0xFF, 0xFF, 9]], .messageTooLarge),
      ("more than announced", [[0xC0, 0x12, 0x34, 0, 1, 9, 9]], .malformed),
      ("less than announced", [[0xC0, 0x12, 0x34, 0, 2, 9]], .malformed),
      ("whole but not last", [[0x80, 0x12, 0x34, 0, 1, 9]], .malformed),
      ("a beginning in the middle", [[0x41, 0x12, 0x34, 9]], .unexpectedMessage),
      ("a count from one", [[0xC1, 0x12, 0x34, 0, 1, 9]], .malformed),
      ("a frame missing", [[0x80, 0x12, 0x34, 0, 3, 9], [0x42, 0x12, 0x34, 9]], .malformed),
      ("a frame twice", [[0x80, 0x12, 0x34, 0, 4, 9], [1, 0x12, 0x34, 9], [1, 0x12, 0x34, 9]], .malformed),
      ("another session between", [[0x80, 0x12, 0x34, 0, 3, 9], [0x41, 0x99, 0x99, 9, 9]], .unexpectedMessage),
      ("a message begun again", [[0x80, 0x12, 0x34, 0, 3, 9], [0x80, 0x12, 0x34, 0, 3, 9]], .malformed),
      ("257 bytes in a message of 3", [[0x80, 0x12, 0x34, 0, 3] + [UInt8](repeating: 9, count: 257)], .malformed),
    ]
  }

  private static func refuse(_ entry: Frames, _ findings: Findings) {
    var reassembler = Reassembler()
    do throws(SetupFault) {
      for frame in entry.frames { _ = try reassembler.receive(frame) }
      findings.add("it passes")
    } catch { findings.expect(error == entry.fault, "it is refused for another reason") }
    // After a fault the next whole message passes.
    findings.expect(
      (try? reassembler.receive([0xC0, 0x12, 0x34, 0, 1, 9]))?.bytes == [9], "the next message does not pass")
  }

  private static func join(_ findings: Findings) throws(VectorFault) {
    for capacity in [20, 21, 61, 182, 244, 509, 514] {
      for count in [1, 14, 15, 16, 32, 33, 255, 256, 257, 1000, 4095, 4096] {
        let message = SeededRandom(UInt64(count)).bytes(count: count) ?? []
        let frames = cut(message, capacity: capacity)
        findings.expect(frames.allSatisfy { $0.count <= capacity }, "a frame is longer than \(capacity)")
        var reassembler = Reassembler()
        for (index, frame) in frames.enumerated() {
          let whole: Reassembler.Whole?
          do throws(SetupFault) { whole = try reassembler.receive(frame) } catch { throw VectorFault(error.text) }
          let isLast = index == frames.count - 1
          let isRight = isLast ? whole?.bytes == message && whole?.session == 0x1234 : whole == nil
          findings.expect(isRight, "\(count) bytes at \(capacity): frame \(index)")
        }
      }
    }
  }

  private static func cut(_ message: [UInt8], capacity: Int) -> [[UInt8]] {
    let fragmenter = Fragmenter(message, session: 0x1234)
    var frames: [[UInt8]] = []
    while let frame = fragmenter.next(capacity: capacity) { frames.append(frame) }
    return frames
  }
}
