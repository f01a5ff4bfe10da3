import ReplenishCore

/// ATT and framing byte for byte.
package enum WireChecks {
  /// All of them.
  package static func checks() -> [Check] {
    attributeProtocol
      .map { script in Check("att: \(script.name)") { (findings) throws(VectorFault) in try run(script, findings) } }
      + frames.map { entry in
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

  // MARK: ATT

  /// Requests and the answers they must get (Core Specification, Vol 3, Part F); no answer is an empty one.
  private typealias Script = (name: String, exchanges: [([UInt8], [UInt8])])

  private static func uuid(_ number: UInt8) -> [UInt8] {
    [0xC0, 0xA8, 0xF4, 0x15, 0x5D, 0x42, 0x6D, 0x92, 0x81, 0x47, 0x90, 0xE9, number, 0x00, 0xB2, 0xE0]
  }

  private static let name = Array("Replenish".utf8)

  private static var attributeProtocol: [Script] {
    [
      ("exchanges the MTU once", [([2, 0xF7, 0], [3, 5, 2]), ([2, 0x40, 0], [1, 2, 0, 0, 6])]),
      (
        "keeps the MTU within its limits",
        [([2, 0x16, 0], [1, 2, 0, 0, 4]), ([2, 0x16], [1, 2, 0, 0, 4]), ([2, 0xFF, 0xFF], [3, 5, 2])]
      ),
      (
        "lists its services",
        [
          ([0x10, 1, 0, 0xFF, 0xFF, 0, 0x28], [0x11, 6, 1, 0, 5, 0, 0, 0x18, 6, 0, 6, 0, 1, 0x18]),
          ([0x10, 7, 0, 0xFF, 0xFF, 0, 0x28], [0x11, 20, 7, 0, 14, 0] + uuid(1)),
          ([0x10, 15, 0, 0xFF, 0xFF, 0, 0x28], [1, 0x10, 15, 0, 0x0A]),
          ([0x10, 1, 0, 0xFF, 0xFF, 3, 0x28], [1, 0x10, 1, 0, 0x10]),
          ([0x10, 0, 0, 0xFF, 0xFF, 0, 0x28], [1, 0x10, 0, 0, 1]), ([0x10, 5, 0, 4, 0, 0, 0x28], [1, 0x10, 5, 0, 1]),
        ]
      ),
      (
        "finds the service by its UUID",
        [
          ([6, 1, 0, 0xFF, 0xFF, 0, 0x28] + uuid(1), [7, 7, 0, 14, 0]),
          ([6, 1, 0, 0xFF, 0xFF, 0, 0x28, 1, 0x18], [7, 6, 0, 6, 0]),
          ([6, 1, 0, 0xFF, 0xFF, 0, 0x28, 2, 0x18], [1, 6, 1, 0, 0x0A]),
        ]
      ),
      (
        "lists its characteristics",
        [
          ([8, 7, 0, 14, 0, 3, 0x28], [9, 21, 8, 0, 2, 9, 0] + uuid(2)), ([2, 5, 2], [3, 5, 2]),
          (
            [8, 7, 0, 14, 0, 3, 0x28],
            [9, 21, 8, 0, 2, 9, 0] + uuid(2) + [10, 0, 8, 11, 0] + uuid(3) + [12, 0, 0x20, 13, 0] + uuid(4)
          ),
        ]
      ),
      (
        "lists types of one length at a time",
        [
          ([4, 12, 0, 12, 0], [5, 1, 12, 0, 3, 0x28]), ([4, 13, 0, 14, 0], [5, 2, 13, 0] + uuid(4)),
          ([4, 14, 0, 0xFF, 0xFF], [5, 1, 14, 0, 2, 0x29]), ([4, 15, 0, 0xFF, 0xFF], [1, 4, 15, 0, 0x0A]),
        ]
      ),
      (
        "reads whole and in parts",
        [
          ([0x0A, 3, 0], [0x0B] + name), ([0x0C, 3, 0, 6, 0], [0x0D] + Array("ish".utf8)),
          ([0x0C, 3, 0, 9, 0], [0x0D]),
          ([0x0C, 3, 0, 10, 0], [1, 0x0C, 3, 0, 7]), ([0x0A, 11, 0], [1, 0x0A, 11, 0, 2]),
          ([0x0A, 0, 0], [1, 0x0A, 0, 0, 1]), ([0x0A, 15, 0], [1, 0x0A, 15, 0, 1]),
          ([8, 1, 0, 0xFF, 0xFF, 0, 0x2A], [9, 11, 3, 0] + name),
          ([8, 1, 0, 0xFF, 0xFF] + uuid(3), [1, 8, 11, 0, 2]),
        ]
      ),
      (
        "takes an assigned UUID in its long form",
        [
          (
            [8, 1, 0, 0xFF, 0xFF, 0xFB, 0x34, 0x9B, 0x5F, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0, 0, 0x2A, 0, 0],
            [9, 11, 3, 0] + name
          )
        ]
      ),
      (
        "refuses other configurations",
        [
          ([0x12, 14, 0, 1, 0], [1, 0x12, 14, 0, 0x13]), ([0x12, 14, 0, 0xFF, 0xFF], [1, 0x12, 14, 0, 0x13]),
          ([0x12, 14, 0], [1, 0x12, 14, 0, 0x0D]), ([0x12, 14, 0, 2, 0, 0], [1, 0x12, 14, 0, 0x0D]),
        ]
      ),
      (
        "answers requests it does not know",
        ([0x0E, 0x20, 0x22, 0x3E, 0x80, 0xBE] as [UInt8]).map { ([$0, 1, 0], [1, $0, 0, 0, 6]) }
      ),
      (
        "passes over what needs no answer",
        ([1, 3, 5, 0x0B, 0x13, 0x1B, 0x23, 0x42, 0x52, 0xD2, 0xFF] as [UInt8]).map { ([$0, 1, 0], []) } + [([], [])]
      ),
      (
        "refuses packets longer than the MTU",
        [
          ([0x12, 11, 0] + [UInt8](repeating: 0, count: 21), [1, 0x12, 0, 0, 4]),
          ([0x52, 11, 0] + [UInt8](repeating: 0, count: 21), []),
        ]
      ),
    ]
  }

  private static func run(_ script: Script, _ findings: Findings) throws(VectorFault) {
    var connection = PhoneConnection(
      credential: DeviceFixture.credential, model: SetupLink.model, random: SeededRandom(1))
    for (index, (request, expected)) in script.exchanges.enumerated() {
      var answer: [UInt8] = []
      for case .transmit(let packet) in connection.receive(packet: request) { answer = packet }
      findings.expect(answer == expected, "request \(index + 1) is answered with \(Hex.encode(answer))")
    }
  }

  // MARK: Framing

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
    var fragmenter = Fragmenter(message, session: 0x1234)
    var frames: [[UInt8]] = []
    while let frame = fragmenter.next(capacity: capacity) { frames.append(frame) }
    return frames
  }
}
