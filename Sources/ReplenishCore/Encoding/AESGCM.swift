import COpenSSL

/// AES-256-GCM (NIST SP 800-38D) with nonces that the caller answers for: the same one must never come twice with a key.
enum AESGCM {
  /// The length of a key.
  static let keyLength = 32
  /// The length of a nonce.
  static let nonceLength = 12
  /// The length of the tag, which stands behind the ciphertext.
  static let tagLength = 16

  /// Why a ciphertext was not opened.
  enum Fault: Error {
    /// It is not what was sealed, or the key is another.
    case tampered
    /// libcrypto could not do its work, or key or nonce have another length.
    case failed
  }

  /// The ciphertext of a message and its tag; nil if libcrypto could not do its work.
  static func seal(_ message: Secret, key: Secret, nonce: [UInt8], additional: [UInt8]) -> [UInt8]? {
    guard
      key.count == keyLength, nonce.count == nonceLength, let length = Int32(exactly: message.count),
      let context = EVP_CIPHER_CTX_new()
    else { return nil }
    defer { EVP_CIPHER_CTX_free(context) }
    var sealed = [UInt8](repeating: 0, count: message.count + tagLength)
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
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), end) == 1
          else { return false }
          return true
        }
      }
    }
    return isDone ? sealed : nil
  }

  /// The message in a ciphertext with its tag.
  static func open(
    _ sealed: [UInt8], key: Secret, nonce: [UInt8], additional: [UInt8]
  ) throws(Fault) -> Secret {
    let count = sealed.count - tagLength
    guard count >= 0 else { throw .tampered }
    guard
      key.count == keyLength, nonce.count == nonceLength, let length = Int32(exactly: count),
      let context = EVP_CIPHER_CTX_new()
    else { throw .failed }
    defer { EVP_CIPHER_CTX_free(context) }
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
}

extension UnsafeRawBufferPointer {
  fileprivate var bytes: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
