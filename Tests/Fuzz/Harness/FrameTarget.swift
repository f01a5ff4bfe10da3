@testable import ReplenishCore

/// Frames, in any order and form, and messages cut into frames and put together.
enum FrameTarget {
  static func run(_ bytes: inout InputBytes) throws(Violation) {
    var reassembler = Reassembler()
    while !bytes.isAtEnd {
      switch bytes.number(below: 3) {
      case 0: try take(bytes.chunk(), &reassembler)
      case 1:
        // A frame with a sensible header, so that the counter and the length are reached.
        let control = bytes.byte()
        let session = BigEndian.bytes(Int(bytes.byte()), count: 2)
        let length = control & Fragmenter.first == 0 ? [] : BigEndian.bytes(Int(bytes.word()), count: 2)
        try take([control] + session + length + bytes.chunk(), &reassembler)
      default:
        let capacity = Int(bytes.word())
        let session = max(bytes.word(), 1)
        try isWhole(bytes.chunk(), capacity: capacity, session: session)
      }
    }
  }

  private static func take(_ frame: [UInt8], _ reassembler: inout Reassembler) throws(Violation) {
    guard let whole = try? reassembler.receive(frame) else { return }
    try Violation.unless(
      (1...SetupProtocol.maximumMessage).contains(whole.bytes.count), "a message is within bounds")
    try Violation.unless(whole.session != 0, "a message belongs to a session")
  }

  private static func isWhole(_ message: [UInt8], capacity: Int, session: UInt16) throws(Violation) {
    guard (1...SetupProtocol.maximumMessage).contains(message.count) else { return }
    let fragmenter = Fragmenter(message, session: session)
    var reassembler = Reassembler()
    while let frame = fragmenter.next(capacity: capacity) {
      try Violation.unless(frame.count <= max(capacity, Fragmenter.minimumFrame), "a frame fits")
      guard let received = try? reassembler.receive(frame) else { continue }
      try Violation.unless(
        received == Reassembler.Whole(session: session, bytes: message), "a message comes together as it was cut")
      return
    }
    throw Violation(description: "a message's last frame completes it")
  }
}
