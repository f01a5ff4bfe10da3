@testable import ReplenishCore

/// A device's end of a ``PhoneSession``: a real ATT server and a real handshake behind it, to be answered by or not.
struct PhoneWire {
  private(set) var session = PhoneSession(code: SetupParties.code, random: FixedRandom(4))
  var device = HonestDevice()
  private var server = ATTServer(database: SetupService.database(name: "Replenish"))
  private var pending: [UInt8]?
  private var mirror = Reassembler()
  private var mayProve = false
  private var sealedSent = 0
  private var understood = 0
  private var hasEnded = false

  /// More iterations than this are within the protocol's limits but would make every run take long.
  private static let patience = 20_000

  mutating func start() throws(Violation) { try take(session.start()) }

  mutating func retry() throws(Violation) { try take(session.retry(code: SetupParties.code)) }

  mutating func say(_ message: PhoneMessage) throws(Violation) {
    guard let outputs = try? session.send(message) else { return }
    try take(outputs)
  }

  /// What the real server answers to the request that is open.
  mutating func honestAnswers() -> [[UInt8]] {
    guard let request = pending else { return [] }
    var answers: [[UInt8]] = []
    for event in server.receive(request) {
      switch event {
      case .transmit(let packet): answers.append(packet)
      case .wrote(_, let frame): device.receive(frame)
      case .configured, .confirmed: break
      }
    }
    return answers
  }

  /// Answers the open request as a real server does.
  mutating func answer() throws(Violation) { for answer in honestAnswers() { try give(answer) } }

  /// Sends the message that the real device would send now.
  mutating func goOn() throws(Violation) {
    if let message = device.take() { try send(message) }
  }

  mutating func seal(_ text: [UInt8]) throws(Violation) {
    guard let sealed = try? device.channel?.seal(Secret(copying: text)) else { return }
    sealedSent += 1
    try send(sealed)
  }

  /// Sends a message of the setup protocol in honest frames.
  mutating func send(_ message: [UInt8]) throws(Violation) {
    guard (1...SetupProtocol.maximumMessage).contains(message.count), device.session != 0 else { return }
    if message == device.answer { mayProve = true }
    let fragmenter = Fragmenter(message, session: device.session)
    while let frame = fragmenter.next(capacity: server.frameLength) { try indicate(frame) }
  }

  mutating func indicate(_ frame: [UInt8]) throws(Violation) {
    try give([0x1D, UInt8(SetupService.Handle.indicateValue), 0] + frame)
  }

  mutating func give(_ packet: [UInt8]) throws(Violation) {
    if packet.first == 0x1D, isTooSlow(Array(packet.dropFirst(ATT.headerLength))) { return }
    if let opcode = packet.first, let request = pending?.first,
      opcode == request &+ 1 || (opcode == 0x01 && packet.count == 5 && packet[1] == request)
    {
      pending = nil
    }
    try take(session.receive(packet: packet))
  }

  private mutating func isTooSlow(_ frame: [UInt8]) -> Bool {
    guard let whole = try? mirror.receive(frame), let message = try? SetupMessage(whole.bytes),
      case .offer(_, _, let iterations, _) = message
    else { return false }
    return iterations > PhoneWire.patience && SetupProtocol.iterationCounts.contains(iterations)
  }

  private mutating func take(_ outputs: [PhoneSessionOutput]) throws(Violation) {
    for output in outputs {
      try Violation.unless(!hasEnded, "nothing comes after the end")
      switch output {
      case .transmit(let packet):
        try Violation.unless(packet.count <= 247, "a packet fits the MTU")
        guard let opcode = packet.first, ATT.isRequest(opcode) else { break }
        try Violation.unless(pending == nil, "one request is open at a time")
        pending = packet
      case .proved: try Violation.unless(mayProve, "only the right answer proves")
      case .message:
        understood += 1
        try Violation.unless(understood <= sealedSent, "only what was sealed is understood")
      case .refused(let fault): try Violation.unless(!fault.text.isEmpty, "a fault has a text")
      case .ended: hasEnded = true
      }
    }
  }
}
