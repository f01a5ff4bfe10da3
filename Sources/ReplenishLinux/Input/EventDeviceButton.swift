import CLinux

/// A button that the kernel reports as a key (`gpio-keys` in the device tree, a USB keypad): an evdev device.
public final class EventDeviceButton: Button {
  /// See ``Button/onChange``.
  public var onChange: (_ isDown: Bool) -> Void = { _ in }

  private let loop: EventLoop
  private let device: Int32
  private var key: EventDeviceKey

  /// Opens a device for one of its keys. The device is not grabbed: several slots may use keys of one device.
  ///
  /// - Parameters:
  ///   - loop: the loop that waits for the device.
  ///   - path: the device, `/dev/input/by-path/…-event` for instance, whose name does not change between boots.
  ///   - key: the key's code of `linux/input-event-codes.h`.
  public init(loop: EventLoop, device path: String, key: UInt16) throws(InputError) {
    let file = path.withCString { replenish_open_device($0, 0) }
    guard file >= 0 else { throw InputError("open", path, Errno.last) }
    self.loop = loop
    device = file
    self.key = EventDeviceKey(code: key, isDown: EventDeviceButton.isDown(file, key) ?? false)
    do throws(Errno) {
      try loop.add(file, for: .readable) { [unowned(unsafe) self] _ in read() }
    } catch {
      _ = CLinux.close(file)
      throw InputError("watch", path, error)
    }
  }

  /// See ``Button/close()``.
  public func close() {
    loop.remove(device)
    _ = CLinux.close(device)
  }

  private func read() {
    let length = MemoryLayout<input_event>.stride
    var events = [input_event](repeating: input_event(), count: 16)
    let count = CLinux.read(device, &events, length * events.count)
    if count < 0 {
      // Unplugged: without this the loop would spin on a device that stays readable.
      if replenish_errno() == ENODEV { loop.remove(device) }
      return
    }
    for event in events[..<(count / length)] {
      var change = key.take(type: event.type, code: event.code, value: event.value)
      if key.mustAsk {
        // The kernel dropped events: what is the key now?
        change = EventDeviceButton.isDown(device, key.code).flatMap { key.set($0) }
      }
      if let change { onChange(change) }
    }
  }

  private static func isDown(_ device: Int32, _ key: UInt16) -> Bool? {
    var bits = [UInt8](repeating: 0, count: 96)  // KEY_MAX is 0x2ff
    guard Int(key) < bits.count * 8, replenish_evdev_keys(device, &bits, bits.count) >= 0 else { return nil }
    return bits[Int(key) / 8] & (1 << (key % 8)) != 0
  }
}

/// The state of one key, from the events of its device.
struct EventDeviceKey {
  let code: UInt16
  private(set) var isDown: Bool
  /// Whether events were lost up to here, so that the device must be asked.
  private(set) var mustAsk = false

  init(code: UInt16, isDown: Bool) {
    self.code = code
    self.isDown = isDown
  }

  /// Takes one event; returns the key's new state if it changed. Repeats (value 2) change nothing.
  mutating func take(type: UInt16, code: UInt16, value: Int32) -> Bool? {
    mustAsk = type == 0 && code == 3  // EV_SYN, SYN_DROPPED
    guard type == 1, code == self.code, value == 0 || value == 1 else { return nil }  // EV_KEY
    return set(value == 1)
  }

  /// Sets the state; returns it if it changed.
  mutating func set(_ isDown: Bool) -> Bool? {
    guard isDown != self.isDown else { return nil }
    self.isDown = isDown
    return isDown
  }
}
