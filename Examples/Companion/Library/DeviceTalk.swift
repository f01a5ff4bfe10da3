import ReplenishCore

/// The talk with one device over one connection: proves the setup code, then carries messages.
public final class DeviceTalk {
  /// What this side does and hears, for `--verbose`: the kinds of messages, never what is in them.
  public var trace: (String) -> Void = { _ in }
  /// Whether to wait as long as the device asks and try again, instead of giving up.
  public var waitsWhenAsked = false
  /// Where to hang up on purpose; nil to stay.
  public var hangsUpAfter: HangUp?

  private let bearer: any PacketBearer
  private let code: SetupCode
  private let wrongCode: SetupCode?
  private var session: PhoneSession
  private var arrived: [PhoneSessionOutput] = []
  private var isWriting = false  // whether the device has yet to answer a write; the session sends the next piece then

  /// How long the device may take for one step of the handshake, in milliseconds.
  private static let handshakeStep: Int32 = 30_000

  /// Prepares a talk.
  ///
  /// - Parameters:
  ///   - bearer: The connection to the device.
  ///   - code: The setup code of its label.
  ///   - wrongCode: For tests, a code to try first and see refused.
  ///   - model: The model of its label; a device of another one is refused. Nil accepts any.
  ///   - random: Where the handshake's secret number comes from.
  public init(
    bearer: any PacketBearer, code: SetupCode, wrongCode: SetupCode? = nil, model: ModelID? = nil,
    random: any RandomSource
  ) {
    self.bearer = bearer
    self.code = code
    self.wrongCode = wrongCode
    session = PhoneSession(code: wrongCode ?? code, expectedModel: model?.text, random: random)
  }

  /// The descriptor to poll for the device's going away.
  public var descriptor: Int32? { bearer.descriptor }

  /// Connects and proves the setup code.
  public func prove() throws(LinkingFailure) {
    try hangUp(.connect)
    try take(session.start())
    var triesWrongCode = wrongCode != nil
    while true {
      switch try next(within: DeviceTalk.handshakeStep) {
      case .proved?:
        trace("both sides know the setup code; the session is open")
        return
      case .refused(.wrongSetupCode)?:
        guard triesWrongCode else { throw LinkingFailure(.wrongSetupCode, SetupFault.wrongSetupCode.text) }
        triesWrongCode = false
        trace("the wrong setup code was found out; now the right one")
        try take(session.retry(code: code))
      case .refused(.wait(let seconds))?:
        guard waitsWhenAsked else { throw LinkingFailure(.mustWait, SetupFault.wait(seconds: seconds).text) }
        trace("the device asks to wait \(seconds) seconds")
        try wait(seconds: seconds)
        try take(session.retry(code: triesWrongCode ? wrongCode ?? code : code))
      case .refused(let fault)?, .ended(let fault)?:
        throw LinkingFailure(.misunderstood, fault.text)
      case .message?, .transmit?:
        continue
      case nil:
        throw LinkingFailure(.deviceUnreachable, "the device stopped answering during the handshake; start over")
      }
    }
  }

  /// Sends a message to the device; returns when the device has taken all of it.
  public func send(_ message: PhoneMessage) throws(LinkingFailure) {
    trace("phone: \(message.kind)")
    let outputs: [PhoneSessionOutput]
    do throws(MessageFault) {
      outputs = try session.send(message)
    } catch {
      throw LinkingFailure(.misunderstood, error.text)
    }
    try take(outputs)
    while isWriting {
      guard try pump(within: DeviceTalk.handshakeStep) else {
        throw LinkingFailure(.deviceUnreachable, "the device stopped answering; start over")
      }
    }
    if case .authorization = message { try hangUp(.code) }
  }

  /// Waits for the next message of the device; nil if none comes within the time.
  public func receive(within milliseconds: Int32) throws(LinkingFailure) -> DeviceMessage? {
    while true {
      switch try next(within: milliseconds) {
      case .message(let message)?:
        trace("device: \(message.kind)")
        if case .parameters = message { try hangUp(.parameters) }
        return message
      case .refused(let fault)?, .ended(let fault)?: throw LinkingFailure(.misunderstood, fault.text)
      case .proved?, .transmit?: continue
      case nil: return nil
      }
    }
  }

  /// Hangs up.
  public func end() { bearer.close() }

  /// The next thing that is not a packet to send; nil if none comes within the time.
  private func next(within milliseconds: Int32) throws(LinkingFailure) -> PhoneSessionOutput? {
    while arrived.isEmpty {
      guard try pump(within: milliseconds) else { return nil }
    }
    return arrived.removeFirst()
  }

  /// Takes the next packet of the device; false if none comes within the time.
  private func pump(within milliseconds: Int32) throws(LinkingFailure) -> Bool {
    guard let packet = try bearer.receive(within: milliseconds) else { return false }
    trace("device → \(ATTPacketName.of(packet)), \(packet.count) bytes")
    if packet.first == ATTPacketName.writeResponse || packet.first == ATTPacketName.errorResponse { isWriting = false }
    try take(session.receive(packet: packet))
    return true
  }

  private func take(_ outputs: [PhoneSessionOutput]) throws(LinkingFailure) {
    // The session says "proved" in the same breath in which it wants its own confirmation sent.
    if outputs.contains(where: { if case .proved = $0 { true } else { false } }) { try hangUp(.confirmV) }
    for output in outputs {
      guard case .transmit(let packet) = output else {
        arrived.append(output)
        continue
      }
      trace("phone → \(ATTPacketName.of(packet)), \(packet.count) bytes")
      if packet.first == ATTPacketName.writeRequest { isWriting = true }
      try bearer.send(packet)
    }
  }

  private func wait(seconds: Int) throws(LinkingFailure) {
    for _ in 0..<max(seconds, 0) {
      // A device says nothing meanwhile, but it may hang up.
      _ = try pump(within: 1000)
    }
  }

  private func hangUp(_ place: HangUp) throws(LinkingFailure) {
    guard hangsUpAfter == place else { return }
    bearer.close()
    throw LinkingFailure(.endedByTest, "hung up after \(place.rawValue), as --hang-up-after asks")
  }
}

/// Where a test may have the phone hang up.
public enum HangUp: String, CaseIterable, Sendable {
  /// As soon as the connection stands.
  case connect
  /// When the device's confirmation (RFC 9383, confirmV) has come, before this side's leaves.
  case confirmV
  /// When the device has sent its parameters.
  case parameters
  /// When the authorization code has left.
  case code
}

extension PhoneMessage {
  /// What kind of message it is, without what is in it.
  var kind: String {
    switch self {
    case .authorization: "authorization"
    case .requestParameters: "request for parameters"
    case .identify: "identify"
    }
  }
}

extension DeviceMessage {
  /// What kind of message it is, without what is in it.
  var kind: String {
    switch self {
    case .parameters: "parameters"
    case .progress(let stage): "progress, \(stage.rawValue)"
    case .linked: "linked"
    case .failed(let failure): "failed, \(failure.reason.rawValue)"
    }
  }
}
