/// What people are told: what was wrong, where, and what to do.
package enum Texts {
  static let clockNotSet =
    "the board's clock is not set, so no certificate can be checked: connect the board to a network with NTP or set the clock"
  static let notLinked = "no Amazon account is linked: hold the button for 5 seconds and link one with the phone"
  static let noSetupCode =
    "the factory's setup record is missing, so no phone can prove the setup code: make one with replenish-factory and name it in the configuration"
  static let badInstanceID =
    "an order's instance id has 1 to 255 visible characters: copy it from the status"
  static let busy = "something else is under way: try again in a moment"
  static let erasureIsUnderWay = "a factory reset is being finished: try again when the status no longer says so"
  static let linkingIsUnderWay = "a link is being made already: wait for it to end"
  static let noRandomness = "the board gave no random bytes: restart it, and check /dev/urandom if this comes again"
  static let otherClientID =
    "this device accepts only its own maker's Login with Amazon client id: use the maker's app"
  static let noRefreshToken =
    "Login with Amazon gave no refresh token: the client id must be one for other devices and platforms, not a web client id"
  static let revoked =
    "Amazon says that the link has ended (invalid_grant): the owner removed it or it was replaced; link the device again"
  static let unlinkedByOwner = "the owner ended the link"
  static let deregistrationGivenUp =
    "the registration could not be ended at Amazon in time: remove the device under Manage Your Content and Devices"
  static let linkEnded = "the link it was made under has ended"
  static let slotRemoved = "its slot is no longer in the configuration"
  static let journalFellBack =
    "the newest copy of the press journal was damaged: look at your Amazon orders before pressing again"
  static let journalLost =
    "the press journal was damaged, so it is not known what was pressed: look at your Amazon orders before pressing again"
  static let linkUnreadable =
    "the link record was damaged and was set aside: link the device again"
  static let ageUnknown = "the clock was not set when it was pressed, so its age cannot be known"
  static let expired = "it could not be ordered for too long: press again if it is still wanted"
  static let noAnswer =
    "no answer came for 15 minutes, so it may have been ordered: look at your Amazon orders before pressing again"
  static let unknownDetail =
    "the service took it and answered in words that this firmware does not know: look at your Amazon orders"

  static func newerRecord(_ kind: RecordKind, version: Int) -> String {
    let text: Wording =
      "the record '\(kind.rawValue)' was written by a later firmware (\(RecordEnvelope.novelty(version))) and was left as it is: install that firmware again"
    // A reset cannot replace these two.
    return kind == .erasing || kind == .attempts
      ? text.text : composed("\(text), or run 'replenishctl erase' to begin anew")
  }

  package static func unknownSlot(_ name: String, known slots: [String]) -> String {
    var text: Wording = "no slot is named '\(name.shortened(to: 64))'; configured: "
    for (index, slot) in slots.enumerated() { text = index == 0 ? "\(text)\(slot)" : "\(text), \(slot)" }
    return text.text
  }

  /// A failure on the way to Login with Amazon.
  static func lwa(_ failure: TransportFailure) -> String { transport("Login with Amazon", failure).text }

  /// A failure on the way to DRS.
  static func dash(_ failure: TransportFailure) -> String { transport("the replenishment service", failure).text }

  static func transport(_ service: StaticString, _ failure: TransportFailure) -> Wording {
    switch failure.reason {
    case .nameNotResolved: "\(service): its name does not resolve; check the network and the DNS server"
    case .notConnected: "\(service): no connection; check the network"
    case .certificateRefused:
      "\(service): its certificate was refused; check the clock, the ca-file and the host in the configuration"
    case .tlsFailed: "\(service): TLS failed; check for a proxy that breaks it"
    case .broken: "\(service): the connection broke before the answer was whole"
    case .answerTooLarge: "\(service): the answer was larger than this device accepts"
    case .local: "the request could not be made on this board; check memory and the ca-file"
    }
  }
}
