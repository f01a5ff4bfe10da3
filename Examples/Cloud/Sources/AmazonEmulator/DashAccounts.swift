import Foundation

/// Registrations and orders: what Amazon knows about the devices.
public actor DashAccounts {
  /// What became of a replenish request.
  enum Replenishment {
    case placed(Order)
    case inProgress(Order)
    case noSuchSlot
    case notSubscribed
  }

  /// The slots of every device.
  public private(set) var slots: [EmulatorConfiguration.Slot]
  /// The registrations, oldest first.
  public private(set) var registrations: [Registration] = []
  /// The orders, oldest first.
  public private(set) var orders: [Order] = []
  /// Whether devices that are not test devices may be registered.
  public private(set) var allowsRealOrders: Bool
  private let clock: EmulatorClock
  private let initial: (slots: [EmulatorConfiguration.Slot], allowsRealOrders: Bool)

  init(slots: [EmulatorConfiguration.Slot], allowsRealOrders: Bool, clock: EmulatorClock) {
    self.slots = slots
    self.allowsRealOrders = allowsRealOrders
    self.clock = clock
    initial = (slots, allowsRealOrders)
  }

  func reset() {
    registrations = []
    orders = []
    slots = initial.slots
    allowsRealOrders = initial.allowsRealOrders
  }

  func allowRealOrders(_ isAllowed: Bool) { allowsRealOrders = isAllowed }

  /// Registers a device, or registers it again for the same customer; returns the registration's identifier.
  func register(_ data: ScopeData, customer: String) -> Registration.ID {
    let known = registrations.firstIndex {
      $0.model == data.model && $0.serial == data.serial && $0.customer == customer && $0.deregisteredAt == nil
    }
    if let known {
      registrations[known].isTestDevice = data.isTestDevice
      registrations[known].includesNonLive = data.includesNonLive
      registrations[known].registeredAt = clock.now
      return registrations[known].id
    }
    let registration = Registration(
      id: "r\(registrations.count + 1)", model: data.model, serial: data.serial, customer: customer,
      isTestDevice: data.isTestDevice, includesNonLive: data.includesNonLive, registeredAt: clock.now)
    registrations.append(registration)
    return registration.id
  }

  /// The living registration with this identifier.
  func registration(_ id: Registration.ID) -> Registration? {
    registrations.first { $0.id == id && $0.deregisteredAt == nil }
  }

  func deregister(_ id: Registration.ID) {
    guard let index = registrations.firstIndex(where: { $0.id == id }) else { return }
    registrations[index].deregisteredAt = clock.now
  }

  /// Places an order, unless one for the slot is open.
  func replenish(_ registration: Registration, slot slotID: String) -> Replenishment {
    guard let slot = slots.first(where: { $0.id == slotID }) else { return .noSuchSlot }
    guard let asin = slot.asin else { return .notSubscribed }
    if let open = orders.firstIndex(where: { $0.registration == registration.id && $0.slot == slotID && $0.isOpen }) {
      orders[open].replenishRequests += 1
      return .inProgress(orders[open])
    }
    let order = Order(
      eventInstanceId: "amzn1.dash.v2.o." + UUID().uuidString.lowercased(), registration: registration.id,
      model: registration.model, serial: registration.serial, customer: registration.customer, slot: slotID,
      asin: asin, isTest: registration.isTestDevice, phase: .processing, placedAt: clock.now, replenishRequests: 1)
    add(order)
    return .placed(order)
  }

  func add(_ order: Order) { orders.append(order) }

  /// Cancels open test orders of a device; returns the slots that are free now, nil for an unknown slot.
  func cancelTestOrders(_ registration: Registration, slot slotID: String?) -> [String]? {
    if let slotID, !slots.contains(where: { $0.id == slotID }) { return nil }
    for index in orders.indices
    where orders[index].registration == registration.id && orders[index].isTest && orders[index].isOpen
      && (slotID == nil || orders[index].slot == slotID)
    {
      orders[index].phase = .cancelled
    }
    return slotID.map { [$0] } ?? slots.map(\.id)
  }

  func order(_ eventInstanceId: String, registration: Registration) -> Order? {
    orders.first { $0.eventInstanceId == eventInstanceId && $0.registration == registration.id }
  }

  func note(_ status: SlotStatus, slot slotID: String, registration: Registration) -> Bool {
    guard slots.contains(where: { $0.id == slotID }) else { return false }
    guard let index = registrations.firstIndex(where: { $0.id == registration.id }) else { return false }
    registrations[index].slotStatus[slotID] = status
    return true
  }

  func note(mostRecentlyActiveDate date: String, registration: Registration) {
    guard let index = registrations.firstIndex(where: { $0.id == registration.id }) else { return }
    registrations[index].mostRecentlyActiveDate = date
  }

  /// Moves orders along, as the customer or the carrier would; returns those that were moved.
  func move(to phase: Order.Phase, where matches: (Order) -> Bool) -> [Order] {
    var moved: [Order] = []
    for index in orders.indices where orders[index].isOpen && matches(orders[index]) {
      orders[index].phase = phase
      moved.append(orders[index])
    }
    return moved
  }

  /// Adds a slot, or changes what the customer chose for it.
  func choose(_ slot: EmulatorConfiguration.Slot) {
    if let index = slots.firstIndex(where: { $0.id == slot.id }) {
      slots[index] = slot
    } else {
      slots.append(slot)
    }
  }
}
