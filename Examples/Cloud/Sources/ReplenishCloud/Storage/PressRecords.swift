import Foundation

/// A press of a device's button.
public struct Press: Sendable, Equatable {
  /// Where it stands. A press that was answered ends in exactly one of the last five.
  public enum State: String, Sendable, CaseIterable {
    /// On disk; no call was made.
    case noted
    /// A call may have left; made durable before its first byte.
    case sending
    /// Amazon took the order.
    case ordered
    /// An order for the slot was open.
    case alreadyOrdered
    /// Nothing was ordered, and nothing will be.
    case void
    /// It came too late to be meant.
    case expired
    /// A call left and no answer could be had: it may be ordered, and is never sent again.
    case inDoubt

    /// Whether it can still change.
    public var isFinal: Bool { self != .noted && self != .sending }
  }

  /// The journal's 128 random bits, as 32 hexadecimal digits.
  public var id: String
  /// The device.
  public var device: Int64
  /// The registration it is for; nil when there was none.
  public var registration: Int64?
  /// That registration's generation.
  public var generation: Int64?
  /// The slot.
  public var slot: String
  /// When the button was pressed.
  public var pressedAt: Date
  /// When it is too old to be ordered.
  public var expiresAt: Date
  /// Where it stands.
  public var state: State
  /// Why it ended, in a word.
  public var reason: String?
  /// Amazon's word for the outcome.
  public var detailCode: String?
  /// Amazon's number of the order.
  public var eventInstanceID: String?
  /// What Amazon said of the order later.
  public var orderStatus: String?
  /// When the first call left.
  public var firstSentAt: Date?
  /// How many calls were made or begun.
  public var attempts: Int
}

/// A press as the device reports it.
public struct NewPress: Sendable, Equatable {
  /// The journal's 128 random bits, as 32 hexadecimal digits.
  public var id: String
  /// The slot.
  public var slot: String
  /// When the button was pressed; nil when the device cannot know.
  public var pressedAt: Date?
}

/// The right to work on a press, one at a time.
public struct PressLease: Sendable, Equatable {
  /// Random, so that nobody gives back another's.
  public var name: String
  /// When it ends by itself.
  public var until: Date
}

/// What became of a report.
public enum PressReceipt: Sendable, Equatable {
  /// It is on disk, or was already.
  case noted(Press)
  /// It is on disk, and whoever noted it works on it, under the lease that came with it.
  case leased(Press)
  /// The identifier belongs to another press.
  case conflict
  /// Too many presses in a short time.
  case tooMany
}

/// What a notification says of an order.
public struct OrderNews: Sendable, Equatable {
  /// The device.
  public var device: CloudDevice.ID
  /// The registration it was ordered under.
  public var registration: Registration.ID
  /// Amazon's number of the order.
  public var eventInstanceID: String
  /// Amazon's word for its state.
  public var status: String
  /// When it was so.
  public var at: Date
}

/// The end of a press.
public struct PressResult: Sendable, Equatable {
  /// A final state.
  public var state: Press.State
  /// Why, in a word.
  public var reason: String?
  /// Amazon's word for the outcome.
  public var detailCode: String?
  /// Amazon's number of the order.
  public var eventInstanceID: String?
}
