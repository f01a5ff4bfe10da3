/// The device's side of the setup protocol: frames in, frames out, whatever carries them.
struct SetupResponder {
  /// What a frame led to, besides frames to be sent.
  indirect enum Event {
    case countAttempt
    case proved
    case message(PhoneMessage)
  }

  private indirect enum State {
    /// No handshake.
    case idle
    /// The offer is sent; the share is awaited.
    case offered(SPAKE2Plus)
    /// The share is here; the attempt must be counted before anything that follows from w0 leaves.
    case counting(SPAKE2Plus, shareP: [UInt8])
    /// The answer is sent; the proof is awaited.
    case answered(SPAKE2Plus.Keys)
    /// The phone knows the code.
    case open(SecureSession)
  }

  private let credential: SetupCredential
  private let model: [UInt8]
  private let random: any RandomSource
  private var state = State.idle
  private var session: UInt16 = 0
  private var transcript = SetupTranscript()
  private var reassembler = Reassembler()
  private var waiting: [Fragmenter] = []
  private var isCountAwaited = false
  /// The fault last told to the phone.
  private(set) var lastFault: SetupFault?
  /// Set when the connection is to end once all frames have gone.
  private(set) var closing: SetupFault?

  init(credential: SetupCredential, model: String, random: any RandomSource) {
    self.credential = credential
    self.model = model.bytes
    self.random = random
  }

  /// Whether the phone has proved the code in the session that is open.
  var isProved: Bool {
    if case .open = state { return closing == nil }
    return false
  }

  /// Whether a handshake is under way.
  var isHandshaking: Bool {
    switch state {
    case .idle, .open: false
    case .offered, .counting, .answered: true
    }
  }

  /// Takes a frame.
  mutating func receive(_ frame: [UInt8]) -> [Event] {
    guard closing == nil else { return [] }
    do {
      guard let whole = try reassembler.receive(frame) else { return [] }
      return try handle(whole)
    } catch {
      close(error)
      return []
    }
  }

  /// The attempt is durably counted: answers the share.
  mutating func attemptCounted() {
    guard isCountAwaited else { return }
    isCountAwaited = false
    guard closing == nil, case .counting(let exchange, let shareP) = state else { return }  // the phone started over
    do {
      let run = try SPAKE2PlusVerifier(
        exchange, w0: credential.w0, l: credential.l, shareP: shareP, random: random)
      let answer = SetupMessage.answer(share: run.share, proof: run.keys.confirmV.disclosed).bytes
      transcript.append(answer)
      state = .answered(run.keys)
      enqueue(answer)
    } catch {
      refuse(error)
    }
  }

  /// The attempt may not be made: tells the phone when the next one may.
  mutating func attemptRefused(waitSeconds: Int) {
    guard isCountAwaited else { return }
    isCountAwaited = false
    guard closing == nil, case .counting = state else { return }
    refuse(.wait(seconds: waitSeconds))
  }

  /// Seals a message for the phone; dropped unless the phone has proved the code.
  mutating func send(_ message: DeviceMessage) {
    guard isProved, case .open(let channel) = state else { return }
    do {
      enqueue(try channel.seal(message.encoded()))
    } catch {
      close(error)
    }
  }

  /// The next frame of at most `capacity` bytes for the phone; nil if none is to go.
  mutating func nextFrame(capacity: Int) -> [UInt8]? {
    while !waiting.isEmpty {
      if let frame = waiting[0].next(capacity: capacity) { return frame }
      waiting.removeFirst()
    }
    return nil
  }

  /// Forgets the session and what waits for the phone, which no longer listens.
  mutating func reset() {
    state = .idle
    reassembler.reset()
    waiting = []
  }

  private mutating func handle(_ whole: Reassembler.Whole) throws(SetupFault) -> [Event] {
    let message = try SetupMessage(whole.bytes)
    if case .hello(let versions) = message {
      try begin(whole, versions: versions)
      return []
    }
    guard whole.session == session else { throw .unexpectedMessage }
    switch message {
    case .share(let share):
      guard case .offered(let exchange) = state, !isCountAwaited else { throw .unexpectedMessage }
      guard try SPAKE2PlusVerifier.isPoint(share) else {
        refuse(.invalidShare)
        return []
      }
      transcript.append(whole.bytes)
      state = .counting(exchange, shareP: share)
      isCountAwaited = true
      return [.countAttempt]
    case .proof(let proof):
      guard case .answered(let keys) = state else { throw .unexpectedMessage }
      guard Secret.matches(keys.confirmP, Secret(copying: proof)) else {
        refuse(.wrongSetupCode)
        return []
      }
      transcript.append(whole.bytes)
      state = .open(
        try SecureSession(.device, sharedKey: keys.shared, transcript: transcript.digest, identifier: session))
      lastFault = nil
      return [.proved]
    case .sealedByPhone(let sealed):
      guard case .open(let channel) = state else { throw .unexpectedMessage }
      let text = try channel.open(sealed)
      do {
        return [.message(try PhoneMessage.decode(text))]
      } catch {
        send(.failed(LinkFailure(.badMessage, error.text, mayRetry: true)))
        return []
      }
    default: throw .unexpectedMessage
    }
  }

  private mutating func begin(_ whole: Reassembler.Whole, versions: [UInt8]) throws(SetupFault) {
    guard whole.session != session else { throw .unexpectedMessage }
    reset()
    session = whole.session
    guard let version = SetupProtocol.versions.first(where: { versions.contains($0) }) else {
      refuse(.unsupportedVersion)
      return
    }
    let context = SetupContext(
      version: version, offered: versions, salt: credential.salt, iterations: credential.iterations, model: model)
    let offer = SetupMessage.offer(
      version: version, salt: credential.salt, iterations: credential.iterations, model: model
    ).bytes
    transcript = SetupTranscript()
    transcript.append(whole.bytes)
    transcript.append(offer)
    state = .offered(context.exchange)
    enqueue(offer)
  }

  /// Ends the handshake and says why; the phone may begin another.
  private mutating func refuse(_ fault: SetupFault) {
    state = .idle
    lastFault = fault
    enqueue(SetupMessage.fault(fault).bytes)
  }

  /// Ends the connection, saying why if the phone still listens.
  private mutating func close(_ fault: SetupFault) {
    state = .idle
    lastFault = fault
    closing = fault
    reassembler.reset()
    // What was begun is finished, so that the phone can tell where the fault begins; what was not begun is dropped.
    waiting = Array(waiting.prefix(1))
    if session != 0 { waiting.append(Fragmenter(SetupMessage.fault(fault).bytes, session: session)) }
  }

  private mutating func enqueue(_ message: [UInt8]) {
    guard waiting.count < SetupProtocol.maximumWaiting else {
      close(.stalled)
      waiting = []  // the phone does not take what there is: it would wait for ever
      return
    }
    waiting.append(Fragmenter(message, session: session))
  }
}
