/// The rules of the control socket that both its ends go by: one JSON object in each `SOCK_SEQPACKET` message.
public enum ControlProtocol {
  /// The version in the member `protocol` of each message. Another one is refused, in words.
  public static let version: Int64 = 1
  /// The longest message in either direction, in bytes.
  public static let maximumLength = 16_384
  /// The longest sentence in a message, in bytes of UTF-8; longer ones are cut.
  static let maximumText = 300
  /// The longest slot name or slot id, in bytes.
  static let maximumSlot = 128
  /// The longest order id in bytes (DRS `eventInstanceId`).
  static let maximumInstanceID = 255
}

/// What a caller of the control socket must be allowed.
public enum ControlRight: Sendable {
  /// To see how the device is: status, identity and slots.
  case read
  /// To change something, which may be an order on the owner's account.
  case act
}

extension Command {
  /// What the caller must be allowed for this.
  public var right: ControlRight {
    switch self {
    case .status, .identity, .slots: .read
    case .press, .setup, .unlink, .order, .cancelTestOrders, .slotStatus, .renewKey, .erase: .act
    }
  }
}
