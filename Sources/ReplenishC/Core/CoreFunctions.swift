// swift-format-ignore-file: AlwaysUseLowerCamelCase - the names are those of the C header.
// What each function does stands in replenish_core.h; the compiler checks them against it.
import CReplenish
import ReplenishCCommon
import ReplenishCore

/// Calls with the core, which is held until the call returns.
func with(_ core: OpaquePointer?, _ body: (CCore) -> Int32) -> Int32 {
  guard let core else { return -EINVAL }
  return withExtendedLifetime(Handle.object(core, CCore.self), body)
}

// MARK: Settings

/// See replenish_core.h.
@c @implementation
public func replenish_config_set_setup_record_data(
  _ config: OpaquePointer?, _ bytes: UnsafeRawPointer?, _ size: Int
) -> Int32 {
  set(config) { config in
    guard let bytes, size > 0, size <= 65_536 else {
      return config.failure.note(EINVAL, "the setup record is a null pointer, empty or too long")
    }
    let record = Secret(count: size) { $0.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: size)) }
    do throws(SetupCredential.Fault) { config.credential = try SetupCredential.decode(record) } catch {
      return config.failure.note(EINVAL, text: error.text)
    }
    return 0
  }
}

/// See replenish_core.h.
@c @implementation
public func replenish_config_set_clock_floor(_ config: OpaquePointer?, _ clock: Int64) -> Int32 {
  set(config) { config in
    guard clock >= 0, clock <= UTCDate.latest else {
      return config.failure.note(EINVAL, "the clock's floor is a time in the years 1970 to 9999")
    }
    config.device.clockFloor = clock
    return 0
  }
}

// MARK: Life

/// See replenish_core.h.
@c @implementation
public func replenish_core_new(
  _ core: UnsafeMutablePointer<OpaquePointer?>?, _ config: OpaquePointer?,
  _ callbacks: UnsafePointer<replenish_core_callbacks>?, _ size: Int, _ userdata: UnsafeMutableRawPointer?
) -> Int32 {
  set(config) { config in
    guard let core, let callbacks else {
      return config.failure.note(EINVAL, "the place for the core or the callbacks is a null pointer")
    }
    switch Sized.check(callbacks, size) {
    case .tooSmall: return config.failure.note(EINVAL, "the callbacks are too small: give sizeof their type")
    case .unknownMembers:
      return config.failure.note(E2BIG, "the callbacks have members that this library does not know")
    case .whole: break
    }
    let given = callbacks.pointee
    guard given.now != nil, given.load != nil, given.store != nil, given.remove != nil, given.request != nil else {
      return config.failure.note(EINVAL, "a callback is missing: now, load, store, remove and request are required")
    }
    let bearer = [given.open_window != nil, given.close_window != nil, given.send != nil, given.disconnect != nil]
    guard bearer.allSatisfy({ $0 == bearer[0] }) else {
      return config.failure.note(
        EINVAL, "open_window, close_window, send and disconnect are given together, or none of them")
    }
    do throws(CoreFault) { core.pointee = Handle.make(try CCore(config, Firmware(given, userdata))) } catch {
      return config.failure.note(EINVAL, text: error.text)
    }
    return 0
  }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_ref(_ core: OpaquePointer?) -> OpaquePointer? {
  if let core { Handle.retain(core, CCore.self) }
  return core
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_unref(_ core: OpaquePointer?) -> OpaquePointer? {
  if let core { Handle.release(core, CCore.self) }
  return nil
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_start(_ core: OpaquePointer?, _ boot: UnsafePointer<CChar>?) -> Int32 {
  with(core) { core in
    guard boot != nil else { return core.start(boot: "") }
    guard let name = CText.read(boot), name.bytes.count <= 128 else {
      return core.door.failure.note(EINVAL, "the boot's name is no UTF-8 or longer than 128 bytes")
    }
    return core.start(boot: name)
  }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_get_deadline(_ core: OpaquePointer?, _ uptime: UnsafeMutablePointer<UInt64>?) -> Int32 {
  with(core) { core in
    guard let uptime else { return core.door.failure.note(EINVAL, "the place for the deadline is a null pointer") }
    guard core.obstacle == 0 else { return core.obstacle }
    guard let deadline = core.deadline else { return 0 }
    uptime.pointee = deadline
    return 1
  }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_next_event(
  _ core: OpaquePointer?, _ event: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  with(core) { $0.door.next(event) }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_get_error(_ core: OpaquePointer?) -> UnsafePointer<CChar>? {
  core.map { Handle.object($0, CCore.self).door.failure.text }
}
