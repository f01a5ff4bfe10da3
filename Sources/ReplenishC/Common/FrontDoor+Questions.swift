import CReplenish
import ReplenishCore

// The questions of the C headers, for both front doors.
extension FrontDoor {
  /// Orders for a slot.
  public func press(_ slot: UnsafePointer<CChar>?, _ request: UnsafeMutablePointer<UInt64>?) -> Int32 {
    ask(slot: slot, request) { .press(slot: $0) }
  }

  /// Opens the setup window.
  public func openSetup(_ request: UnsafeMutablePointer<UInt64>?) -> Int32 { ask(.setup, request) }

  /// Ends the link.
  public func unlink(_ request: UnsafeMutablePointer<UInt64>?) -> Int32 { ask(.unlink, request) }

  /// Resets to the factory's state.
  public func erase(_ request: UnsafeMutablePointer<UInt64>?) -> Int32 { ask(.erase, request) }

  /// Takes a new key for the maker's cloud.
  public func renewKey(_ request: UnsafeMutablePointer<UInt64>?) -> Int32 { ask(.renewKey, request) }

  /// Asks what slots are subscribed to.
  public func querySlots(_ request: UnsafeMutablePointer<UInt64>?) -> Int32 { ask(.slots, request) }

  /// Asks for the state of an order.
  public func queryOrder(_ instanceID: UnsafePointer<CChar>?, _ request: UnsafeMutablePointer<UInt64>?) -> Int32 {
    guard let id = CText.read(instanceID), DashRequest.isAddressable(id) else {
      return failure.note(EINVAL, "an order's instance id has 1 to 255 visible characters: copy it from a press")
    }
    return ask(.order(instanceID: id), request)
  }

  /// Cancels test orders of one slot or all.
  public func cancelTestOrders(_ slot: UnsafePointer<CChar>?, _ request: UnsafeMutablePointer<UInt64>?) -> Int32 {
    guard slot != nil else { return ask(.cancelTestOrders(slot: nil), request) }
    return ask(slot: slot, request) { .cancelTestOrders(slot: $0) }
  }

  /// Says how much is left in a slot.
  public func reportSlotStatus(
    _ slot: UnsafePointer<CChar>?, _ report: UnsafePointer<replenish_slot_status>?, _ size: Int,
    _ request: UnsafeMutablePointer<UInt64>?
  ) -> Int32 {
    guard let report else { return failure.note(EINVAL, "the slot's status is a null pointer") }
    switch Sized.check(report, size) {
    case .tooSmall: return failure.note(EINVAL, "the slot's status is too small: give sizeof its type")
    case .unknownMembers: return failure.note(E2BIG, "the slot's status has members that this library does not know")
    case .whole: break
    }
    let values = report.pointee
    let status: SlotStatus
    do throws(SlotStatus.Fault) {
      status = try SlotStatus(
        remaining: FrontDoor.known(values.remaining), original: FrontDoor.known(values.original),
        onHand: FrontDoor.known(values.on_hand), lastUse: values.last_use < 0 ? nil : values.last_use,
        expectedReplenishment: values.expected_replenishment < 0 ? nil : values.expected_replenishment)
    } catch {
      return failure.note(EINVAL, text: error.explanation)
    }
    return ask(slot: slot, request) { .slotStatus(slot: $0, status) }
  }

  // Not a number is neither below nor above 0, and is refused.
  private static func known(_ quantity: Double) -> Double? { quantity < 0 ? nil : quantity }
}
