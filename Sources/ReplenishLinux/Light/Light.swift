import CLinux

/// A light that can be on or off.
public protocol Light: AnyObject {
  /// Turns it on or off.
  func show(_ isOn: Bool)
  /// Turns it off and lets it go.
  func close()
}

/// A light on a GPIO line.
public final class GPIOLight: Light {
  private let line: Int32

  /// Takes a line of a chip, and turns the light off.
  ///
  /// - Parameters:
  ///   - chip: the chip's device, `/dev/gpiochip0` for instance.
  ///   - line: the number of the line on the chip.
  ///   - isActiveLow: whether the light is on when the line is low.
  public init(chip: String, line: UInt32, isActiveLow: Bool = false) throws(InputError) {
    var flags = replenish_gpio_flag_output()
    if isActiveLow { flags |= replenish_gpio_flag_active_low() }
    self.line = try GPIOLine.request(chip, line, flags, debounce: 0)
    show(false)
  }

  /// See ``Light/show(_:)``.
  public func show(_ isOn: Bool) { _ = replenish_gpio_set(line, isOn ? 1 : 0) }

  /// See ``Light/close()``.
  public func close() {
    show(false)
    _ = CLinux.close(line)
  }
}

/// A light of the kernel's `leds` class, `/sys/class/leds/NAME`.
public final class LEDClassLight: Light {
  private let file: Int32

  /// Takes the light from whatever trigger drives it, and turns it off.
  ///
  /// - Parameters:
  ///   - name: the light's name.
  ///   - folder: where the class is, for tests.
  public init(name: String, folder: String = "/sys/class/leds") throws(InputError) {
    let path = folder + "/" + name
    guard !name.utf8.contains(0x2F) else { throw InputError("\(name): is no name of a light in \(folder)") }
    // A light without triggers has no such file, and needs none.
    let trigger = (path + "/trigger").withCString { replenish_open_device($0, 1) }
    if trigger >= 0 {
      _ = write(trigger, "none", 4)
      _ = CLinux.close(trigger)
    }
    file = (path + "/brightness").withCString { replenish_open_device($0, 1) }
    guard file >= 0 else { throw InputError("open", path + "/brightness", Errno.last) }
    show(false)
  }

  /// See ``Light/show(_:)``.
  public func show(_ isOn: Bool) { _ = pwrite(file, isOn ? "255" : "0", isOn ? 3 : 1, 0) }

  /// See ``Light/close()``.
  public func close() {
    show(false)
    _ = CLinux.close(file)
  }
}
