@testable import ReplenishCore

/// A device in a handshake or a session with a phone that knows the code, and lies all the same: real messages, changed
/// ones, any bytes, sealed JSON of any kind.
enum SetupDeviceTarget {
  /// A device and a phone, and what the device may believe.
  private struct Meeting {
    var wire: DeviceWire
    var phone = HonestPhone()
    var proofsSent = 0
    var sealedSent = 0
    var lastSealed: [UInt8] = []

    mutating func send(_ message: [UInt8]) throws(Violation) {
      if message == phone.proof { proofsSent += 1 }
      try wire.send(message, session: phone.session)
    }

    mutating func goOn() throws(Violation) {
      try send(phone.next(after: wire.received.last))
      if wire.isCountAwaited { try wire.attemptCounted() }
    }
  }

  // Each stage is reached once and copied for every input: the slow part of a handshake is in what comes before.
  nonisolated(unsafe) private static let fresh: Meeting = SetupParties.made {
    let connection = PhoneConnection(
      credential: SetupParties.credential, model: SetupParties.model, random: FixedRandom(2))
    return Meeting(wire: try DeviceWire.subscribed(connection))
  }
  nonisolated(unsafe) private static let offered: Meeting = SetupParties.made {
    var meeting = fresh
    try meeting.goOn()
    return meeting
  }
  nonisolated(unsafe) private static let answered: Meeting = SetupParties.made {
    var meeting = offered
    try meeting.goOn()
    return meeting
  }

  static func run(_ bytes: inout InputBytes) throws(Violation) {
    let stage = bytes.number(below: 4)
    var meeting = [fresh, offered, answered, answered][stage]
    if stage == 3 {
      try meeting.goOn()
      try Violation.unless(meeting.wire.connection.isProved, "the right code is accepted")
    }
    for _ in 0..<64 where !bytes.isAtEnd {
      try step(&bytes, &meeting)
      try Violation.unless(meeting.wire.timesProved <= meeting.proofsSent, "only the right proof proves")
      try Violation.unless(meeting.wire.messages.count <= meeting.sealedSent, "only what was sealed is understood")
    }
  }

  private static func step(_ bytes: inout InputBytes, _ meeting: inout Meeting) throws(Violation) {
    switch bytes.number(below: 13) {
    case 0: try meeting.send(bytes.chunk())
    case 1: try meeting.send(bytes.edited(meeting.phone.next(after: meeting.wire.received.last)))
    case 2: try meeting.wire.write(bytes.chunk())
    case 3: try seal(bytes.chunk(), edits: nil, &meeting)
    case 4:
      let text = bytes.chunk()
      try seal(text, edits: bytes, &meeting)
      _ = bytes.edited([])
    case 5: try meeting.wire.send(meeting.lastSealed, session: meeting.phone.session)
    case 6: try meeting.wire.attemptCounted()
    case 7: try meeting.wire.attemptRefused(waitSeconds: Int(bytes.word()))
    case 8: try meeting.wire.say(said[bytes.number(below: said.count)])
    case 9: try meeting.goOn()
    case 10: try meeting.wire.give(bytes.chunk())
    case 11: try meeting.wire.send(bytes.chunk(), session: max(bytes.word(), 1))
    default: meeting.wire.confirms.toggle()
    }
  }

  private static func seal(_ text: [UInt8], edits: InputBytes?, _ meeting: inout Meeting) throws(Violation) {
    guard let channel = meeting.phone.channel, var sealed = try? channel.seal(Secret(copying: text)) else { return }
    meeting.lastSealed = sealed
    meeting.sealedSent += 1
    if var edits { sealed = edits.edited(sealed) }
    try meeting.send(sealed)
  }

  private static let said: [DeviceMessage] = [
    .linked, .progress(.redeeming), .failed(LinkFailure(.codeRefused, "no", mayRetry: true)),
    .failed(LinkFailure(.other, String(repeating: "ä", count: 300), mayRetry: false)),
    .parameters(LinkParameters(model: "Coffee-1", serial: "G0", codeChallenge: "", scope: "dash:replenish")),
  ]
}
