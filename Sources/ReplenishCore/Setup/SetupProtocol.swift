/// The constants of the setup protocol; SetupProtocol in the documentation describes the wire.
public enum SetupProtocol {
  /// The versions that this code speaks, the newest first.
  public static let versions: [UInt8] = [1]
  /// The longest message in bytes, its type and, if sealed, its tag included.
  public static let maximumMessage = 4096
  /// The lengths of salt that a phone accepts, in bytes.
  public static let saltLengths = 16...32
  /// The iteration counts of PBKDF2 that a phone accepts.
  public static let iterationCounts = 10_000...1_000_000
  /// The lengths of a model id, in bytes.
  static let modelLengths = 1...63
  /// The most versions that a phone may offer.
  static let maximumVersions = 16
  /// The most messages that may wait for a phone.
  static let maximumWaiting = 8

  /// The identity of the phone in SPAKE2+ (`idProver`).
  static let proverIdentity: StaticString = "replenish-phone"
  /// The identity of the device in SPAKE2+ (`idVerifier`).
  static let verifierIdentity: StaticString = "replenish-device"
  /// The name of the protocol in the SPAKE2+ context.
  static let name: StaticString = "ReplenishKit setup"
}

extension StaticString {
  /// The UTF-8 of the literal.
  var bytes: [UInt8] { Array(UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)) }
}
