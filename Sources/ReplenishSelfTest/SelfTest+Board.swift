import ReplenishCore

extension SelfTest {
  /// Two draws of 32 bytes that are equal, or all of one byte, come from no source of randomness.
  static func differs(_ random: any RandomSource) -> Bool {
    guard let first = random.secret(count: 32), let second = random.secret(count: 32) else { return false }
    return !Secret.matches(first, second) && !isUniform(first) && !isUniform(second)
  }

  private static func isUniform(_ secret: Secret) -> Bool {
    secret.withBytes { bytes in bytes.allSatisfy { $0 == bytes.first } }
  }

  /// Reads a clock until it has moved on by a millisecond. A clock that stands still or goes back fails; the count of
  /// readings is the bound, since there is no other clock to go by.
  static func runs(_ uptime: () -> UInt64, readings: Int = 2_000_000) -> Bool {
    let start = uptime()
    for _ in 0..<readings {
      let now = uptime()
      if now != start { return now > start }
    }
    return false
  }
}
