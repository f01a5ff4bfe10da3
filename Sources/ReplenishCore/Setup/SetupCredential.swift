/// What the factory writes on a device so that it can check a setup code without knowing it.
///
/// Who copies this record can try all codes in hours: it is kept like a token, and the code is not on the device.
public final class SetupCredential: Sendable {
  /// The name in the advertisement and on the label.
  public let shortID: ShortID
  /// The salt of PBKDF2; 16–32 bytes.
  public let salt: [UInt8]
  /// The iteration count of PBKDF2; 10 000–1 000 000.
  public let iterations: Int
  /// `w0` of SPAKE2+ (RFC 9383), 32 bytes.
  let w0: Secret
  /// `L` of SPAKE2+, an uncompressed point of 65 bytes.
  let l: Secret

  /// Derives the record of a code. For the factory; takes as long as the iterations ask for.
  public convenience init(code: SetupCode, shortID: ShortID, salt: [UInt8], iterations: Int) throws(Fault) {
    guard SetupProtocol.saltLengths.contains(salt.count) else { throw .saltLength(salt.count) }
    guard SetupProtocol.iterationCounts.contains(iterations) else { throw .iterations(iterations) }
    let w0: Secret
    let l: Secret
    do {
      let derivation = try SetupDerivation(code: code, salt: salt, iterations: iterations)
      w0 = derivation.w0
      l = try derivation.l()
    } catch {
      throw .cryptographyFailed
    }
    try self.init(shortID: shortID, salt: salt, iterations: iterations, w0: w0, l: l)
  }

  /// Derives the record of a code with a salt of 16 bytes and a short id drawn for it.
  public convenience init(drawingFor code: SetupCode, iterations: Int = 100_000, random: any RandomSource) throws(Fault)
  {
    guard let salt = random.bytes(count: 16), let shortID = ShortID(random: random) else { throw .cryptographyFailed }
    try self.init(code: code, shortID: shortID, salt: salt, iterations: iterations)
  }

  init(shortID: ShortID, salt: [UInt8], iterations: Int, w0: Secret, l: Secret) throws(Fault) {
    guard SetupProtocol.saltLengths.contains(salt.count) else { throw .saltLength(salt.count) }
    guard SetupProtocol.iterationCounts.contains(iterations) else { throw .iterations(iterations) }
    let isScalar: Bool
    let isPoint: Bool
    do {
      let group = try P256()
      isScalar = try group.scalar(w0) != nil
      isPoint = try l.withBytes { (bytes) throws(SetupFault) in try group.point(bytes) != nil }
    } catch {
      throw .cryptographyFailed
    }
    guard isScalar else { throw .member("w0") }
    guard isPoint else { throw .member("L") }
    self.shortID = shortID
    self.salt = salt
    self.iterations = iterations
    self.w0 = w0
    self.l = l
  }

  /// Why a record is not acceptable.
  public enum Fault: Error, Equatable {
    /// Not JSON, or not one object.
    case notJSON(line: Int, column: Int)
    /// The format or its version is not this one.
    case format
    /// A member is missing, of the wrong type, or not a value that can be.
    case member(String)
    /// A member that the format does not have.
    case unknownMember
    /// The salt is shorter than 16 or longer than 32 bytes.
    case saltLength(Int)
    /// The iteration count is below 10 000 or above 1 000 000.
    case iterations(Int)
    /// No random numbers could be had, or libcrypto failed.
    case cryptographyFailed

    /// What is wrong and what to do, for a person.
    public var text: String {
      switch self {
      case .notJSON(let line, let column):
        composed(
          "The setup record is not JSON (line \(line), column \(column)). Write it again with replenish-factory.")
      case .format: "The setup record is of another format or version. Write it again with replenish-factory."
      case .member(let name):
        composed(
          "The setup record's member \(name) is missing or wrong. Write the record again with replenish-factory.")
      case .unknownMember:
        "The setup record has a member that its format does not know. Write it again with replenish-factory."
      case .saltLength(let count): composed("The salt of a setup record has 16 to 32 bytes, not \(count).")
      case .iterations(let count): composed("The iterations of a setup record are 10000 to 1000000, not \(count).")
      case .cryptographyFailed: "No random numbers could be had, or libcrypto failed. Try again; see the system log."
      }
    }
  }
}
