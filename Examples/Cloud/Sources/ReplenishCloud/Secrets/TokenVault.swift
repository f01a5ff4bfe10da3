import Crypto
import Foundation

/// Seals what must not be readable in a stolen database: tokens and verifiers.
///
/// AES-256-GCM with a random nonce. Each value names its key, and is bound to its place (table, row, column,
/// generation), so that a value moved elsewhere in the database does not open.
public struct TokenVault: Sendable {
  /// Where a value stands.
  public struct Place: Sendable {
    let text: String

    /// Names a place.
    public init(table: String, row: String, column: String, generation: Int64) {
      text = "\(table)\u{0}\(row)\u{0}\(column)\u{0}\(generation)"
    }
  }

  /// A value that does not open.
  public enum Failure: Error, CustomStringConvertible {
    /// Its key is not there.
    case missingKey(String)
    /// It was changed, moved, or sealed with another key of the same name.
    case notAuthentic(String)

    /// One line; the value is not in it.
    public var description: String {
      switch self {
      case .missingKey(let id):
        "The database holds values sealed with the key \(id), which the key file does not have; bring that line back."
      case .notAuthentic(let id):
        "A value sealed with the key \(id) does not open: the key file has another key of that name, or the value "
          + "was changed; bring the right key file back."
      }
    }
  }

  private let keys: [String: SymmetricKey]
  /// The key that seals.
  public let primary: String

  /// Takes the keys of a key file.
  public init(_ file: KeyFile) {
    keys = Dictionary(uniqueKeysWithValues: file.keys.map { ($0.id, SymmetricKey(data: $0.bytes)) })
    primary = file.keys[0].id
  }

  /// The names of all keys.
  var names: [String] { Array(keys.keys) }

  /// Seals a value for its place: `KEY:BASE64(nonce, ciphertext, tag)`.
  public func seal(_ value: String, for place: Place) throws -> String {
    guard let key = keys[primary] else { throw Failure.missingKey(primary) }
    let box = try AES.GCM.seal(Data(value.utf8), using: key, authenticating: Data(place.text.utf8))
    guard let combined = box.combined else { throw Failure.notAuthentic(primary) }
    return primary + ":" + combined.base64EncodedString()
  }

  /// Opens a value at its place.
  public func open(_ sealed: String, at place: Place) throws -> String {
    let halves = sealed.split(separator: ":", maxSplits: 1)
    guard halves.count == 2 else { throw Failure.notAuthentic("without a name") }
    let id = String(halves[0])
    guard let key = keys[id] else { throw Failure.missingKey(id) }
    guard let combined = Data(base64Encoded: String(halves[1])), let box = try? AES.GCM.SealedBox(combined: combined),
      let opened = try? AES.GCM.open(box, using: key, authenticating: Data(place.text.utf8)),
      let text = String(validating: opened, as: UTF8.self)
    else { throw Failure.notAuthentic(id) }
    return text
  }
}
