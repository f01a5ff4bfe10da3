/// The key that a board provides to seal the records that hold tokens, and what else that takes.
public struct RecordSeal {
  /// The length of a key in bytes: AES-256.
  public static let keyLength = AESGCM.keyLength

  let key: Secret
  let random: any RandomSource
  /// Where the key came from, for messages.
  public let source: String

  /// Takes a key of ``keyLength`` bytes; nil if it has another length.
  public init?(key: Secret, source: String, random: any RandomSource) {
    guard key.count == RecordSeal.keyLength else { return nil }
    self.key = key
    self.source = source
    self.random = random
  }
}
