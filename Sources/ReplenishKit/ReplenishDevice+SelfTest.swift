import ReplenishCore
import ReplenishLinux
import ReplenishSelfTest

extension ReplenishDevice {
  /// Tests what this program was linked with, on the board it runs on, in milliseconds: cryptography, JSON and records by
  /// known answers, then the board's randomness, its monotonic clock, and whether libcurl speaks HTTPS.
  ///
  /// It needs no device and no configuration, opens nothing and changes nothing. For a production line, and for firmware's
  /// own test at power-on.
  ///
  /// - Parameter report: Called once with the name of each check and whether it passed, in a fixed order.
  /// - Returns: Whether all passed.
  public static func selfTest(report: (_ name: StaticString, _ passed: Bool) -> Void) -> Bool {
    let passed = SelfTest.run(random: SystemRandom(), uptime: { SystemClock.now().uptime }, report: report)
    let hasHTTPS = HTTPClient.speaksHTTPS
    report("libcurl speaks HTTPS", hasHTTPS)
    return passed && hasHTTPS
  }
}
