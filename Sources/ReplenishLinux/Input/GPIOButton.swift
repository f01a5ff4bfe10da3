import CLinux

/// What pulls a GPIO line while the button does not.
public enum GPIOPull: Equatable, Sendable {
  /// As the board has it.
  case asIs
  /// Up: the button connects the line to ground.
  case up
  /// Down: the button connects the line to the supply.
  case down
}

/// A button on a GPIO line. The kernel debounces it and wakes the loop with each change; nothing is polled.
public final class GPIOButton: Button {
  /// See ``Button/onChange``.
  public var onChange: (_ isDown: Bool) -> Void = { _ in }

  private let loop: EventLoop
  private let line: Int32
  private var isDown: Bool

  /// Takes a line of a chip.
  ///
  /// - Parameters:
  ///   - loop: the loop that waits for the line.
  ///   - chip: the chip's device, `/dev/gpiochip0` for instance.
  ///   - line: the number of the line on the chip; 17 is GPIO 17 on a Raspberry Pi.
  ///   - pull: what pulls the line while the button does not.
  ///   - isActiveLow: whether the button is down when the line is low, as with a pull-up.
  ///   - debounce: how long the line must be still before a change counts, in milliseconds.
  public init(
    loop: EventLoop, chip: String, line: UInt32, pull: GPIOPull = .up, isActiveLow: Bool = true, debounce: UInt32 = 30
  ) throws(InputError) {
    var flags = replenish_gpio_flag_input()
    if isActiveLow { flags |= replenish_gpio_flag_active_low() }
    switch pull {
    case .asIs: break
    case .up: flags |= replenish_gpio_flag_pull_up()
    case .down: flags |= replenish_gpio_flag_pull_down()
    }
    let file = try GPIOLine.request(chip, line, flags, debounce: debounce)
    var value: Int32 = 0
    // A button that is held while the device starts has not been pressed since.
    isDown = replenish_gpio_get(file, &value) == 0 && value != 0
    self.loop = loop
    self.line = file
    do throws(Errno) {
      try loop.add(file, for: .readable) { [unowned(unsafe) self] _ in read() }
    } catch {
      _ = CLinux.close(file)
      throw InputError("watch line \(line)", chip, error)
    }
  }

  /// See ``Button/close()``.
  public func close() {
    loop.remove(line)
    _ = CLinux.close(line)
  }

  private func read() {
    var bytes = [UInt8](repeating: 0, count: GPIOEdge.length * 16)
    let count = CLinux.read(line, &bytes, bytes.count)
    guard count > 0 else { return }
    let edges = bytes.withUnsafeBytes { GPIOEdge.decode(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    for edge in edges where edge != isDown {
      isDown = edge
      onChange(edge)
    }
  }
}

/// One line of a GPIO chip.
enum GPIOLine {
  /// The descriptor of a line, which does not block.
  static func request(_ chip: String, _ line: UInt32, _ flags: UInt64, debounce: UInt32) throws(InputError) -> Int32 {
    let device = chip.withCString { replenish_open_device($0, 1) }
    guard device >= 0 else { throw InputError("open", chip, Errno.last) }
    defer { _ = close(device) }
    let (microseconds, overflow) = debounce.multipliedReportingOverflow(by: 1000)
    let file = replenish_gpio_request(device, line, flags, overflow ? .max : microseconds, "replenish")
    if file >= 0 {
      _ = replenish_set_nonblocking(file)
      return file
    }
    let error = Errno.last
    if error.code == EBUSY { throw InputError("\(chip): line \(line) is in use; stop its user, or take another line") }
    throw InputError("take line \(line)", chip, error)
  }
}
