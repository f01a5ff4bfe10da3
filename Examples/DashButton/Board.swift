import ReplenishCore
import ReplenishKit
import ReplenishLinux

/// The running daemon: the device, its buttons and lights, the control socket and the service manager.
final class Board {
  private let log: Log
  private let loop: EventLoop
  private let device: ReplenishDevice
  private let notifier = ServiceNotifier()
  private var watchdog: LoopTimer?

  init(_ settings: Settings, log: Log) throws(ReplenishError) {
    self.log = log
    do throws(Errno) {
      loop = try EventLoop()
      // Before libcurl starts its resolver thread, so that no other thread takes the signals.
      try loop.stopOnSignals()
    } catch { throw ReplenishError("the event loop could not be made: \(error.text)") }
    device = try ReplenishDevice(settings.device, loop: loop)
    device.onLight = { [unowned(unsafe) self] slot, signal in
      log.debug("slot \(device.slots[slot]) light: \(signal.meaning)")
    }
    for notice in device.notices { log.warning(notice) }
    log.info(
      "model \(device.identity.model.text), serial \(device.identity.serial.text) from the \(device.identity.serialSource)"
    )
    try attach(settings.file.slots)
    try device.serveControl(settings.control)
  }

  /// Runs until a signal ends it.
  func run() throws(ReplenishError) {
    device.start()
    tellEvents()
    tellStatus()
    notifier.ready()
    startWatchdog()
    do throws(Errno) {
      try loop.run(afterEachTurn: { [unowned(unsafe) self] in tellEvents() })
    } catch { throw ReplenishError("the event loop failed: \(error.text)") }
    notifier.stopping()
    watchdog?.cancel()
    device.close()
    loop.close()
  }

  private func tellEvents() {
    while let event = device.nextEvent() {
      log.tell(event)
      switch event {
      case .linked, .unlinked, .erased: tellStatus()
      default: break
      }
    }
  }

  private func tellStatus() {
    device.ask(.status) { [unowned(unsafe) self] reply in
      if case .status(let status) = reply { notifier.status(status.link.text) }
    }
  }

  /// Pings the service manager's watchdog with a full turn through the device, so that a ping proves work, not life.
  private func startWatchdog() {
    guard let period = notifier.watchdogMilliseconds else { return }
    watchdog = loop.timer { [unowned(unsafe) self] in
      device.ask(.status) { [unowned(unsafe) self] _ in notifier.watchdog() }
      watchdog?.fire(in: period)
    }
    watchdog?.fire(in: period)
  }

  private func attach(_ slots: [DaemonConfiguration.Slot]) throws(ReplenishError) {
    for (index, slot) in slots.enumerated() {
      do throws(InputError) {
        switch slot.button {
        case .gpio(let line, let activeLow):
          device.attach(
            try GPIOButton(loop: loop, chip: line.chip, line: UInt32(line.line), isActiveLow: activeLow), slot: index)
        case .evdev(let path, let key):
          device.attach(try EventDeviceButton(loop: loop, device: path, key: UInt16(key)), slot: index)
        case nil: break
        }
        switch slot.light {
        case .gpio(let line):
          device.attach(try GPIOLight(chip: line.chip, line: UInt32(line.line), isActiveLow: false), slot: index)
        case .led(let name): device.attach(try LEDClassLight(name: name), slot: index)
        case nil: break
        }
      } catch { throw ReplenishError("[slot \(slot.name)]: \(error.text)") }
    }
  }
}
