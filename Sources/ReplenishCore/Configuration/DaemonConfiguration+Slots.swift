extension DaemonConfiguration {
  /// Reads the `[slot NAME]` sections; the ones with a mistake are left out of the result.
  static func readSlots(_ reader: inout ConfigurationReader) -> [Slot] {
    let sections = reader.slotSections
    if sections.isEmpty { reader.refuseWithoutSlot() }
    var slots: [Slot] = []
    for section in sections.prefix(slotLimit) {
      guard let slot = readSlot(section, &reader) else { continue }
      refuseSharing(slot, with: slots, in: section, &reader)
      slots.append(slot)
    }
    return slots
  }

  private static func readSlot(_ section: ConfigurationText.Section, _ reader: inout ConfigurationReader) -> Slot? {
    let slotID = reader.value(.slotID, in: section) { (bytes) -> String? in
      // As a path segment of the service's URL, . and .. would name another place.
      if ".".isExactly(bytes) || "..".isExactly(bytes) { return nil }
      return ConfigurationValue.text(bytes, limit: 128, ASCII.isVisible)
    }
    let activeLow = reader.value(.activeLow, in: section, ConfigurationValue.yesNo)
    let button = reader.value(.button, in: section) { ConfigurationValue.button($0, activeLow: activeLow ?? true) }
    let light = reader.value(.light, in: section, ConfigurationValue.light)
    guard let slotID, let button, let light else { return nil }
    if button?.line == nil, reader.has(.activeLow, in: section) {
      reader.refuse(
        .activeLow, in: section, problem: "the slot has no GPIO button",
        remedy: "remove it, or add \(ConfigurationKey.button.description.name) = "
          + ConfigurationKey.button.description.example)
    }
    return Slot(name: String(decoding: section.name, as: UTF8.self), slotID: slotID, button: button, light: light)
  }

  /// Two slots must not share an id, a button or a light: one press would be two orders, or a light would have to say
  /// two things.
  private static func refuseSharing(
    _ slot: Slot, with others: [Slot], in section: ConfigurationText.Section, _ reader: inout ConfigurationReader
  ) {
    let lineProblem = "another button or light uses the GPIO line already"
    let lineRemedy = "give each button and each light a line of its own"
    if let line = slot.button?.line, others.contains(where: { $0.uses(line) }) {
      reader.refuse(.button, in: section, problem: lineProblem, remedy: lineRemedy)
    }
    if let line = slot.light?.line,
      slot.button?.line?.isExactly(line) == true || others.contains(where: { $0.uses(line) })
    {
      reader.refuse(.light, in: section, problem: lineProblem, remedy: lineRemedy)
    }
    for other in others {
      let problem = "it is that of [slot \(other.name)] already"
      if other.slotID.isExactly(slot.slotID) {
        reader.refuse(.slotID, in: section, problem: problem, remedy: "give each slot its own id")
      }
      if case .evdev(let device, let key) = slot.button, case .evdev(let otherDevice, key) = other.button,
        device.isExactly(otherDevice)
      {
        reader.refuse(.button, in: section, problem: problem, remedy: "give each slot its own key")
      }
      if case .led(let name) = slot.light, case .led(let otherName) = other.light, name.isExactly(otherName) {
        reader.refuse(.light, in: section, problem: problem, remedy: "give each slot its own light")
      }
    }
  }
}

extension DaemonConfiguration.Slot {
  fileprivate func uses(_ line: DaemonConfiguration.GPIOLine) -> Bool {
    button?.line?.isExactly(line) == true || light?.line?.isExactly(line) == true
  }
}

extension DaemonConfiguration.GPIOLine {
  fileprivate func isExactly(_ other: DaemonConfiguration.GPIOLine) -> Bool {
    line == other.line && chip.isExactly(other.chip)
  }
}

extension DaemonConfiguration.Button {
  /// The GPIO line; nil for a key.
  fileprivate var line: DaemonConfiguration.GPIOLine? {
    if case .gpio(let line, _) = self { return line }
    return nil
  }
}

extension DaemonConfiguration.Light {
  /// The GPIO line; nil for an LED of the kernel's class.
  fileprivate var line: DaemonConfiguration.GPIOLine? {
    if case .gpio(let line) = self { return line }
    return nil
  }
}
