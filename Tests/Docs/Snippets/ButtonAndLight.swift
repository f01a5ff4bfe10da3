import ReplenishKit
import ReplenishLinux

/// Lets the device watch a button and blink a light, both for its first slot. The loop is the one that it was made with.
func attachBoard(to device: ReplenishDevice, loop: EventLoop) throws(InputError) {
  device.attach(try GPIOButton(loop: loop, chip: "/dev/gpiochip0", line: 17), slot: 0)
  device.attach(try GPIOLight(chip: "/dev/gpiochip0", line: 27), slot: 0)
}
