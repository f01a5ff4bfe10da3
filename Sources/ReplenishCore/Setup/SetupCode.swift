import COpenSSL

/// The code on a device's label that lets its owner link it: eight decimal digits, no pattern among them.
///
/// Uniform over the codes without a plain pattern (see ``Fault/patterned``), a little under 26.6 bits. The phone and the factory
/// know it; the device never does (it keeps a ``SetupCredential``).
public struct SetupCode: Sendable {
  /// The number of digits.
  public static let length = 8

  /// The eight digits in ASCII.
  let digits: Secret

  /// Why a text is not a setup code.
  public enum Fault: Error, Equatable {
    /// Not eight digits long, spaces and hyphens between digits aside.
    case wrongLength(Int)
    /// Holds something other than digits, spaces and hyphens.
    case notADigit
    /// All one digit, a run such as 12345678, or a block repeated: a code that a factory never gives out.
    case patterned

    /// What is wrong and what to do, for a person.
    public var text: String {
      switch self {
      case .wrongLength(let count): "A setup code has 8 digits; this one has \(count). Read it from the label again."
      case .notADigit: "A setup code has only digits. Read it from the label again."
      case .patterned: "No label carries a setup code with so plain a pattern. Read it from the label again."
      }
    }
  }

  /// Reads a code as a person types it; spaces and hyphens are passed over.
  public init(_ text: Secret) throws(Fault) {
    var typed = text.withBytes { bytes in bytes.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "-") } }
    defer { SetupCode.erase(&typed) }
    guard typed.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { throw .notADigit }
    guard typed.count == SetupCode.length else { throw .wrongLength(typed.count) }
    guard !SetupCode.isPatterned(typed) else { throw .patterned }
    digits = Secret(copying: typed)
  }

  /// Draws a code; nil if no randomness can be had.
  public init?(random: any RandomSource) {
    // Numbers at or above the largest multiple of 10^8 are drawn again, so that every code is as likely as another.
    let codes: UInt32 = 100_000_000
    let limit = codes * 42
    for _ in 0..<256 {
      guard let drawn = random.secret(count: 4) else { return nil }
      let number = drawn.withBytes { $0.loadUnaligned(as: UInt32.self) }
      guard number < limit else { continue }
      var digits = [UInt8](repeating: 0x30, count: SetupCode.length)
      defer { SetupCode.erase(&digits) }
      var rest = number % codes
      for index in digits.indices.reversed() {
        digits[index] += UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      guard !SetupCode.isPatterned(digits) else { continue }
      self.digits = Secret(copying: digits)
      return
    }
    return nil  // 256 draws refused in a row: the source is stuck
  }

  /// The digits as `1234-5678`, for the label.
  public var label: Secret {
    var builder = SecretBuilder(capacity: 16)
    digits.withBytes { digits in
      for (index, digit) in digits.enumerated() {
        if index == 4 { builder.append(UInt8(ascii: "-")) }
        builder.append(digit)
      }
    }
    return builder.finish()
  }

  private static func erase(_ digits: inout [UInt8]) {
    digits.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
  }

  /// Whether eight digits are a block of one, two or four repeated, or count up or down by one (9 and 0 are neighbours).
  static func isPatterned(_ digits: [UInt8]) -> Bool {
    guard digits.count == length else { return false }
    if digits[..<4] == digits[4...] { return true }
    let steps = zip(digits, digits.dropFirst()).map { (10 + Int($1) - Int($0)) % 10 }
    return steps.allSatisfy { $0 == 1 } || steps.allSatisfy { $0 == 9 }
  }
}
