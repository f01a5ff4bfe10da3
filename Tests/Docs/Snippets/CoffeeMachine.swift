import Glibc
import ReplenishCore
import ReplenishKit
import ReplenishLinux

/// A coffee machine that orders beans when its hopper runs low. Standard input stands in for the sensor: a line means low.
struct CoffeeMachine {
  let replenish: ReplenishDevice

  init(folder: String) throws(ReplenishError) {
    let beans = DeviceConfiguration.Slot(name: "beans", slotID: "CoffeeBeans")
    var device = DeviceConfiguration(slots: [beans], lwa: .northAmerica, dash: .northAmerica)
    device.clientID = "amzn1.application-oa2-client.1234"
    var configuration = ReplenishConfiguration(
      model: "Brewer3", serial: .found(in: [.file(folder + "/serial"), .deviceTree]), device: device,
      stateFolder: folder + "/state")
    configuration.bearer = .socket(folder + "/phone")  // for the desk; a device that is shipped has no such socket
    replenish = try ReplenishDevice(configuration)
    replenish.start()
  }

  /// The firmware's own loop: ReplenishKit is one descriptor in it.
  func run() throws(ReplenishError) {
    var descriptors = [
      pollfd(fd: replenish.pollDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      guard poll(&descriptors, nfds_t(descriptors.count), -1) >= 0 else {
        if errno == EINTR { continue }
        break
      }
      if descriptors[0].revents != 0 { try replenish.dispatch() }
      if descriptors[1].revents != 0 {
        var words = [UInt8](repeating: 0, count: 64)
        guard read(STDIN_FILENO, &words, words.count) > 0 else { break }
        replenish.ask(.press(slot: "beans")) { reply in
          if case .refused(let refusal) = reply { print("no order: \(refusal.text)") }
        }
      }
      while let event = replenish.nextEvent() { show(event) }
    }
    replenish.close()
  }

  private func show(_ event: Event) {
    switch event {
    case .linked: print("linked")
    case .press(let report): print("\(report.slot): \(report.state.rawValue)")
    case .fault(let text): print("needs attention: \(text)")
    default: break
    }
  }
}
