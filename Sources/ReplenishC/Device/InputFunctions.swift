// swift-format-ignore-file: AlwaysUseLowerCamelCase - the names are those of the C header.
// What each function does stands in replenish.h; the compiler checks them against it.
import CReplenish
import ReplenishCCommon
import ReplenishCore

/// Calls with the device and the text that names what to attach.
private func attach(
  _ device: OpaquePointer?, _ text: UnsafePointer<CChar>?, _ body: (CDevice, String) -> Int32
) -> Int32 {
  guard let device else { return -EINVAL }
  let object = Handle.object(device, CDevice.self)
  guard let text = CText.read(text), !text.isEmpty else {
    return object.door.failure.note(EINVAL, "the path or name of what to attach is null, empty or no UTF-8")
  }
  return body(object, text)
}

/// See replenish.h.
@c @implementation
public func replenish_device_button(
  _ device: OpaquePointer?, _ slot: UnsafePointer<CChar>?, _ is_down: Int32
) -> Int32 {
  guard let device else { return -EINVAL }
  return withExtendedLifetime(Handle.object(device, CDevice.self)) { $0.button(slot, isDown: is_down != 0) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_attach_gpio_button(
  _ device: OpaquePointer?, _ slot: UnsafePointer<CChar>?, _ chip: UnsafePointer<CChar>?, _ line: UInt32,
  _ is_active_low: Int32
) -> Int32 {
  attach(device, chip) { $0.attachGPIOButton(slot, $1, line, is_active_low != 0) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_attach_key(
  _ device: OpaquePointer?, _ slot: UnsafePointer<CChar>?, _ path: UnsafePointer<CChar>?, _ key: UInt32
) -> Int32 {
  attach(device, path) { device, path in
    guard let key = UInt16(exactly: key) else {
      return device.door.failure.note(EINVAL, "there is no key \(key): see linux/input-event-codes.h")
    }
    return device.attachKey(slot, path, key)
  }
}

/// See replenish.h.
@c @implementation
public func replenish_device_attach_gpio_light(
  _ device: OpaquePointer?, _ slot: UnsafePointer<CChar>?, _ chip: UnsafePointer<CChar>?, _ line: UInt32,
  _ is_active_low: Int32
) -> Int32 {
  attach(device, chip) { $0.attachGPIOLight(slot, $1, line, is_active_low != 0) }
}

/// See replenish.h.
@c @implementation
public func replenish_device_attach_led(
  _ device: OpaquePointer?, _ slot: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?
) -> Int32 {
  attach(device, name) { $0.attachLED(slot, $1) }
}
