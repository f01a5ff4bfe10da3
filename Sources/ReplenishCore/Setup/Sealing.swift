/// AES-256-GCM in one direction of a session: one key, nonces counted up, the tag behind the ciphertext.
package struct Sealing: ~Copyable {
  /// The length of the tag.
  static let tagLength = AESGCM.tagLength

  private let key: Secret
  private var counter: UInt64 = 0

  /// Begins at nonce zero with a key of 32 bytes that nothing else uses.
  package init(key: Secret) { self.key = key }

  /// The ciphertext of a message and its tag, for the next nonce.
  package mutating func seal(_ message: Secret, additional: [UInt8]) throws(SetupFault) -> [UInt8] {
    let nonce = try nextNonce()
    guard let sealed = AESGCM.seal(message, key: key, nonce: nonce, additional: additional) else {
      throw .cryptographyFailed
    }
    return sealed
  }

  /// The message in a ciphertext with its tag, for the next nonce; throws ``SetupFault/tampered`` if it is not that.
  package mutating func open(_ sealed: [UInt8], additional: [UInt8]) throws(SetupFault) -> Secret {
    guard sealed.count >= Sealing.tagLength else { throw .tampered }
    let nonce = try nextNonce()
    do throws(AESGCM.Fault) {
      return try AESGCM.open(sealed, key: key, nonce: nonce, additional: additional)
    } catch {
      switch error {
      case .tampered: throw .tampered
      case .failed: throw .cryptographyFailed
      }
    }
  }

  /// Twelve bytes: four zero, then the counter, big-endian.
  private mutating func nextNonce() throws(SetupFault) -> [UInt8] {
    guard counter < UInt64(UInt32.max) else { throw .cryptographyFailed }
    let nonce = [0, 0, 0, 0] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: counter >> ($0 * 8)) }
    counter += 1
    return nonce
  }
}
