// swift-format-ignore-file: AlwaysUseLowerCamelCase - the names are those of the C header.
// What each function does stands in replenish_core.h; the compiler checks them against it.
import CReplenish
import ReplenishCCommon

// MARK: What is asked of it

/// See replenish_core.h.
@c @implementation
public func replenish_core_press(
  _ core: OpaquePointer?, _ slot: UnsafePointer<CChar>?, _ request: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  with(core) { $0.door.press(slot, request) }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_open_setup(_ core: OpaquePointer?, _ request: UnsafeMutablePointer<UInt64>?) -> Int32 {
  with(core) { $0.door.openSetup(request) }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_unlink(_ core: OpaquePointer?, _ request: UnsafeMutablePointer<UInt64>?) -> Int32 {
  with(core) { $0.door.unlink(request) }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_erase(_ core: OpaquePointer?, _ request: UnsafeMutablePointer<UInt64>?) -> Int32 {
  with(core) { $0.door.erase(request) }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_query_slots(_ core: OpaquePointer?, _ request: UnsafeMutablePointer<UInt64>?) -> Int32 {
  with(core) { $0.door.querySlots(request) }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_query_order(
  _ core: OpaquePointer?, _ instance_id: UnsafePointer<CChar>?, _ request: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  with(core) { $0.door.queryOrder(instance_id, request) }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_cancel_test_orders(
  _ core: OpaquePointer?, _ slot: UnsafePointer<CChar>?, _ request: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  with(core) { $0.door.cancelTestOrders(slot, request) }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_report_slot_status(
  _ core: OpaquePointer?, _ slot: UnsafePointer<CChar>?, _ status: UnsafePointer<replenish_slot_status>?,
  _ size: Int, _ request: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  with(core) { $0.door.reportSlotStatus(slot, status, size, request) }
}

// MARK: What it knows now

/// See replenish_core.h.
@c @implementation
public func replenish_core_get_status(
  _ core: OpaquePointer?, _ status: UnsafeMutablePointer<replenish_status>?, _ size: Int
) -> Int32 {
  with(core) { $0.door.status(status, size) }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_get_status_json(
  _ core: OpaquePointer?, _ json: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> Int32 {
  with(core) { $0.door.statusJSON(json) }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_get_press(
  _ core: OpaquePointer?, _ index: Int, _ press: UnsafeMutablePointer<replenish_press>?, _ size: Int
) -> Int32 {
  with(core) { $0.door.press(index, press, size) }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_get_light(_ core: OpaquePointer?, _ slot: UnsafePointer<CChar>?) -> Int32 {
  with(core) { $0.door.light(slot) }
}
