/// The phone's side of setup over one connection: finds the service, proves the code, exchanges messages.
///
/// A value that reads no clock and sends nothing itself; for companions and tests. Deriving the key from the code takes
/// a second or so of computing inside ``receive(packet:)``, once per code.
public struct PhoneSession {
  private enum State {
    case discovering(SetupDiscovery)
    case greeted(SetupTranscript)
    case shared(SPAKE2PlusProver, SetupTranscript)
    case open(SecureSession)
    case refused
    case ended
  }

  private let expectedModel: [UInt8]?
  private let random: any RandomSource
  private var code: SetupCode
  private var client: ATTClient
  private var state = State.discovering(SetupDiscovery())
  private var handles = SetupDiscovery.Handles()
  private var session: UInt16 = 0
  private var reassembler = Reassembler()
  private var waiting: [Fragmenter] = []

  /// Begins with a connection that will stand when ``start()`` is called.
  ///
  /// - Parameters:
  ///   - code: The setup code from the label.
  ///   - expectedModel: The model that the device must be; nil accepts any.
  ///   - maximumMTU: The largest MTU to agree to; 23–517.
  ///   - random: Where the handshake's secret number comes from.
  public init(
    code: SetupCode, expectedModel: String? = nil, maximumMTU: Int = 247, random: any RandomSource
  ) {
    self.code = code
    self.expectedModel = expectedModel.map { $0.bytes }
    self.random = random
    client = ATTClient(maximumMTU: maximumMTU)
  }

  /// Whether both sides have proved the setup code and the session is open.
  public var isProved: Bool {
    if case .open = state { return true }
    return false
  }

  /// Begins, once the connection stands.
  public mutating func start() -> [PhoneSessionOutput] {
    guard case .discovering(var discovery) = state, !client.isBusy else { return [] }
    let request = discovery.start(&client)
    state = .discovering(discovery)
    return [.transmit(request)]
  }

  /// Takes an ATT packet from the device.
  public mutating func receive(packet: [UInt8]) -> [PhoneSessionOutput] {
    if case .ended = state { return [] }
    var outputs: [PhoneSessionOutput] = []
    for event in client.receive(packet) {
      switch event {
      case .transmit(let packet): outputs.append(.transmit(packet))
      case .answered(_, let answer): outputs += proceed(answer)
      case .refused: outputs += proceed(nil)
      case .indicated(let handle, let frame):
        if handle != 0, handle == handles.indicate { outputs += receive(frame: frame) }
      case .broken: outputs += end(.notASetupDevice)
      }
    }
    return outputs + pump()
  }

  /// Sends a message to the device, sealed.
  public mutating func send(_ message: PhoneMessage) throws(MessageFault) -> [PhoneSessionOutput] {
    guard case .open(let channel) = state else { throw .noSession }
    let text = try message.encoded()
    do {
      enqueue(try channel.seal(text))
    } catch {
      return end(error)
    }
    return pump()
  }

  /// Tries another code over the same connection, after ``PhoneSessionOutput/refused(_:)``.
  public mutating func retry(code: SetupCode) -> [PhoneSessionOutput] {
    guard case .refused = state else { return [] }
    self.code = code
    return greet() + pump()
  }

  /// Takes the answer to a request, or nil for its refusal.
  private mutating func proceed(_ answer: [UInt8]?) -> [PhoneSessionOutput] {
    guard case .discovering(var discovery) = state else {
      return answer == nil ? end(.unexpectedMessage) : []  // the device refused a frame, or took it
    }
    let step = discovery.proceed(answer, &client)
    state = .discovering(discovery)
    switch step {
    case .request(let packet): return [.transmit(packet)]
    case .failed: return end(.notASetupDevice)
    case .done(let handles):
      self.handles = handles
      return greet()
    }
  }

  private mutating func greet() -> [PhoneSessionOutput] {
    // The number only has to differ from the last one on this connection; zero stands for none.
    guard let drawn = random.bytes(count: 2) else { return end(.cryptographyFailed) }
    var number = UInt16(drawn[0]) << 8 | UInt16(drawn[1])
    while number == 0 || number == session { number &+= 1 }
    session = number
    reassembler.reset()
    waiting = []
    let hello = SetupMessage.hello(versions: SetupProtocol.versions).bytes
    var transcript = SetupTranscript()
    transcript.append(hello)
    state = .greeted(transcript)
    enqueue(hello)
    return []
  }

  private mutating func receive(frame: [UInt8]) -> [PhoneSessionOutput] {
    var reader = WireReader(frame, from: 1)
    guard let number = reader.bigEndian16(), number == session else { return [] }  // a late frame of the last try
    do throws(SetupFault) {
      guard let whole = try reassembler.receive(frame) else { return [] }
      return try handle(SetupMessage(whole.bytes), whole.bytes)
    } catch {
      switch error {
      case .wrongSetupCode, .wait:
        state = .refused
        return [.refused(error)]
      default: return end(error)
      }
    }
  }

  private mutating func handle(_ message: SetupMessage, _ bytes: [UInt8]) throws(SetupFault) -> [PhoneSessionOutput] {
    switch (message, state) {
    case (.fault(let fault), _): throw fault
    case (.offer(let version, let salt, let iterations, let model), .greeted(var transcript)):
      guard SetupProtocol.versions.contains(version) else { throw .unsupportedVersion }
      guard SetupProtocol.saltLengths.contains(salt.count), SetupProtocol.iterationCounts.contains(iterations),
        SetupProtocol.modelLengths.contains(model.count), model.allSatisfy({ $0 >= 0x21 && $0 <= 0x7E })
      else { throw .unacceptableParameters }
      guard expectedModel == nil || model == expectedModel else { throw .otherModel }
      let derivation = try SetupDerivation(code: code, salt: salt, iterations: iterations)
      let context = SetupContext(
        version: version, offered: SetupProtocol.versions, salt: salt, iterations: iterations, model: model)
      let prover = try SPAKE2PlusProver(context.exchange, w0: derivation.w0, w1: derivation.w1, random: random)
      let share = SetupMessage.share(prover.share).bytes
      transcript.append(bytes)
      transcript.append(share)
      state = .shared(prover, transcript)
      enqueue(share)
      return []
    case (.answer(let share, let proof), .shared(let prover, var transcript)):
      // After a false proof nothing is sent: the device learns no more than that a guess was made.
      let keys = try prover.finish(shareV: share, confirmV: proof)
      let confirmation = SetupMessage.proof(keys.confirmP.disclosed).bytes
      transcript.append(bytes)
      transcript.append(confirmation)
      state = .open(
        try SecureSession(.phone, sharedKey: keys.shared, transcript: transcript.digest, identifier: session))
      enqueue(confirmation)
      return [.proved]
    case (.sealedByDevice(let sealed), .open(let channel)):
      let text = try channel.open(sealed)
      do {
        return [.message(try DeviceMessage.decode(text))]
      } catch {
        // A later firmware may say more than this version knows.
        guard error == .unknownType else { throw .malformed }
        return []
      }
    default: throw .unexpectedMessage
    }
  }

  private mutating func enqueue(_ message: [UInt8]) { waiting.append(Fragmenter(message, session: session)) }

  /// Writes the next frame, if the last is answered.
  private mutating func pump() -> [PhoneSessionOutput] {
    while !client.isBusy, !waiting.isEmpty {
      if let frame = waiting[0].next(capacity: client.frameLength) {
        return [.transmit(client.write(frame, to: handles.write))]
      }
      waiting.removeFirst()
    }
    return []
  }

  private mutating func end(_ fault: SetupFault) -> [PhoneSessionOutput] {
    state = .ended
    waiting = []
    return [.ended(fault)]
  }
}

/// What a ``PhoneSession`` wants done, in this order.
public enum PhoneSessionOutput {
  /// Send one ATT packet to the device.
  case transmit([UInt8])
  /// Both sides know the code; the device sends ``DeviceMessage/parameters(_:)`` next.
  case proved
  /// The device says something over the session.
  case message(DeviceMessage)
  /// This try failed, with a wrong code or because the device wants a pause; the connection stands. Go on with
  /// ``PhoneSession/retry(code:)``.
  case refused(SetupFault)
  /// The connection is of no more use: disconnect.
  case ended(SetupFault)
}
