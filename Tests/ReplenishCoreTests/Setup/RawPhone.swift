import ReplenishTestSupport

@testable import ReplenishCore

/// A phone without manners, over a real connection: it writes what a test tells it to, and keeps what comes back.
final class RawPhone {
  enum Event: Equatable {
    case countAttempt
    case proved
    case message(String)
    case close(SetupFault)
  }

  var device: PhoneConnection
  var events: [Event] = []
  /// The messages that came back, each with its session.
  var received: [Reassembler.Whole] = []
  /// The ATT packets that came back.
  var packets: [[UInt8]] = []
  var channel: SecureSession?
  var session: UInt16 = 0
  /// How countAttempt is answered; nil leaves it open.
  var countsAttempts: Bool? = true
  /// Whether indications are confirmed.
  var confirms = true
  private var reassembler = Reassembler()

  init(mtu: Int = 247, subscribes: Bool = true, seed: UInt64 = 1) throws {
    device = PhoneConnection(
      credential: try SetupLink.credential(), model: SetupLink.model, random: SeededRandom(seed))
    give([0x02, UInt8(mtu & 255), UInt8(mtu >> 8)])
    if subscribes { give([0x12, UInt8(SetupService.Handle.indicateConfiguration), 0, 2, 0]) }
    packets = []
  }

  /// The faults that the device told.
  var faults: [SetupFault] {
    received.compactMap { whole in
      if let message = try? SetupMessage(whole.bytes), case .fault(let fault) = message { fault } else { nil }
    }
  }

  func give(_ packet: [UInt8]) { take(device.receive(packet: packet)) }

  func write(_ frame: [UInt8]) { give([0x12, UInt8(SetupService.Handle.writeValue), 0] + frame) }

  /// Writes a message in frames of up to `capacity` bytes.
  func send(_ message: [UInt8], capacity: Int = 244) {
    let fragmenter = Fragmenter(message, session: session)
    while let frame = fragmenter.next(capacity: capacity) { write(frame) }
  }

  func send(_ message: SetupMessage) { send(message.bytes) }

  func take(_ outputs: [PhoneOutput]) {
    for output in outputs {
      switch output {
      case .transmit(let packet):
        packets.append(packet)
        if packet[0] == 0x1D {
          if let whole = try? reassembler.receive(Array(packet[3...])) { received.append(whole) }
          if confirms { give([0x1E]) }
        }
      case .countAttempt:
        events.append(.countAttempt)
        if let countsAttempts {
          take(countsAttempts ? device.attemptCounted() : device.attemptRefused(waitSeconds: 5))
        }
      case .proved: events.append(.proved)
      case .message(let message): events.append(.message(SetupLink.describe(message)))
      case .close(let fault): events.append(.close(fault))
      }
    }
  }

  /// Begins a handshake and sends the share; gives what is needed to go on.
  func share(code: String = SetupLink.code, versions: [UInt8] = [1]) throws -> (SPAKE2PlusProver, SetupTranscript) {
    session &+= 1
    let hello = SetupMessage.hello(versions: versions)
    var transcript = SetupTranscript()
    send(hello)
    let credential = try SetupLink.credential()
    let derivation = try SetupDerivation(
      code: SetupCode(Secret(copying: code)), salt: credential.salt, iterations: credential.iterations)
    let context = SetupContext(
      version: 1, offered: versions, salt: credential.salt, iterations: credential.iterations,
      model: Array(SetupLink.model.utf8))
    let prover = try SPAKE2PlusProver(
      context.exchange, w0: derivation.w0, w1: derivation.w1, random: SeededRandom(UInt64(session)))
    transcript.append(hello.bytes)
    transcript.append(received.last?.bytes ?? [])
    transcript.append(SetupMessage.share(prover.share).bytes)
    send(.share(prover.share))
    return (prover, transcript)
  }

  /// Proves a code; whether the device accepted it.
  func prove(code: String = SetupLink.code, versions: [UInt8] = [1]) throws -> Bool {
    var (prover, transcript) = try share(code: code, versions: versions)
    guard let answer = received.last, case .answer(let share, let proof) = try SetupMessage(answer.bytes) else {
      return false
    }
    let keys = try prover.finish(shareV: share, confirmV: proof)
    transcript.append(answer.bytes)
    transcript.append(SetupMessage.proof(keys.confirmP.disclosed).bytes)
    send(.proof(keys.confirmP.disclosed))
    channel = try SecureSession(
      .phone, sharedKey: keys.shared, transcript: transcript.digest, identifier: session)
    return device.isProved
  }

  /// Seals a text and sends it.
  func say(_ text: String) throws {
    if let channel { send(try channel.seal(Secret(copying: text))) }
  }

  /// The last message of the device, opened.
  func lastSaid() throws -> DeviceMessage? {
    guard let whole = received.last, case .sealedByDevice(let sealed) = try SetupMessage(whole.bytes), let channel
    else { return nil }
    return try DeviceMessage.decode(channel.open(sealed))
  }
}

/// Packets and frames as no honest phone makes them.
enum Raw {
  static func write(_ frame: [UInt8]) -> [UInt8] { [0x12, UInt8(SetupService.Handle.writeValue), 0] + frame }

  static func frame(_ message: [UInt8], session: UInt16) -> [UInt8] {
    [0xC0] + BigEndian.bytes(Int(session), count: 2) + BigEndian.bytes(message.count, count: 2) + message
  }
}
