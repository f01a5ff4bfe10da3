/// What the owner or the firmware can ask of a device, through the control socket or the API.
public indirect enum Command: Equatable, Sendable {
  /// How the device is. Never holds a secret.
  case status
  /// Order for a slot, as a press of its button does.
  case press(slot: String)
  /// Open the setup window.
  case setup
  /// End the link: no order from this instant, then deregister at the service.
  case unlink
  /// The model and serial, and where they came from.
  case identity
  /// Which slots are subscribed, and to which products (DRS subscriptionInfo).
  case slots
  /// The state of one order (DRS getOrderInfo).
  case order(instanceID: String)
  /// Cancel the test orders of a slot, or of all slots (DRS testOrders).
  case cancelTestOrders(slot: String?)
  /// Tell the service how much is left in a slot (DRS slotStatus).
  case slotStatus(slot: String, SlotStatus)
  /// Take a new key, certified by the maker's cloud, in place of the one by which the cloud knows the device. It is done
  /// above the state machine, by what has the files.
  case renewKey
  /// Unlink and forget everything but the factory's record and the count of failed guesses.
  case erase
}

/// The answer to a ``Command``.
public indirect enum Reply: Equatable {
  /// Done, or begun where the work goes on by itself.
  case done
  /// The answer to ``Command/status``.
  case status(DeviceStatus)
  /// The press is on disk under this id.
  case noted(PressID)
  /// The answer to ``Command/identity``.
  case identity(DeviceIdentity)
  /// The answer to ``Command/slots``.
  case slots([SlotSubscription])
  /// The answer to ``Command/order(instanceID:)``.
  case order(OrderInfo)
  /// The answer to ``Command/cancelTestOrders(slot:)``.
  case cancelled([CancelledSlot])
  /// It was not done.
  case refused(Refusal)
}

/// Why a command was not done.
public struct Refusal: Error, Equatable {
  /// The kind of refusal, for programs.
  public enum Code: String, CaseIterable, Sendable {
    /// No such slot is configured.
    case unknownSlot
    /// No Amazon account is linked.
    case notLinked
    /// The device has no verifier record from the factory, so no phone can prove the setup code.
    case noSetupCode
    /// The record could not be written.
    case storage
    /// The service could not be reached.
    case unreachable
    /// The service refused.
    case service
    /// The clock is not set yet.
    case clockNotSet
    /// The service's answer could not be understood.
    case malformedAnswer
    /// Something else of the same kind is under way.
    case busy
    /// The request itself could not be understood.
    case badRequest
    /// The caller's account is not in the group that may do this.
    case notPermitted
  }

  /// The kind of refusal.
  public let code: Code
  /// What was wrong, where, and what to do; one sentence for a person.
  public let text: String

  /// Makes a refusal.
  public init(_ code: Code, _ text: String) {
    self.code = code
    self.text = text
  }
}
