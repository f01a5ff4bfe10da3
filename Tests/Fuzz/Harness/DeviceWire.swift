@testable import ReplenishCore

/// A phone's end of a ``PhoneConnection``, with the promises that ATT and the setup protocol make at every packet.
struct DeviceWire {
  private(set) var connection: PhoneConnection
  /// The messages that came, each with its session.
  private(set) var received: [Reassembler.Whole] = []
  /// What the phone said over the session, as the device understood it.
  private(set) var messages: [PhoneMessage] = []
  private(set) var timesProved = 0
  private(set) var isCountAwaited = false
  private(set) var isClosed = false
  /// Whether indications are confirmed at once.
  var confirms = false
  private var mtu = ATT.minimumMTU
  private var isConfirmationAwaited = false
  private var reassembler = Reassembler()

  init(_ connection: PhoneConnection) { self.connection = connection }

  /// A connection on which frames can be written and read.
  static func subscribed(_ connection: PhoneConnection) throws(Violation) -> DeviceWire {
    var wire = DeviceWire(connection)
    wire.confirms = true
    try wire.give([0x02, 0x05, 0x02])
    try wire.give([0x12, UInt8(SetupService.Handle.indicateConfiguration), 0, 2, 0])
    return wire
  }

  mutating func give(_ packet: [UInt8]) throws(Violation) {
    if packet.first == 0x1E, packet.count == 1 { isConfirmationAwaited = false }
    let outputs = connection.receive(packet: packet)
    var answers = 0
    for case .transmit(let answer) in outputs where answer.first != 0x1D {
      answers += 1
      try isAnswer(answer, to: packet)
      if packet.first == 0x02, answer.first == 0x03 { mtu = min(Int(packet[1]) | Int(packet[2]) << 8, 517) }
    }
    // A connection that has closed answers nothing any more.
    if let opcode = packet.first, ATT.isRequest(opcode), !isClosed {
      try Violation.unless(answers == 1, "a request has one answer")
    } else {
      try Violation.unless(answers <= 1, "what is no request has no answer, but an indication its confirmation")
    }
    try take(outputs)
  }

  mutating func write(_ frame: [UInt8]) throws(Violation) {
    try give([0x12, UInt8(SetupService.Handle.writeValue), 0] + frame)
  }

  /// Writes a message of the setup protocol in honest frames.
  mutating func send(_ message: [UInt8], session: UInt16) throws(Violation) {
    guard (1...SetupProtocol.maximumMessage).contains(message.count) else { return }
    let fragmenter = Fragmenter(message, session: session)
    while let frame = fragmenter.next(capacity: mtu - ATT.headerLength) { try write(frame) }
  }

  mutating func attemptCounted() throws(Violation) {
    isCountAwaited = false
    try take(connection.attemptCounted())
  }

  mutating func attemptRefused(waitSeconds: Int) throws(Violation) {
    isCountAwaited = false
    try take(connection.attemptRefused(waitSeconds: waitSeconds))
  }

  mutating func say(_ message: DeviceMessage) throws(Violation) { try take(connection.send(message)) }

  private mutating func take(_ outputs: [PhoneOutput]) throws(Violation) {
    for output in outputs {
      try Violation.unless(!isClosed, "nothing comes after the end")
      switch output {
      case .transmit(let packet):
        try Violation.unless(packet.count <= mtu, "a packet fits the MTU")
        guard packet.first == 0x1D else { break }
        try Violation.unless(!isConfirmationAwaited, "an indication waits for the last one's confirmation")
        isConfirmationAwaited = true
        if let whole = try? reassembler.receive(Array(packet.dropFirst(ATT.headerLength))) { received.append(whole) }
        if confirms { try give([0x1E]) }
      case .countAttempt:
        try Violation.unless(!isCountAwaited, "one guess is counted at a time")
        isCountAwaited = true
      case .proved: timesProved += 1
      case .message(let message): messages.append(message)
      case .close(let fault):
        isClosed = true
        try Violation.unless(!fault.text.isEmpty, "a fault has a text")
      }
    }
  }

  private func isAnswer(_ answer: [UInt8], to packet: [UInt8]) throws(Violation) {
    guard let opcode = packet.first else { throw Violation(description: "an empty packet has no answer") }
    if answer.first == 0x01 {
      return try Violation.unless(answer.count == 5 && answer[1] == opcode, "an error names its request")
    }
    try Violation.unless(answer.first == opcode &+ 1, "an answer is to its request")
  }
}
