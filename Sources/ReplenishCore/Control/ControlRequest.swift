/// A ``Command`` as a message of the control socket: `{"protocol":1,"command":"press","slot":"paper"}`.
public enum ControlRequest {
  /// The words for the commands in the member `command`.
  enum Word: String, CaseIterable {
    case status, press, setup, unlink, identity, slots, order, erase
    case cancelTestOrders = "cancel-test-orders"
    case slotStatus = "slot-status"
    case renewKey = "renew-key"

    /// The members that a command may have besides `protocol` and `command`.
    var arguments: [StaticString] {
      switch self {
      case .status, .setup, .unlink, .identity, .slots, .renewKey, .erase: []
      case .press, .cancelTestOrders: ["slot"]
      case .order: ["instance-id"]
      case .slotStatus: ["slot", "remaining", "original", "on-hand", "last-use", "expected-replenishment"]
      }
    }
  }

  /// The message for a command.
  public static func encode(_ command: Command) -> [UInt8] {
    let object = JSONValue.object()
    object.set("protocol", ControlProtocol.version)
    object.set("command", word(of: command).rawValue)
    switch command {
    case .status, .setup, .unlink, .identity, .slots, .renewKey, .erase: break
    case .press(let slot): object.set("slot", slot)
    case .order(let instanceID): object.set("instance-id", instanceID)
    case .cancelTestOrders(let slot):
      if let slot { object.set("slot", slot) }
    case .slotStatus(let slot, let status):
      object.set("slot", slot)
      if let remaining = status.remaining { object.set("remaining", remaining) }
      if let original = status.original { object.set("original", original) }
      if let onHand = status.onHand { object.set("on-hand", onHand) }
      if let lastUse = status.lastUse { object.set("last-use", lastUse) }
      if let expected = status.expectedReplenishment { object.set("expected-replenishment", expected) }
    }
    return object.encoded().withBytes { Array($0) }
  }

  /// The command in a message.
  ///
  /// Strict: a member that the command does not have is refused, so that no argument is overlooked.
  /// - Throws: a ``Refusal`` to send back, ``Refusal/Code/badRequest``.
  public static func decode(_ message: [UInt8]) throws(Refusal) -> Command {
    let object = try parsed(message)
    guard let word: Word = ControlText.word(object["command"]) else {
      throw refusal("the member \"command\" is missing or no command; see replenishctl --help")
    }
    for (name, _) in object.members ?? [] where !isKnown(name, of: word) {
      throw refusal("\(word.rawValue) has no argument \"\(ControlText.harmless(name, limit: 40))\"; remove it")
    }
    switch word {
    case .status: return .status
    case .setup: return .setup
    case .unlink: return .unlink
    case .identity: return .identity
    case .slots: return .slots
    case .renewKey: return .renewKey
    case .erase: return .erase
    case .press: return .press(slot: try slot(in: object, word))
    case .cancelTestOrders:
      guard object["slot"] != nil else { return .cancelTestOrders(slot: nil) }
      return .cancelTestOrders(slot: try slot(in: object, word))
    case .order:
      guard let id = ControlText.name(object["instance-id"], limit: ControlProtocol.maximumInstanceID) else {
        throw refusal(
          "order needs an \"instance-id\" of 1 to \(ControlProtocol.maximumInstanceID) visible ASCII characters")
      }
      return .order(instanceID: id)
    case .slotStatus: return .slotStatus(slot: try slot(in: object, word), try status(in: object))
    }
  }

  private static func parsed(_ message: [UInt8]) throws(Refusal) -> JSONValue {
    guard message.count <= ControlProtocol.maximumLength else {
      throw refusal("the message is longer than \(ControlProtocol.maximumLength) bytes; shorten it")
    }
    let object: JSONValue
    do throws(JSONValue.ParseFailure) {
      object = try JSONValue.parse(message)
    } catch {
      throw refusal("the message is no JSON text (column \(error.column)); send one JSON object")
    }
    guard object.isObject else { throw refusal("the message is no JSON object; send one") }
    guard let version = object["protocol"]?.integer else {
      throw refusal("the member \"protocol\" is missing or no integer; send \(ControlProtocol.version)")
    }
    guard version == ControlProtocol.version else {
      throw refusal(
        "protocol \(version) is not spoken here, \(ControlProtocol.version) is; install replenishctl and daemon alike")
    }
    return object
  }

  private static func slot(in object: JSONValue, _ word: Word) throws(Refusal) -> String {
    guard let slot = ControlText.name(object["slot"], limit: ControlProtocol.maximumSlot) else {
      throw refusal("\(word.rawValue) needs a \"slot\" of 1 to \(ControlProtocol.maximumSlot) visible ASCII characters")
    }
    return slot
  }

  private static func status(in object: JSONValue) throws(Refusal) -> SlotStatus {
    do throws(SlotStatus.Fault) {
      return try SlotStatus(
        remaining: try quantity("remaining", in: object), original: try quantity("original", in: object),
        onHand: try quantity("on-hand", in: object), lastUse: try time("last-use", in: object),
        expectedReplenishment: try time("expected-replenishment", in: object))
    } catch {
      throw refusal(error.explanation)
    }
  }

  private static func quantity(_ name: StaticString, in object: JSONValue) throws(SlotStatus.Fault) -> Double? {
    guard let value = object[name] else { return nil }
    guard let number = value.number else { throw .quantity(field: "\(name)") }
    return number
  }

  private static func time(_ name: StaticString, in object: JSONValue) throws(SlotStatus.Fault) -> Int64? {
    guard let value = object[name] else { return nil }
    guard let seconds = value.integer else { throw .time(field: "\(name)") }
    return seconds
  }

  private static func isKnown(_ name: String, of word: Word) -> Bool {
    let known: [StaticString] = ["protocol", "command"] + word.arguments
    return known.contains { ASCII.isExactly(name.bytes, $0) }
  }

  private static func word(of command: Command) -> Word {
    switch command {
    case .status: .status
    case .press: .press
    case .setup: .setup
    case .unlink: .unlink
    case .identity: .identity
    case .slots: .slots
    case .order: .order
    case .cancelTestOrders: .cancelTestOrders
    case .slotStatus: .slotStatus
    case .renewKey: .renewKey
    case .erase: .erase
    }
  }

  private static func refusal(_ text: String) -> Refusal { Refusal(.badRequest, text) }
}
