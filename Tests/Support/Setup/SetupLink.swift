import ReplenishCore

/// A phone and a device joined by a wire of packets, with everything they did in the order they did it.
package struct SetupLink {
  package enum Occurrence: Equatable {
    case countAttempt
    case deviceProved
    case phoneProved
    case fromPhone(String)
    case fromDevice(DeviceMessage)
    case refused(SetupFault)
    case ended(SetupFault)
    case closed(SetupFault)
  }

  package struct Packet: Equatable {
    package let isFromPhone: Bool
    package let bytes: [UInt8]
  }

  package static let code = "48205193"
  package static let model = "Coffee-1"
  package static let parameters = LinkParameters(
    model: model, serial: "G0B0XYZ123", codeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWJuvQvWqHAk0",
    isTestDevice: true)

  package var device: PhoneConnection
  package var phone: PhoneSession
  package var occurrences: [Occurrence] = []
  package var packets: [Packet] = []
  /// What the device answers to countAttempt: nil counts it, a number is the wait.
  package var waitSeconds: Int?
  /// Whether countAttempt is left unanswered.
  package var holdsAttempts = false
  private var toDevice: [[UInt8]] = []
  private var toPhone: [[UInt8]] = []

  package static let salt: [UInt8] = [
    0xEA, 0x09, 0x4C, 0x43, 0x59, 0xE8, 0x93, 0x2A, 0x0A, 0xF0, 0x6C, 0x91, 0xC7, 0x3D, 0x69, 0xD4,
  ]

  package static func credential() throws(VectorFault) -> SetupCredential {
    guard let shortID = ShortID([0x4F, 0x2A, 0x9C]) else { throw VectorFault("three bytes are a short id") }
    let code = try setupCode(code)
    do throws(SetupCredential.Fault) {
      return try SetupCredential(code: code, shortID: shortID, salt: salt, iterations: 10_000)
    } catch { throw VectorFault(error.text) }
  }

  package static func setupCode(_ digits: String) throws(VectorFault) -> SetupCode {
    do throws(SetupCode.Fault) { return try SetupCode(Secret(copying: digits)) } catch {
      throw VectorFault("\(digits) is no setup code")
    }
  }

  package init(code: String = SetupLink.code, mtu: Int = 247, expectedModel: String? = nil, seed: UInt64 = 1)
    throws(VectorFault)
  {
    device = PhoneConnection(
      credential: try SetupLink.credential(), model: SetupLink.model, random: SeededRandom(seed))
    phone = PhoneSession(
      code: try SetupLink.setupCode(code), expectedModel: expectedModel, maximumMTU: mtu,
      random: SeededRandom(seed &+ 1))
  }

  package mutating func start() {
    take(phone.start())
    run()
  }

  package mutating func fromPhone(_ message: PhoneMessage) throws(VectorFault) {
    do throws(MessageFault) { take(try phone.send(message)) } catch {
      throw VectorFault("the phone could not send: \(error.text)")
    }
    run()
  }

  package mutating func fromDevice(_ message: DeviceMessage) {
    take(device.send(message))
    run()
  }

  package mutating func retry(code: String) throws(VectorFault) {
    take(phone.retry(code: try SetupLink.setupCode(code)))
    run()
  }

  package mutating func attemptCounted() {
    take(device.attemptCounted())
    run()
  }

  /// Gives the device a packet that the phone did not make.
  package mutating func inject(_ packet: [UInt8]) {
    toDevice.append(packet)
    run()
  }

  /// Carries packets until there are no more.
  package mutating func run() {
    while true {
      if !toDevice.isEmpty {
        let packet = toDevice.removeFirst()
        packets.append(Packet(isFromPhone: true, bytes: packet))
        take(device.receive(packet: packet))
      } else if !toPhone.isEmpty {
        let packet = toPhone.removeFirst()
        packets.append(Packet(isFromPhone: false, bytes: packet))
        take(phone.receive(packet: packet))
      } else {
        return
      }
    }
  }

  package mutating func take(_ outputs: [PhoneOutput]) {
    for output in outputs {
      switch output {
      case .transmit(let packet): toPhone.append(packet)
      case .countAttempt:
        occurrences.append(.countAttempt)
        guard !holdsAttempts else { break }
        take(waitSeconds.map { device.attemptRefused(waitSeconds: $0) } ?? device.attemptCounted())
      case .proved:
        occurrences.append(.deviceProved)
        take(device.send(.parameters(SetupLink.parameters)))
      case .message(let message): occurrences.append(.fromPhone(SetupLink.describe(message)))
      case .close(let fault): occurrences.append(.closed(fault))
      }
    }
  }

  package mutating func take(_ outputs: [PhoneSessionOutput]) {
    for output in outputs {
      switch output {
      case .transmit(let packet): toDevice.append(packet)
      case .proved: occurrences.append(.phoneProved)
      case .message(let message): occurrences.append(.fromDevice(message))
      case .refused(let fault): occurrences.append(.refused(fault))
      case .ended(let fault): occurrences.append(.ended(fault))
      }
    }
  }

  package static func describe(_ message: PhoneMessage) -> String {
    switch message {
    case .authorization(let grant):
      "authorization \(String(decoding: grant.code.disclosed, as: UTF8.self)) \(grant.redirectURI) \(grant.clientID)"
    case .requestParameters: "requestParameters"
    case .identify: "identify"
    }
  }

  package static let grant = AuthorizationGrant(
    code: Secret(copying: "ANdNAVhyhqirUelHGEHA"), redirectURI: "https://example.com/linked",
    clientID: "amzn1.application-oa2-client.0123456789abcdef0123456789abcdef")

  /// Each write with its response, and each indication with its confirmation, after the write of the configuration.
  package var roundTripsAfterSubscribing: Int {
    guard
      let start = packets.firstIndex(where: {
        $0.isFromPhone && $0.bytes.prefix(3) == [0x12, UInt8(SetupService.Handle.indicateConfiguration), 0]
      })
    else { return .max }
    return packets[start...].count { $0.isFromPhone ? $0.bytes[0] == 0x12 : $0.bytes[0] == 0x1D }
  }
}
