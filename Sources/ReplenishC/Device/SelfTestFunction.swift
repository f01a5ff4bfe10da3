// swift-format-ignore-file: AlwaysUseLowerCamelCase - the names are those of the C header.
import CReplenish
import ReplenishCCommon
import ReplenishKit

/// See replenish.h.
@c @implementation
public func replenish_self_test(
  _ report: replenish_self_test_report?, _ userdata: UnsafeMutableRawPointer?
) -> Int32 {
  let passed = ReplenishDevice.selfTest { name, passed in report?(userdata, CText.fixed(name), passed ? 1 : 0) }
  return passed ? 0 : -EBADMSG
}
