@testable import ReplenishCore

/// A phone and a device joined by a wire of packets, with everything they did in the order they did it.
struct SetupLink {
  enum Occurrence: Equatable {
    case countAttempt
    case deviceProved
    case phoneProved
    case fromPhone(String)
    case fromDevice(DeviceMessage)
    case refused(SetupFault)
    case ended(SetupFault)
    case closed(SetupFault)
  }

  struct Packet: Equatable {
    let isFromPhone: Bool
    let bytes: [UInt8]
  }

  static let code = "48205193"
  static let model = "Coffee-1"
  static let parameters = LinkParameters(
    model: model, serial: "G0B0XYZ123", codeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWJuvQvWqHAk0",
    isTestDevice: true)

  var device: PhoneConnection
  var phone: PhoneSession
  var occurrences: [Occurrence] = []
  var packets: [Packet] = []
  /// What the device answers to countAttempt: nil counts it, a number is the wait.
  var waitSeconds: Int?
  /// Whether countAttempt is left unanswered.
  var holdsAttempts = false
  private var toDevice: [[UInt8]] = []
  private var toPhone: [[UInt8]] = []

  static func credential() throws -> SetupCredential {
    guard let shortID = ShortID([0x4F, 0x2A, 0x9C]) else { throw SetupFault.malformed }
    return try SetupCredential(
      code: SetupCode(Secret(copying: code)), shortID: shortID,
      salt: [UInt8](hex: "ea094c4359e8932a0af06c91c73d69d4"), iterations: 10_000)
  }

  init(code: String = SetupLink.code, mtu: Int = 247, expectedModel: String? = nil, seed: UInt64 = 1) throws {
    device = PhoneConnection(
      credential: try SetupLink.credential(), model: SetupLink.model, random: SeededRandom(seed))
    phone = PhoneSession(
      code: try SetupCode(Secret(copying: code)), expectedModel: expectedModel, maximumMTU: mtu,
      random: SeededRandom(seed &+ 1))
  }

  mutating func start() {
    take(phone.start())
    run()
  }

  mutating func fromPhone(_ message: PhoneMessage) throws {
    take(try phone.send(message))
    run()
  }

  mutating func fromDevice(_ message: DeviceMessage) {
    take(device.send(message))
    run()
  }

  mutating func retry(code: String) throws {
    take(phone.retry(code: try SetupCode(Secret(copying: code))))
    run()
  }

  mutating func attemptCounted() {
    take(device.attemptCounted())
    run()
  }

  /// Gives the device a packet that the phone did not make.
  mutating func inject(_ packet: [UInt8]) {
    toDevice.append(packet)
    run()
  }

  /// Carries packets until there are no more.
  mutating func run() {
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

  mutating func take(_ outputs: [PhoneOutput]) {
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

  mutating func take(_ outputs: [PhoneSessionOutput]) {
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

  static func describe(_ message: PhoneMessage) -> String {
    switch message {
    case .authorization(let grant):
      "authorization \(String(decoding: grant.code.disclosed, as: UTF8.self)) \(grant.redirectURI) \(grant.clientID)"
    case .requestParameters: "requestParameters"
    case .identify: "identify"
    }
  }

  static let grant = AuthorizationGrant(
    code: Secret(copying: "ANdNAVhyhqirUelHGEHA"), redirectURI: "https://example.com/linked",
    clientID: "amzn1.application-oa2-client.0123456789abcdef0123456789abcdef")

  /// Each write with its response, and each indication with its confirmation, after the write of the configuration.
  var roundTripsAfterSubscribing: Int {
    guard
      let start = packets.firstIndex(where: {
        $0.isFromPhone && $0.bytes.prefix(3) == [0x12, UInt8(SetupService.Handle.indicateConfiguration), 0]
      })
    else { return .max }
    return packets[start...].count { $0.isFromPhone ? $0.bytes[0] == 0x12 : $0.bytes[0] == 0x1D }
  }
}
