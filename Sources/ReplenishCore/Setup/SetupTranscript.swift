/// The messages of one handshake, as both sides saw them, for the keys of the session.
package struct SetupTranscript {
  private var bytes: [UInt8] = []

  package init() {}

  /// Adds a message, after its length as eight bytes, little-endian.
  package mutating func append(_ message: [UInt8]) {
    bytes += SPAKE2Plus.length(message.count) + message
  }

  /// SHA-256 of it all.
  package var digest: [UInt8] { SHA256.digest(bytes) }
}
