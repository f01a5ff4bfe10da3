/// What can happen to a device. Each is given to ``Device/handle(_:at:)`` with the moment it happened.
public indirect enum Input {
  /// The device starts; first of all inputs, and only once.
  case start(RecordFindings, BootIdentity)
  /// ``Device/deadline`` has passed, or the board's clock was set.
  case wake
  /// A button went down (`true`) or up, debounced. The index counts the configured slots.
  case button(slot: Int, isDown: Bool)
  /// A ``Effect/store(_:_:)`` or ``Effect/remove(_:)`` ended. They end in the order they were asked for.
  case stored(RecordKind, StoreOutcome)
  /// A ``Effect/request(_:_:)`` ended.
  case answer(RequestID, HTTPOutcome)
  /// The setup window could not be opened; the text says why and what to do.
  case windowFailed(String)
  /// A phone connected. A second phone is refused by the bearer while one is connected.
  case phoneConnected
  /// An ATT packet came from the phone.
  case phonePacket([UInt8])
  /// The phone is gone.
  case phoneDisconnected
  /// Somebody with the right to asks for something.
  case command(CommandID, Command)
}

/// Names one boot, so that a time of the last boot is not taken for one of this (`/proc/sys/kernel/random/boot_id`).
public struct BootIdentity: Equatable {
  /// The bytes of the name; empty if the board has none, which counts as a new boot each time.
  public let bytes: [UInt8]

  /// Makes an identity.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// Names one HTTP request while it is under way.
public struct RequestID: Equatable, Hashable {
  /// A number never used twice in one run.
  public let number: UInt32

  /// Makes a name.
  public init(_ number: UInt32) { self.number = number }
}

/// Names one command until it is answered. The one who gives the command chooses it.
public struct CommandID: Equatable, Hashable {
  /// A number not used by another open command.
  public let number: UInt64

  /// Makes a name.
  public init(_ number: UInt64) { self.number = number }
}
