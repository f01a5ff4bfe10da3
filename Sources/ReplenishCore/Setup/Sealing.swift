import COpenSSL

/// AES-256-GCM (NIST SP 800-38D) in one direction: one key, nonces counted up, the tag behind the ciphertext.
package struct Sealing: ~Copyable {
  /// The length of the tag.
  static let tagLength = 16

  private let key: Secret
  private var counter: UInt64 = 0

  /// Begins at nonce zero with a key of 32 bytes that nothing else uses.
  package init(key: Secret) { self.key = key }

  /// The ciphertext of a message and its tag, for the next nonce.
  package mutating func seal(_ message: Secret, additional: [UInt8]) throws(SetupFault) -> [UInt8] {
    guard key.count == 32, let length = Int32(exactly: message.count), let context = EVP_CIPHER_CTX_new() else {
      throw .cryptographyFailed
    }
    defer { EVP_CIPHER_CTX_free(context) }
    let nonce = try nextNonce()
    var sealed = [UInt8](repeating: 0, count: message.count + Sealing.tagLength)
    let isDone = sealed.withUnsafeMutableBufferPointer { sealed in
      key.withBytes { key in
        message.withBytes { message in
          var written: Int32 = 0
          guard
            EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key.bytes, nonce) == 1,
            EVP_EncryptUpdate(context, nil, &written, additional, Int32(additional.count)) == 1,
            EVP_EncryptUpdate(context, sealed.baseAddress, &written, message.bytes, length) == 1,
            written == length, let end = sealed.baseAddress.map({ $0 + message.count }),
            EVP_EncryptFinal_ex(context, end, &written) == 1, written == 0,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Sealing.tagLength), end) == 1
          else { return false }
          return true
        }
      }
    }
    guard isDone else { throw .cryptographyFailed }
    return sealed
  }

  /// The message in a ciphertext with its tag, for the next nonce; throws ``SetupFault/tampered`` if it is not that.
  package mutating func open(_ sealed: [UInt8], additional: [UInt8]) throws(SetupFault) -> Secret {
    let count = sealed.count - Sealing.tagLength
    guard count >= 0 else { throw .tampered }
    guard key.count == 32, let length = Int32(exactly: count), let context = EVP_CIPHER_CTX_new() else {
      throw .cryptographyFailed
    }
    defer { EVP_CIPHER_CTX_free(context) }
    let nonce = try nextNonce()
    var tag = Array(sealed[count...])
    var isWhole = false
    let message = key.withBytes { key in
      Secret(count: count) { message in
        var written: Int32 = 0
        var rest: UInt8 = 0  // the cipher is a stream: its end writes nothing, but wants somewhere to write
        let target = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard
          EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key.bytes, nonce) == 1,
          EVP_DecryptUpdate(context, nil, &written, additional, Int32(additional.count)) == 1,
          EVP_DecryptUpdate(context, target, &written, sealed, length) == 1, written == length,
          EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
        else { return }
        isWhole = EVP_DecryptFinal_ex(context, &rest, &written) == 1
      }
    }
    guard isWhole else {
      ERR_clear_error()  // see P256: nothing that a peer causes stays in the queue
      throw .tampered
    }
    return message
  }

  /// Twelve bytes: four zero, then the counter, big-endian.
  private mutating func nextNonce() throws(SetupFault) -> [UInt8] {
    guard counter < UInt64(UInt32.max) else { throw .cryptographyFailed }
    let nonce = [0, 0, 0, 0] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: counter >> ($0 * 8)) }
    counter += 1
    return nonce
  }
}

extension UnsafeRawBufferPointer {
  fileprivate var bytes: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
