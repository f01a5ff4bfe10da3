import CReplenish
import ReplenishCore

/// Changes a configuration, if there is one.
public func set(_ config: OpaquePointer?, _ change: (Configuration) -> Int32) -> Int32 {
  guard let config else { return -EINVAL }
  return change(Handle.object(config, Configuration.self))
}

/// Changes a configuration by a text that must be there.
public func setText(
  _ config: OpaquePointer?, _ text: UnsafePointer<CChar>?, _ name: StaticString,
  _ change: (Configuration, String) -> Int32
) -> Int32 {
  set(config) { config in
    guard let text = CText.read(text) else {
      return config.failure.note(EINVAL, "the \(name) is a null pointer or no UTF-8")
    }
    return change(config, text)
  }
}

/// Changes a configuration by a text that may be null.
public func setOptional(
  _ config: OpaquePointer?, _ text: UnsafePointer<CChar>?, _ name: StaticString,
  _ change: (Configuration, String?) -> Void
) -> Int32 {
  set(config) { config in
    guard let text else {
      change(config, nil)
      return 0
    }
    guard let text = CText.read(text), !text.isEmpty else {
      return config.failure.note(EINVAL, "the \(name) is empty or no UTF-8")
    }
    change(config, text)
    return 0
  }
}

/// Changes a configuration by a number in a range.
func setNumber(
  _ config: OpaquePointer?, _ number: Int32, _ range: ClosedRange<Int64>, _ name: StaticString,
  _ change: (Configuration, Int64) -> Void
) -> Int32 {
  set(config) { config in
    guard range.contains(Int64(number)) else {
      return config.failure.note(
        EINVAL, "the \(name) is \(range.lowerBound) to \(range.upperBound) seconds, not \(number)")
    }
    change(config, Int64(number))
    return 0
  }
}
