/// One phone's connection to a device, from the first ATT packet to the last: GATT, handshake and session.
///
/// A value that reads no clock and sends nothing itself. A phone may begin a new handshake over the same connection at
/// any time, after a wrong code for instance; until it has proved the code again, ``isProved`` is false and ``send(_:)``
/// drops what it is given.
public struct PhoneConnection {
  private var server: ATTServer
  private var responder: SetupResponder
  private var hasClosed = false

  /// Begins with a phone that has just connected.
  ///
  /// - Parameters:
  ///   - credential: The factory's record of the device's setup code.
  ///   - model: The model id; told to every phone that connects, so that it can be bound into the handshake.
  ///   - name: The device name of the Generic Access service, up to 64 bytes of it.
  ///   - random: Where the handshake's secret number comes from.
  public init(credential: SetupCredential, model: String, name: String = "Replenish", random: any RandomSource) {
    responder = SetupResponder(credential: credential, model: model, random: random)
    server = ATTServer(database: SetupService.database(name: name))
    publishInfo()
  }

  /// Whether the phone has proved the setup code and its session is open.
  public var isProved: Bool { !hasClosed && responder.isProved }

  /// Takes an ATT packet from the phone.
  public mutating func receive(packet: [UInt8]) -> [PhoneOutput] {
    guard !hasClosed else { return [] }
    var outputs: [PhoneOutput] = []
    let acceptsFrames = server.isIndicating(SetupService.Handle.indicateValue)
    server.writeRefusal =
      responder.closing != nil ? .writeRequestRejected : acceptsFrames ? nil : .clientConfigurationImproper
    for event in server.receive(packet) {
      switch event {
      case .transmit(let packet): outputs.append(.transmit(packet))
      case .wrote(_, let frame):
        for event in responder.receive(frame) {
          switch event {
          case .countAttempt: outputs.append(.countAttempt)
          case .proved: outputs.append(.proved)
          case .message(let message): outputs.append(.message(message))
          }
        }
      case .configured(_, let isIndicating): if !isIndicating { responder.reset() }
      case .confirmed: break
      }
    }
    return outputs + pump()
  }

  /// The attempt that ``PhoneOutput/countAttempt`` asked to count is durably counted: the device's proof goes out.
  public mutating func attemptCounted() -> [PhoneOutput] {
    responder.attemptCounted()
    return pump()
  }

  /// The attempt was not counted, because it comes too early or storage failed: the phone is told to wait.
  public mutating func attemptRefused(waitSeconds: Int) -> [PhoneOutput] {
    responder.attemptRefused(waitSeconds: waitSeconds)
    return pump()
  }

  /// Sends a message to the phone, sealed; dropped unless ``isProved``.
  public mutating func send(_ message: DeviceMessage) -> [PhoneOutput] {
    guard !hasClosed else { return [] }
    responder.send(message)
    return pump()
  }

  /// Gives the bearer the next indication, if the last is confirmed, and closes when all is said.
  private mutating func pump() -> [PhoneOutput] {
    guard !hasClosed else { return [] }
    publishInfo()
    var outputs: [PhoneOutput] = []
    if server.canIndicate(SetupService.Handle.indicateValue),
      let frame = responder.nextFrame(capacity: server.frameLength),
      let packet = server.indicate(SetupService.Handle.indicateValue, frame)
    {
      outputs.append(.transmit(packet))
    } else if let fault = responder.closing, fault == .stalled || !server.isAwaitingConfirmation {
      hasClosed = true
      outputs.append(.close(fault))
    }
    return outputs
  }

  private mutating func publishInfo() {
    let state: SetupService.State = responder.isProved ? .proved : responder.isHandshaking ? .handshake : .ready
    server.database.setValue(
      SetupService.info(state: state, lastFault: responder.lastFault), of: SetupService.Handle.infoValue)
  }
}

/// What a ``PhoneConnection`` wants done, in this order.
public indirect enum PhoneOutput {
  /// Send one ATT packet to the phone.
  case transmit([UInt8])
  /// Count a guess at the setup code durably, then call ``PhoneConnection/attemptCounted()``; or call
  /// ``PhoneConnection/attemptRefused(waitSeconds:)``. Nothing that depends on the code leaves the device before. Never
  /// more than one is open.
  case countAttempt
  /// The phone knows the code: give the guess back, and send ``DeviceMessage/parameters(_:)``.
  case proved
  /// The phone says something over the session.
  case message(PhoneMessage)
  /// Disconnect the phone once what was transmitted has left. Nothing more comes after this.
  case close(SetupFault)
}
