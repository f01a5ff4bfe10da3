@testable import ReplenishCore

/// A phone in discovery, a handshake or a session with a device that lies.
enum SetupPhoneTarget {
  // As with the device: each stage is reached once and copied, so that PBKDF2 is not run for every input.
  nonisolated(unsafe) private static let fresh: PhoneWire = SetupParties.made {
    var wire = PhoneWire()
    try wire.start()
    return wire
  }
  nonisolated(unsafe) private static let greeted: PhoneWire = SetupParties.made {
    var wire = fresh
    for _ in 0..<32 where wire.device.session == 0 { try wire.answer() }
    try Violation.unless(wire.device.session != 0, "a phone finds the setup service")
    return wire
  }
  nonisolated(unsafe) private static let shared: PhoneWire = SetupParties.made {
    var wire = greeted
    try wire.answer()
    try wire.goOn()
    for _ in 0..<32 where wire.device.answer == nil { try wire.answer() }
    try Violation.unless(wire.device.answer != nil, "a phone sends its share")
    return wire
  }

  static func run(_ bytes: inout InputBytes) throws(Violation) {
    let stage = bytes.number(below: 4)
    var wire = [fresh, greeted, shared, shared][stage]
    if stage == 3 {
      try wire.answer()
      try wire.goOn()
      try wire.answer()
      try Violation.unless(wire.session.isProved, "the right device is accepted")
    }
    for _ in 0..<64 where !bytes.isAtEnd { try step(&bytes, &wire) }
  }

  private static func step(_ bytes: inout InputBytes, _ wire: inout PhoneWire) throws(Violation) {
    switch bytes.number(below: 12) {
    case 0: try wire.give(bytes.chunk())
    case 1: try wire.answer()
    case 2:
      for answer in wire.honestAnswers() { try wire.give(bytes.edited(answer)) }
    case 3: try wire.indicate(bytes.chunk())
    case 4: try wire.send(bytes.chunk())
    case 5:
      guard let message = wire.device.take() else { break }
      try wire.send(bytes.edited(message))
    case 6: try wire.seal(bytes.chunk())
    case 7: try wire.say(.identify)
    case 8: try wire.say(.requestParameters)
    case 9: try wire.retry()
    case 10: try wire.goOn()
    default:
      // An offer of any salt, iterations and model.
      let offer = SetupMessage.offer(
        version: bytes.byte(), salt: bytes.chunk(), iterations: Int(bytes.word()), model: bytes.chunk())
      try wire.send(offer.bytes)
    }
  }
}
