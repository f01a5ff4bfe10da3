/// What became of one press, as ``DeviceStatus`` shows it.
public struct PressReport: Equatable, Sendable {
  /// How far a press has come. The first two are open; the others are final.
  public enum State: String, CaseIterable, Sendable {
    /// On disk, not sent yet.
    case noted
    /// A request may have left the device; its answer is awaited.
    case sending
    /// The service placed an order.
    case ordered
    /// The service placed a test order: no charge, no shipment.
    case testOrdered = "test-ordered"
    /// Nothing was placed, because an order for the slot is still open.
    case alreadyOrdered = "already-ordered"
    /// It grew older than a press may, or its age cannot be known, before it could be sent.
    case expired
    /// The link it was made under is no more: unlinked, revoked, or another account came.
    case void
    /// Whether it was ordered cannot be known. It is never sent again.
    case inDoubt = "in-doubt"
    /// The service refused it for good.
    case refused

    /// Whether the device still works on it.
    public var isOpen: Bool { self == .noted || self == .sending }
  }

  /// The name of the slot in the configuration.
  public var slot: String
  /// The press.
  public var id: PressID
  /// How far it has come.
  public var state: State
  /// The service's name for the order (DRS `eventInstanceId`, at most 255 bytes); nil where there is none.
  public var instanceID: String?
  /// Seconds since the press; nil where that cannot be known, after a boot without a clock for instance.
  public var age: Int64?
  /// Why, in one sentence for a person; empty where the state says all. Never holds a secret.
  public var reason: String

  /// Makes a report.
  public init(
    slot: String, id: PressID, state: State, instanceID: String? = nil, age: Int64? = nil, reason: String = ""
  ) {
    self.slot = slot
    self.id = id
    self.state = state
    self.instanceID = instanceID
    self.age = age
    self.reason = reason
  }
}
