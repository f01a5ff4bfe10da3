// swift-format-ignore-file: AlwaysUseLowerCamelCase - the names are those of the C header.
// What each function does stands in replenish.h; the compiler checks them against it.
import CReplenish
import ReplenishCCommon
import ReplenishCore

// A function holds the device until it returns: the log callback may give the last reference back meanwhile.
private func with(_ device: OpaquePointer?, _ body: (CDevice) -> Int32) -> Int32 {
  guard let device else { return -EINVAL }
  return withExtendedLifetime(Handle.object(device, CDevice.self), body)
}

// MARK: Life

/// See replenish.h.
@c @implementation
public func replenish_device_new(_ device: UnsafeMutablePointer<OpaquePointer?>?, _ config: OpaquePointer?) -> Int32 {
  set(config) { config in
    guard let device else { return config.failure.note(EINVAL, "the place for the device is a null pointer") }
    do throws(DeviceFault) {
      device.pointee = Handle.make(try CDevice(config))
      return 0
    } catch {
      return config.failure.note(error.error, text: error.text)
    }
  }
}

/// See replenish.h.
@c @implementation
public func replenish_device_ref(_ device: OpaquePointer?) -> OpaquePointer? {
  if let device { Handle.retain(device, CDevice.self) }
  return device
}

/// See replenish.h.
@c @implementation
public func replenish_device_unref(_ device: OpaquePointer?) -> OpaquePointer? {
  if let device { Handle.release(device, CDevice.self) }
  return nil
}

/// See replenish.h.
@c @implementation
public func replenish_device_start(_ device: OpaquePointer?) -> Int32 { with(device) { $0.start() } }

/// See replenish.h.
@c @implementation
public func replenish_device_close(_ device: OpaquePointer?) -> Int32 { with(device) { $0.close() } }

/// See replenish.h.
@c @implementation
public func replenish_device_get_fd(_ device: OpaquePointer?) -> Int32 {
  with(device) { $0.closed == 0 ? $0.pollDescriptor : $0.closed }
}

/// See replenish.h.
@c @implementation
public func replenish_device_dispatch(_ device: OpaquePointer?) -> Int32 { with(device) { $0.dispatch() } }

/// See replenish.h.
@c @implementation
public func replenish_device_next_event(
  _ device: OpaquePointer?, _ event: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  with(device) { $0.door.next(event) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_get_error(_ device: OpaquePointer?) -> UnsafePointer<CChar>? {
  device.map { Handle.object($0, CDevice.self).door.failure.text }
}

// MARK: What is asked of it

/// See replenish.h.
@c @implementation
public func replenish_device_press(
  _ device: OpaquePointer?, _ slot: UnsafePointer<CChar>?, _ request: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  with(device) { $0.door.press(slot, request) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_open_setup(_ device: OpaquePointer?, _ request: UnsafeMutablePointer<UInt64>?) -> Int32 {
  with(device) { $0.door.openSetup(request) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_unlink(_ device: OpaquePointer?, _ request: UnsafeMutablePointer<UInt64>?) -> Int32 {
  with(device) { $0.door.unlink(request) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_erase(_ device: OpaquePointer?, _ request: UnsafeMutablePointer<UInt64>?) -> Int32 {
  with(device) { $0.door.erase(request) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_renew_key(_ device: OpaquePointer?, _ request: UnsafeMutablePointer<UInt64>?) -> Int32 {
  with(device) { $0.door.renewKey(request) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_query_slots(_ device: OpaquePointer?, _ request: UnsafeMutablePointer<UInt64>?) -> Int32 {
  with(device) { $0.door.querySlots(request) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_query_order(
  _ device: OpaquePointer?, _ instance_id: UnsafePointer<CChar>?, _ request: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  with(device) { $0.door.queryOrder(instance_id, request) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_cancel_test_orders(
  _ device: OpaquePointer?, _ slot: UnsafePointer<CChar>?, _ request: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  with(device) { $0.door.cancelTestOrders(slot, request) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_report_slot_status(
  _ device: OpaquePointer?, _ slot: UnsafePointer<CChar>?, _ status: UnsafePointer<replenish_slot_status>?,
  _ size: Int, _ request: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  with(device) { $0.door.reportSlotStatus(slot, status, size, request) }
}

// MARK: What it knows now

/// See replenish.h.
@c @implementation
public func replenish_device_get_status(
  _ device: OpaquePointer?, _ status: UnsafeMutablePointer<replenish_status>?, _ size: Int
) -> Int32 {
  with(device) { $0.door.status(status, size) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_get_status_json(
  _ device: OpaquePointer?, _ json: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> Int32 {
  with(device) { $0.door.statusJSON(json) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_get_press(
  _ device: OpaquePointer?, _ index: Int, _ press: UnsafeMutablePointer<replenish_press>?, _ size: Int
) -> Int32 {
  with(device) { $0.door.press(index, press, size) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_get_light(_ device: OpaquePointer?, _ slot: UnsafePointer<CChar>?) -> Int32 {
  with(device) { $0.closed == 0 ? $0.door.light(slot) : $0.closed }
}

/// See replenish.h.
@c @implementation
public func replenish_device_get_model(_ device: OpaquePointer?) -> UnsafePointer<CChar>? {
  device.map { Handle.object($0, CDevice.self).model.pointer }
}

/// See replenish.h.
@c @implementation
public func replenish_device_get_serial(_ device: OpaquePointer?) -> UnsafePointer<CChar>? {
  device.map { Handle.object($0, CDevice.self).serial.pointer }
}

/// See replenish.h.
@c @implementation
public func replenish_device_get_serial_source(_ device: OpaquePointer?) -> UnsafePointer<CChar>? {
  device.map { Handle.object($0, CDevice.self).serialSource.pointer }
}
