extension DeviceStatus {
  /// The status as one line of JSON, for `replenishctl status --json`. Each member is always there; what is absent is
  /// null.
  public func encoded() -> [UInt8] { json.encoded().withBytes { Array($0) } }

  /// The status as a JSON object.
  var json: JSONValue {
    let object = JSONValue.object()
    object.set("version", ControlText.harmless(version, limit: 40))
    object.set("link", link.rawValue)
    object.set(optional: "generation", generation.map(Int64.init))
    object.set("protection", protection.rawValue)
    object.set("test-device", isTestDevice)
    object.set("setup-record", hasSetupRecord)
    if let bearer { object.set("bearer", ControlText.harmless(bearer)) } else { object.setNull("bearer") }
    object.set(optional: "window-seconds", windowSeconds.map(Int64.init))
    let guesses = JSONValue.object()
    guesses.set("failed", Int64(self.guesses.failed))
    guesses.set("wait-seconds", Int64(self.guesses.waitSeconds))
    object.set("guesses", guesses)
    object.set("clock-plausible", isClockPlausible)
    object.set(optional: "refresh-age", refreshAge)
    if let failure {
      let failed = JSONValue.object()
      failed.set("text", ControlText.harmless(failure.text))
      failed.set(optional: "age", failure.age)
      object.set("failure", failed)
    } else {
      object.setNull("failure")
    }
    let slots = JSONValue.array()
    for slot in self.slots { slots.append(ControlText.harmless(slot, limit: ControlProtocol.maximumSlot)) }
    object.set("slots", slots)
    let presses = JSONValue.array()
    for press in self.presses { presses.append(press.json) }
    object.set("presses", presses)
    return object
  }

  /// Reads ``json``.
  init(json object: JSONValue) throws(ControlReply.Fault) {
    guard let version = object["version"]?.string else { throw .malformed("version") }
    guard let link: LinkState = ControlText.word(object["link"]) else { throw .malformed("link") }
    guard let protection: ProtectionLevel = ControlText.word(object["protection"]) else {
      throw .malformed("protection")
    }
    guard let isTestDevice = object["test-device"]?.bool else { throw .malformed("test-device") }
    guard let hasSetupRecord = object["setup-record"]?.bool else { throw .malformed("setup-record") }
    guard let isClockPlausible = object["clock-plausible"]?.bool else { throw .malformed("clock-plausible") }
    guard let failed = object["guesses"]?["failed"]?.integer, let wait = object["guesses"]?["wait-seconds"]?.integer,
      let failures = Int(exactly: failed), let waitSeconds = Int(exactly: wait), failures >= 0, waitSeconds >= 0
    else { throw .malformed("guesses") }
    var bearer: String?
    // Absent from daemons before 0.2.
    if let value = object["bearer"], !value.isNull {
      guard let text = value.string else { throw .malformed("bearer") }
      bearer = ControlText.harmless(text)
    }
    let window = try object.optionalInteger("window-seconds", 0...Int64(Int32.max))
    let generation = try object.optionalInteger("generation", 0...Int64(UInt32.max))
    guard let names = object["slots"]?.elements else { throw .malformed("slots") }
    var slots: [String] = []
    for name in names {
      guard let slot = name.string else { throw .malformed("slots") }
      slots.append(ControlText.harmless(slot, limit: ControlProtocol.maximumSlot))
    }
    guard let reports = object["presses"]?.elements else { throw .malformed("presses") }
    var presses: [PressReport] = []
    for report in reports { presses.append(try PressReport(json: report)) }
    self.init(
      version: ControlText.harmless(version, limit: 40), link: link,
      generation: generation.flatMap { UInt32(exactly: $0) }, protection: protection, isTestDevice: isTestDevice,
      hasSetupRecord: hasSetupRecord, bearer: bearer, windowSeconds: window.flatMap { Int(exactly: $0) },
      guesses: Guesses(failed: failures, waitSeconds: waitSeconds), isClockPlausible: isClockPlausible,
      refreshAge: try object.optionalInteger("refresh-age"),
      failure: try Self.failure(in: object), slots: slots, presses: presses)
  }

  private static func failure(in object: JSONValue) throws(ControlReply.Fault) -> Failure? {
    guard let failure = object["failure"], !failure.isNull else { return nil }
    guard let text = failure["text"]?.string else { throw .malformed("failure.text") }
    return Failure(text: ControlText.harmless(text), age: try failure.optionalInteger("age"))
  }
}

extension PressReport {
  /// The report as a JSON object.
  fileprivate var json: JSONValue {
    let object = JSONValue.object()
    object.set("slot", ControlText.harmless(slot, limit: ControlProtocol.maximumSlot))
    object.set("id", id.text)
    object.set("state", state.rawValue)
    if let instanceID {
      object.set("instance-id", ControlText.harmless(instanceID, limit: ControlProtocol.maximumInstanceID))
    } else {
      object.setNull("instance-id")
    }
    object.set(optional: "age", age)
    object.set("reason", ControlText.harmless(reason))
    return object
  }

  /// Reads ``json``.
  fileprivate init(json object: JSONValue) throws(ControlReply.Fault) {
    guard let slot = object["slot"]?.string else { throw .malformed("presses.slot") }
    guard let id = PressID(text: object["id"]?.utf8 ?? []) else { throw .malformed("presses.id") }
    guard let state: State = ControlText.word(object["state"]) else { throw .malformed("presses.state") }
    guard let reason = object["reason"]?.string else { throw .malformed("presses.reason") }
    var instanceID: String?
    if let value = object["instance-id"], !value.isNull {
      guard let name = value.string else { throw .malformed("presses.instance-id") }
      instanceID = ControlText.harmless(name, limit: ControlProtocol.maximumInstanceID)
    }
    self.init(
      slot: ControlText.harmless(slot, limit: ControlProtocol.maximumSlot), id: id, state: state,
      instanceID: instanceID, age: try object.optionalInteger("age"), reason: ControlText.harmless(reason))
  }
}

extension JSONValue {
  fileprivate func set(optional name: StaticString, _ value: Int64?) {
    if let value { set(name, value) } else { setNull(name) }
  }

  fileprivate func optionalInteger(
    _ name: StaticString, _ range: ClosedRange<Int64> = Int64.min...Int64.max
  ) throws(ControlReply.Fault) -> Int64? {
    guard let value = self[name], !value.isNull else { return nil }
    guard let integer = value.integer, range.contains(integer) else { throw .malformed("\(name)") }
    return integer
  }
}
