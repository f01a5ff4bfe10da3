import Crypto
import Foundation
import OwnerOnlyFiles
import TextEncodings

/// The keys that seal tokens: one line each, a name and 32 bytes in base64. The first one seals, all of them open.
public struct KeyFile: Sendable {
  /// One line.
  public struct Key: Sendable {
    /// Its name, which stands in front of each value it sealed.
    public var id: String
    /// The 32 bytes.
    public var bytes: Data

    var line: String { "\(id) \(bytes.base64EncodedString())" }
  }

  /// A file that cannot be used.
  public struct Failure: Error, CustomStringConvertible {
    /// One line: what is wrong, where, and what to do. No key is in it.
    public let description: String
  }

  /// At least one key, the first one sealing.
  public let keys: [Key]

  /// Takes keys directly, for tests.
  public init(keys: [Key]) { self.keys = keys }

  /// A key for another purpose, the same wherever this file is.
  public func derived(for purpose: String) -> Data {
    HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: keys[0].bytes), info: Data(purpose.utf8), outputByteCount: 32
    ).withUnsafeBytes { Data($0) }
  }

  /// A key nobody has.
  public static func draw() -> Key {
    let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
    return Key(id: "k" + randomHexadecimal(bytes: 4), bytes: bytes)
  }

  /// Reads a file that nobody else may read.
  public init(path: String) throws {
    let text = try PrivateFile.read(path, what: "key file", hint: "make one with: replenish-cloud key \(path)")
    keys = try Self.keys(in: text, path: path)
  }

  private static func keys(in text: String, path: String) throws -> [Key] {
    var keys: [Key] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") { continue }
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      guard words.count == 2, let bytes = Data(base64Encoded: String(words[1])), bytes.count == 32,
        words[0].utf8.count <= 32, words[0].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
      else {
        throw Failure(
          description: "\(path), line \(number + 1): this is no key; a line is a name and 32 bytes in base64.")
      }
      guard !keys.contains(where: { $0.id == words[0] }) else {
        throw Failure(description: "\(path), line \(number + 1): the name \(words[0]) is there twice.")
      }
      keys.append(Key(id: String(words[0]), bytes: bytes))
    }
    guard !keys.isEmpty else {
      throw Failure(description: "\(path) has no key; make a file with: replenish-cloud key FILE")
    }
    return keys
  }

  /// Makes a new file with one key; refuses to touch one that is there.
  public static func create(path: String) throws -> Key {
    let key = draw()
    let text = """
      # Keys of replenish-cloud. The first one seals, all of them open. Never in the backup that holds the database.
      \(key.line)

      """
    try PrivateFile.create(path, text, what: "key file")
    return key
  }
}
