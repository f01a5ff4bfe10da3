import Crypto
import CryptoExtras
import Foundation
import OAuthServer

/// The stored form of a password: `$scrypt$ln=15,r=8,p=3$SALT$HASH`, which says itself how it was made.
struct PasswordHash: Equatable {
  /// How much work a guess costs.
  struct Cost: Equatable, Sendable {
    /// The logarithm of N, which is memory and time.
    var logN: Int
    /// The block size.
    var r: Int
    /// The parallelism.
    var p: Int

    /// 32 MiB and three passes: what OWASP's password storage page names for N = 2^15.
    static let standard = Cost(logN: 15, r: 8, p: 3)
    /// What a stored string may ask of this machine at most.
    var isBearable: Bool { (1...20).contains(logN) && (1...16).contains(r) && (1...16).contains(p) }
  }

  var cost: Cost
  var salt: [UInt8]
  var hash: [UInt8]

  /// Hashes a password with a new salt.
  init(of password: String, cost: Cost) throws {
    var random = SystemRandomNumberGenerator()
    let salt = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
    self.cost = cost
    self.salt = salt
    hash = try Self.derive(password, salt: salt, cost: cost)
  }

  /// Reads the stored form.
  init?(_ text: String) {
    let parts = text.split(separator: "$", omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
    var numbers: [Substring: Int] = [:]
    for pair in parts[2].split(separator: ",") {
      let halves = pair.split(separator: "=")
      guard halves.count == 2, let number = Int(halves[1]) else { return nil }
      numbers[halves[0]] = number
    }
    guard let logN = numbers["ln"], let r = numbers["r"], let p = numbers["p"],
      let salt = Data(base64Encoded: String(parts[3])), let hash = Data(base64Encoded: String(parts[4])),
      salt.count >= 8, hash.count == 32
    else { return nil }
    cost = Cost(logN: logN, r: r, p: p)
    guard cost.isBearable else { return nil }
    self.salt = Array(salt)
    self.hash = Array(hash)
  }

  /// The stored form.
  var text: String {
    "$scrypt$ln=\(cost.logN),r=\(cost.r),p=\(cost.p)$\(Data(salt).base64EncodedString())$"
      + Data(hash).base64EncodedString()
  }

  /// Whether this is the password.
  func matches(_ password: String) throws -> Bool {
    constantTimeEqual(try Self.derive(password, salt: salt, cost: cost), hash)
  }

  private static func derive(_ password: String, salt: [UInt8], cost: Cost) throws -> [UInt8] {
    // What one keyboard composes and another does not is the same password.
    let bytes = Data(password.precomposedStringWithCompatibilityMapping.utf8)
    let key = try KDF.Scrypt.deriveKey(
      from: bytes, salt: salt, outputByteCount: 32, rounds: 1 << cost.logN, blockSize: cost.r,
      parallelism: cost.p, maxMemory: 128 * cost.r * ((1 << cost.logN) + cost.p + 2) + (1 << 20))
    return key.withUnsafeBytes { Array($0) }
  }
}
