import CReplenish
import ReplenishCCommon
import ReplenishCore
import ReplenishKit
import ReplenishLinux

/// What stands behind a `replenish_device`.
final class CDevice {
  let door: FrontDoor
  let model: CText
  let serial: CText
  let serialSource: CText
  private let device: ReplenishDevice
  private let loop: EventLoop
  private let control: ControlServer.Configuration?
  private var wakeUp: LoopTimer?
  private(set) var isStarted = false
  private(set) var isDispatching = false
  private var isClosed = false
  private var isReleased = false

  init(_ configuration: Configuration) throws(DeviceFault) {
    let settings = try DeviceSettings(configuration)
    do throws(Errno) { loop = try EventLoop() } catch {
      throw DeviceFault(ENOMEM, "the event loop could not be made: \(error.text)")
    }
    do throws(ReplenishError) { device = try ReplenishDevice(settings.device, loop: loop) } catch {
      loop.close()
      throw DeviceFault(EIO, error.text)
    }
    control = settings.control
    model = CText(device.identity.model.text)
    serial = CText(device.identity.serial.text)
    serialSource = CText(device.identity.serialSource)
    door = FrontDoor(slots: device.slots, log: configuration.log)
    // The descriptor must be readable while an event waits that came outside of a dispatch: an answer, for instance.
    wakeUp = loop.timer {}
    door.onWaiting = { [unowned(unsafe) self] in if !isDispatching && !isClosed { wakeUp?.fire(in: 0) } }
    door.collect = { [unowned(unsafe) self] in collect() }
    door.obstacle = { [unowned(unsafe) self] in obstacle }
    door.perform = { [unowned(unsafe) self] command, take in device.ask(command, take) }
    device.onLight = { [unowned(unsafe) self] slot, signal in
      collect()
      door.show(signal, slot: slot)
    }
  }

  deinit {
    _ = close()
    release()
  }

  /// Why nothing can be asked now; 0 if it can.
  var obstacle: Int32 {
    if isClosed { return door.failure.note(ESHUTDOWN, "the device was closed: make a new one") }
    if door.isTelling { return door.failure.note(EBUSY, FrontDoor.isCalledFromLog) }
    if !isStarted { return door.failure.note(EBADFD, "the device is not started: call replenish_device_start") }
    return 0
  }

  /// Why it cannot be used at all; 0 if it can.
  var closed: Int32 { isClosed ? obstacle : 0 }

  var pollDescriptor: Int32 { device.pollDescriptor }

  func start() -> Int32 {
    if isClosed || door.isTelling { return obstacle }
    if isStarted { return door.failure.note(EALREADY, "the device was started before") }
    if let control {
      do throws(ReplenishError) { try device.serveControl(control) } catch {
        return door.failure.note(EIO, text: error.text)
      }
    }
    isStarted = true
    device.start()
    for notice in device.notices { door.tell(.warning, notice) }
    collect()
    return 0
  }

  func dispatch() -> Int32 {
    guard obstacle == 0 else { return obstacle }
    guard !isDispatching else { return door.failure.note(EBUSY, "the device is being dispatched already") }
    isDispatching = true
    var result: Int32 = 0
    do throws(ReplenishError) { try device.dispatch() } catch { result = door.failure.note(EIO, text: error.text) }
    collect()
    isDispatching = false
    if isClosed { release() }
    return result
  }

  func close() -> Int32 {
    guard !isClosed else { return 0 }
    guard !door.isTelling else { return obstacle }
    // Before the flag: what waits is refused, and these answers can still be taken.
    device.close()
    collect()
    isClosed = true
    if !isDispatching { release() }
    return 0
  }

  /// Closes what the device stood on, once nothing of it can be running.
  private func release() {
    guard !isReleased else { return }
    isReleased = true
    wakeUp?.cancel()
    loop.close()
  }

  private func collect() {
    while let event = device.nextEvent() { door.raise(event) }
  }

  // MARK: Buttons and lights

  func button(_ slot: UnsafePointer<CChar>?, isDown: Bool) -> Int32 {
    guard obstacle == 0 else { return obstacle }
    var index = 0
    let error = door.find(slot, &index)
    guard error == 0 else { return error }
    device.button(slot: index, isDown: isDown)
    collect()
    return 0
  }

  private func attach(_ slot: UnsafePointer<CChar>?, _ attach: (Int) throws(InputError) -> Void) -> Int32 {
    guard closed == 0 else { return closed }
    var index = 0
    let error = door.find(slot, &index)
    guard error == 0 else { return error }
    do throws(InputError) { try attach(index) } catch { return door.failure.note(EIO, text: error.text) }
    return 0
  }

  func attachGPIOButton(_ slot: UnsafePointer<CChar>?, _ chip: String, _ line: UInt32, _ isActiveLow: Bool) -> Int32 {
    attach(slot) { (index) throws(InputError) in
      device.attach(try GPIOButton(loop: loop, chip: chip, line: line, isActiveLow: isActiveLow), slot: index)
    }
  }

  func attachKey(_ slot: UnsafePointer<CChar>?, _ path: String, _ key: UInt16) -> Int32 {
    attach(slot) { (index) throws(InputError) in
      device.attach(try EventDeviceButton(loop: loop, device: path, key: key), slot: index)
    }
  }

  func attachGPIOLight(_ slot: UnsafePointer<CChar>?, _ chip: String, _ line: UInt32, _ isActiveLow: Bool) -> Int32 {
    attach(slot) { (index) throws(InputError) in
      device.attach(try GPIOLight(chip: chip, line: line, isActiveLow: isActiveLow), slot: index)
    }
  }

  func attachLED(_ slot: UnsafePointer<CChar>?, _ name: String) -> Int32 {
    attach(slot) { (index) throws(InputError) in device.attach(try LEDClassLight(name: name), slot: index) }
  }
}

/// Why a device could not be made.
struct DeviceFault: Error {
  let error: Int32
  let text: String

  init(_ error: Int32, _ text: String) {
    self.error = error
    self.text = text
  }
}
