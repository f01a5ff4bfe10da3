/// Puts frames together to messages, one at a time.
package struct Reassembler {
  /// A whole message and the session it belongs to.
  package struct Whole: Equatable {
    package let session: UInt16
    package let bytes: [UInt8]
  }

  private var session: UInt16 = 0
  private var expected = 0
  private var collected: [UInt8] = []
  private var frames: UInt8 = 0
  private var isCollecting = false

  package init() {}

  /// Takes a frame; gives the message that it completes, if it completes one.
  ///
  /// The first frame of another session replaces what was begun, since a phone that starts over cannot finish it. After
  /// a fault nothing is begun.
  package mutating func receive(_ frame: [UInt8]) throws(SetupFault) -> Whole? {
    do {
      return try take(frame)
    } catch {
      reset()
      throw error
    }
  }

  /// Forgets what was begun.
  mutating func reset() {
    isCollecting = false
    collected = []
  }

  private mutating func take(_ frame: [UInt8]) throws(SetupFault) -> Whole? {
    var reader = WireReader(frame)
    guard let control = reader.byte(), let session = reader.bigEndian16(), session != 0 else { throw .malformed }
    if control & Fragmenter.first != 0 {
      guard let length = reader.bigEndian16(), length > 0 else { throw .malformed }
      guard length <= SetupProtocol.maximumMessage else { throw .messageTooLarge }
      guard !isCollecting || session != self.session else { throw .malformed }
      self.session = session
      expected = Int(length)
      collected = []
      frames = 0
      isCollecting = true
    } else {
      guard isCollecting, session == self.session else { throw .unexpectedMessage }
    }
    guard control & Fragmenter.counter == frames & Fragmenter.counter, !reader.isAtEnd else { throw .malformed }
    guard reader.remaining <= expected - collected.count else { throw .malformed }
    collected += reader.rest()
    frames &+= 1
    let isLast = control & Fragmenter.last != 0
    guard isLast == (collected.count == expected) else { throw .malformed }
    guard isLast else { return nil }
    defer { reset() }
    return Whole(session: session, bytes: collected)
  }
}
