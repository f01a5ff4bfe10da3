import ReplenishCore

/// Short tests of a program on the board it runs on: does what was linked there compute what the standards say?
///
/// For a production line, and for firmware's own test at power-on. They take milliseconds, need no file, no network and no
/// configuration, and change nothing. Every check has its known answer from the standard it names, so a wrong library, a
/// wrong CPU or a miscompiled program shows here and not in a customer's kitchen.
public enum SelfTest {
  /// Runs the checks of the device; true if all passed.
  ///
  /// - Parameters:
  ///   - random: The board's source of randomness, which is drawn from twice.
  ///   - uptime: The board's monotonic clock in milliseconds, which must move on.
  ///   - report: Called once with the name of each check and whether it passed, in a fixed order.
  public static func run(
    random: any RandomSource, uptime: () -> UInt64, report: (_ name: StaticString, _ passed: Bool) -> Void
  ) -> Bool {
    var passed = true
    func check(_ name: StaticString, _ isRight: Bool) {
      report(name, isRight)
      passed = passed && isRight
    }
    check("SHA-256 (FIPS 180-4)", sha256())
    check("HMAC-SHA-256 (RFC 4231)", hmac())
    check("HKDF-SHA-256 (RFC 5869)", hkdf())
    check("AES-256-GCM seals (SP 800-38D)", seals())
    check("AES-256-GCM refuses what was tampered with", refusesTampering())
    check("P-256 multiplies the base point (RFC 6979)", multipliesBasePoint())
    check("SPAKE2+ on the device's side (RFC 9383)", spake2plus())
    check("code challenge (RFC 7636)", codeChallenge())
    check("base64url (RFC 4648)", base64url())
    check("JSON is read strictly (RFC 8259)", json())
    check("records are read back whole", recordRoundTrip())
    check("torn records are refused", refusesTornRecords())
    check("random numbers differ", differs(random))
    check("the monotonic clock runs", runs(uptime))
    return passed
  }

  /// Runs the checks of a program that only talks to the daemon; true if all passed.
  public static func runControl(report: (_ name: StaticString, _ passed: Bool) -> Void) -> Bool {
    let isStrict = json()
    report("JSON is read strictly (RFC 8259)", isStrict)
    let isRequest = controlRequest()
    report("a command becomes its message", isRequest)
    let isReply = controlReply()
    report("a reply is read, a malformed one refused", isReply)
    return isStrict && isRequest && isReply
  }

  // Never inlined: this code is in every daemon, and few will ever run it.

  /// The bytes of hexadecimal digits; none where a digit is wrong, which equals no answer.
  @inline(never) static func hex(_ digits: StaticString) -> [UInt8] { Hex.decode(bytes(digits)) ?? [] }

  @inline(never) static func secret(_ digits: StaticString) -> Secret { Secret(copying: hex(digits)) }

  @inline(never) static func bytes(_ text: StaticString) -> [UInt8] {
    Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Whether there are bytes, and these.
  @inline(never) static func equal(_ found: Secret?, _ digits: StaticString) -> Bool {
    found.map { $0.count > 0 && Secret.matches($0, secret(digits)) } ?? false
  }
}
