@testable import ReplenishCore

/// The code, model and record that all setup targets use, derived once: PBKDF2 is slow on purpose.
enum SetupParties {
  static let model = "Coffee-1"
  static let iterations = 10_000
  static let salt = (0..<16).map { UInt8($0 &* 11 &+ 3) }

  static let code: SetupCode = made { try SetupCode(Secret(copying: "48205193")) }

  static let credential: SetupCredential = made {
    guard let shortID = ShortID([0x4F, 0x2A, 0x9C]) else { throw SetupFault.malformed }
    return try SetupCredential(code: code, shortID: shortID, salt: salt, iterations: iterations)
  }

  static let derivation: SetupDerivation = made {
    try SetupDerivation(code: code, salt: salt, iterations: iterations)
  }

  /// The harness cannot do without these, and nothing a fuzzer does changes them.
  static func made<Value>(_ make: () throws -> Value) -> Value {
    do { return try make() } catch { fatalError("the harness is broken: \(error)") }
  }
}
