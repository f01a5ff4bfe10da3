/// Cuts one message into frames; see SetupProtocol for their form.
package final class Fragmenter {
  /// The bit of a message's first frame.
  static let first: UInt8 = 0x80
  /// The bit of a message's last frame.
  static let last: UInt8 = 0x40
  /// The bits that count the frames of a message, modulo 64.
  static let counter: UInt8 = 0x3F
  /// The bytes of a frame before the part of the message in it; the first frame has two more, for the length.
  static let headerLength = 3
  /// The smallest frame, the payload of an ATT packet at the MTU of 23.
  static let minimumFrame = 20

  private let session: UInt16
  private let message: [UInt8]
  private var sent = 0
  private var frames: UInt8 = 0

  /// Begins a message of 1 to ``SetupProtocol/maximumMessage`` bytes.
  package init(_ message: [UInt8], session: UInt16) {
    self.message = message
    self.session = session
  }

  /// The next frame of at most `capacity` bytes (at least 20); nil when all of the message has gone.
  package func next(capacity: Int) -> [UInt8]? {
    guard sent < message.count else { return nil }
    let isFirst = sent == 0  // and not by `frames`, which wraps
    var frame =
      [(isFirst ? Fragmenter.first : 0) | (frames & Fragmenter.counter)] + BigEndian.bytes(Int(session), count: 2)
    if isFirst { frame += BigEndian.bytes(message.count, count: 2) }
    let part = message[sent...].prefix(max(capacity, Fragmenter.minimumFrame) - frame.count)
    frame += part
    sent += part.count
    frames &+= 1
    if sent == message.count { frame[0] |= Fragmenter.last }
    return frame
  }
}
