import ReplenishCore

extension ReplenishDevice {
  /// Checks that each slot can be told from the others and named to the service.
  static func check(_ slots: [DeviceConfiguration.Slot]) throws(ReplenishError) {
    guard !slots.isEmpty, slots.count <= DeviceLimits.slots else {
      throw ReplenishError("a device has 1 to \(DeviceLimits.slots) slots, not \(slots.count)")
    }
    for (index, slot) in slots.enumerated() {
      guard DashRequest.isAddressable(slot.slotID) else {
        throw ReplenishError("the id of slot '\(slot.name)' cannot be sent: write it as the Dash console has it")
      }
      guard !slots[..<index].contains(where: { $0.name.isExactly(slot.name) }) else {
        throw ReplenishError("two slots are named '\(slot.name)': give each a name of its own")
      }
    }
  }
}
