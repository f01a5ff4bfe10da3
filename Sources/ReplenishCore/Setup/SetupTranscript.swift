/// The messages of one handshake, as both sides saw them, for the keys of the session.
struct SetupTranscript {
  private var bytes: [UInt8] = []

  /// Adds a message, after its length as eight bytes, little-endian.
  mutating func append(_ message: [UInt8]) {
    bytes += SPAKE2Plus.length(message.count) + message
  }

  /// SHA-256 of it all.
  var digest: [UInt8] { SHA256.digest(bytes) }
}
