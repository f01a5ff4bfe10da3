import Foundation

/// A device that a customer allowed to reorder.
public struct Registration: Codable, Sendable, Identifiable {
  /// Identifies the registration; grants name it as their resource.
  public var id: String
  /// The model identifier.
  public var model: String
  /// The serial number.
  public var serial: String
  /// The customer's e-mail address.
  public var customer: String
  /// Whether orders are only pretended.
  public var isTestDevice: Bool
  /// Whether a model that is not certified yet may be used.
  public var includesNonLive: Bool
  /// When the customer allowed it last.
  public var registeredAt: Date
  /// When it was taken back.
  public var deregisteredAt: Date?
  /// `mostRecentlyActiveDate` of the last device status.
  public var mostRecentlyActiveDate: String?
  /// The last status of each slot.
  public var slotStatus: [String: SlotStatus] = [:]

  /// Model and serial, as logs name a device.
  public var device: String { "\(model)/\(serial)" }
}

/// The body of a slot status.
public struct SlotStatus: Codable, Sendable, Equatable {
  /// When the slot will be empty, ISO 8601.
  public var expectedReplenishmentDate: String?
  /// What is left in the slot.
  public var remainingQuantityInUnit: Double?
  /// What a full container holds.
  public var originalQuantityInUnit: Double?
  /// What lies in the cupboard.
  public var totalQuantityOnHand: Double?
  /// When the slot was used last, ISO 8601.
  public var lastUseDate: String?
}

/// One order that a replenish request placed.
public struct Order: Codable, Sendable {
  /// How far it has come.
  public enum Phase: String, Codable, Sendable {
    /// Placed.
    case processing
    /// On its way.
    case shipped
    /// Arrived; the slot may order again.
    case delivered
    /// Cancelled; the slot may order again.
    case cancelled
  }

  /// The identifier that the device got.
  public var eventInstanceId: String
  /// The registration it was placed under.
  public var registration: Registration.ID
  /// The device's model.
  public var model: String
  /// The device's serial number.
  public var serial: String
  /// The customer it was placed for.
  public var customer: String
  /// The slot.
  public var slot: String
  /// The product.
  public var asin: String
  /// Whether it was only pretended.
  public var isTest: Bool
  /// How far it has come.
  public var phase: Phase
  /// When it was placed.
  public var placedAt: Date
  /// How many replenish requests came while it was open, the one that placed it included.
  public var replenishRequests: Int

  /// Whether the slot is blocked by it.
  public var isOpen: Bool { phase == .processing || phase == .shipped }
}
