/// One press in the journal. A class, since it is large and looked at in many places.
final class JournalEntry {
  /// Its name.
  let id: PressID
  /// The name of the slot in the configuration.
  let slot: String
  /// The link it was made under.
  let generation: Int64
  /// When it was made.
  let pressed: Stamp
  /// How far it has come.
  var state: PressReport.State
  /// When the first byte of its order may have left the device; nil if none has.
  var firstSend: Stamp?
  /// The order, once the service named it.
  var instanceID: String?
  /// Why it ended as it did, for a person.
  var reason = ""

  /// Whether the service may have ordered, for all the device knows. Not kept: after a restart every entry that was
  /// being sent may have been ordered.
  var isUncertain = false

  init(id: PressID, slot: String, generation: Int64, pressed: Stamp) {
    self.id = id
    self.slot = slot
    self.generation = generation
    self.pressed = pressed
    state = .noted
  }

  /// Whether it ended in a way that somebody should look after.
  var needsPerson: Bool {
    switch state {
    case .inDoubt, .refused, .expired, .void: true
    default: false
    }
  }

  /// Ends it. Text from elsewhere is bounded, since it goes on disk.
  func close(_ state: PressReport.State, instanceID: String? = nil, reason: String = "") {
    self.state = state
    self.instanceID = instanceID
    self.reason = reason.shortened(to: 200)
  }

  /// Writes it into the journal.
  func encoded() -> JSONValue {
    let object = JSONValue.object()
    object.set("id", id.text)
    object.set("slot", slot)
    object.set("generation", generation)
    object.set("state", state.rawValue)
    let stamp = JSONValue.object()
    pressed.write(to: stamp)
    object.set("pressed", stamp)
    if let firstSend {
      let stamp = JSONValue.object()
      firstSend.write(to: stamp)
      object.set("first_send", stamp)
    }
    if let instanceID { object.set("instance_id", instanceID) }
    if !reason.isEmpty { object.set("reason", reason) }
    return object
  }

  /// Reads it from a journal; nil if it is none.
  init?(_ object: JSONValue) {
    guard let digits = object["id"]?.utf8, let id = PressID(text: digits),
      let slot = object["slot"]?.string, let generation = object["generation"]?.integer,
      let stamp = object["pressed"], let pressed = Stamp(stamp),
      let state: PressReport.State = ControlText.word(object["state"])
    else { return nil }
    self.id = id
    self.slot = slot
    self.generation = generation
    self.pressed = pressed
    self.state = state
    instanceID = object["instance_id"]?.string
    reason = object["reason"]?.string ?? ""
    if let member = object["first_send"] {
      guard let stamp = Stamp(member) else { return nil }
      firstSend = stamp
    }
    isUncertain = state == .sending
  }
}
