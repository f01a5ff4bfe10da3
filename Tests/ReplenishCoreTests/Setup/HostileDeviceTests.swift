import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// What a phone takes from a device that is not what it says.
@Suite struct HostileDeviceTests {
  @Test func goesOnWithAnOfferWithinTheLimits() throws {
    for (salt, iterations) in [(16, 10_000), (32, 10_000), (16, 20_001)] {
      let device = try RawDevice()
      device.offer(salt: salt, iterations: iterations)
      #expect(device.ended == nil)
      #expect(device.received.last?.first == SetupMessage.Kind.share.rawValue)
    }
  }

  @Test func refusesSaltsOutsideTheLimits() throws {
    for salt in [0, 15, 33, 255] {
      let device = try RawDevice()
      device.offer(salt: salt)
      #expect(device.ended == .unacceptableParameters)
      #expect(device.received.count == 1)  // nothing but the hello left the phone
    }
  }

  @Test func refusesIterationsOutsideTheLimits() throws {
    for iterations in [0, 1, 9_999, 1_000_001, Int(UInt32.max)] {
      let device = try RawDevice()
      device.offer(iterations: iterations)
      #expect(device.ended == .unacceptableParameters)
    }
  }

  @Test func refusesModelsOutsideTheLimits() throws {
    for model in ["", String(repeating: "m", count: 64), "a b", "a\u{0}", "ä"] {
      let device = try RawDevice()
      device.offer(model: model)
      #expect(device.ended == .unacceptableParameters)
    }
  }

  @Test func refusesAVersionItDidNotOffer() throws {
    let device = try RawDevice()
    device.offer(version: 2)
    #expect(device.ended == .unsupportedVersion)
  }

  @Test func sendsNoProofToADeviceThatDoesNotKnowTheCode() throws {
    let device = try RawDevice()
    device.offer()
    let group = try P256()
    let point = try #require(try group.bytes(group.multiply(base: group.randomScalar(SeededRandom(3)))))
    device.say(.answer(share: point.disclosed, proof: [UInt8](repeating: 0, count: 32)))
    #expect(device.refused == .wrongSetupCode && device.ended == nil)
    #expect(device.received.count == 2)
    #expect(!device.phone.isProved)
  }

  @Test func takesNothingSealedBeforeTheProof() throws {
    let device = try RawDevice()
    device.offer()
    device.say(.sealedByDevice([UInt8](repeating: 0, count: 40)))
    #expect(device.ended == .unexpectedMessage)
  }

  @Test func passesOverFramesOfAnotherSession() throws {
    let device = try RawDevice()
    device.indicate(Raw.frame(SetupMessage.fault(.tampered).bytes, session: device.session ^ 1))
    device.offer()
    #expect(device.ended == nil && device.received.count == 2)
  }

  @Test func passesOverIndicationsOfOtherValues() throws {
    let device = try RawDevice()
    device.give([0x1D, 3, 0] + Raw.frame(SetupMessage.fault(.tampered).bytes, session: device.session))
    #expect(device.ended == nil)
  }

  @Test func tellsFaultsApart() throws {
    for (fault, standsStill) in [
      (SetupFault.wait(seconds: 9), true), (.wrongSetupCode, true), (.tampered, false), (.malformed, false),
    ] {
      let device = try RawDevice()
      device.say(.fault(fault))
      #expect(device.refused == (standsStill ? fault : nil))
      #expect(device.ended == (standsStill ? nil : fault))
    }
  }

  @Test func needsTheSetupService() throws {
    let database = GATTDatabase()
    database.addService(.genericAccess)
    database.addCharacteristic(.deviceName, .read)
    #expect(try RawDevice(database: database).ended == .notASetupDevice)

    database.addService(SetupService.uuid)
    database.addCharacteristic(SetupService.info, .read)
    database.addCharacteristic(SetupService.write, .write)
    #expect(try RawDevice(database: database).ended == .notASetupDevice)  // nothing indicates

    database.addCharacteristic(SetupService.indicate, .read)
    #expect(try RawDevice(database: database).ended == .notASetupDevice)  // no configuration
  }

  @Test func findsTheServiceWhereverItIs() throws {
    let database = GATTDatabase()
    for number in 0..<40 {
      database.addService(BluetoothUUID(UInt16(0x1810 + number)))
      database.addCharacteristic(BluetoothUUID(UInt16(0x2A20 + number)), [.read, .indicate])
    }
    database.addService(SetupService.uuid)
    database.addCharacteristic(SetupService.indicate, .indicate)
    database.addCharacteristic(SetupService.info, .read)
    database.addCharacteristic(BluetoothUUID(0x2A00), .read)
    database.addCharacteristic(SetupService.write, .write)
    database.addService(BluetoothUUID(0x1850))
    let device = try RawDevice(database: database)
    #expect(device.ended == nil)
    #expect(device.received.first?.first == SetupMessage.Kind.hello.rawValue)
  }

  @Test func doesNotFollowADiscoveryThatGoesBackwards() throws {
    var phone = PhoneSession(code: try SetupCode(Secret(copying: SetupLink.code)), random: SeededRandom(1))
    _ = phone.start()
    _ = phone.receive(packet: [0x03, 23, 0])
    _ = phone.receive(packet: [0x07, 1, 0, 50, 0])
    let entry: [UInt8] = [2, 0, 0x02, 3, 0, 0, 0x2A]
    guard case .transmit? = phone.receive(packet: [0x09, 7] + entry).first else {
      Issue.record("did not go on")
      return
    }
    guard case .ended(.notASetupDevice)? = phone.receive(packet: [0x09, 7] + entry).first else {
      Issue.record("asks for the same handles for ever")
      return
    }
  }
}

/// A device without manners: a real ATT server below, and above it whatever a test says.
final class RawDevice {
  var server: ATTServer
  var phone: PhoneSession
  /// The messages of the phone.
  var received: [[UInt8]] = []
  var session: UInt16 = 0
  var ended: SetupFault?
  var refused: SetupFault?
  private var reassembler = Reassembler()

  init(database: GATTDatabase = SetupService.database(name: "Device")) throws {
    server = ATTServer(database: database)
    phone = PhoneSession(code: try SetupCode(Secret(copying: SetupLink.code)), random: SeededRandom(1))
    take(phone.start())
  }

  func give(_ packet: [UInt8]) { take(phone.receive(packet: packet)) }

  func indicate(_ frame: [UInt8]) {
    give([0x1D, UInt8(SetupService.Handle.indicateValue), 0] + frame)
  }

  func say(_ message: SetupMessage) {
    let fragmenter = Fragmenter(message.bytes, session: session)
    while let frame = fragmenter.next(capacity: 244) { indicate(frame) }
  }

  func offer(version: UInt8 = 1, salt: Int = 16, iterations: Int = 10_000, model: String = "Coffee-1") {
    say(
      .offer(
        version: version, salt: [UInt8](repeating: 1, count: salt), iterations: iterations, model: Array(model.utf8)))
  }

  private func take(_ outputs: [PhoneSessionOutput]) {
    for output in outputs {
      switch output {
      case .transmit(let packet):
        for event in server.receive(packet) {
          switch event {
          case .transmit(let answer): give(answer)
          case .wrote(_, let frame):
            if let whole = try? reassembler.receive(frame) {
              session = whole.session
              received.append(whole.bytes)
            }
          case .configured, .confirmed: break
          }
        }
      case .refused(let fault): refused = fault
      case .ended(let fault): ended = fault
      case .proved, .message: break
      }
    }
  }
}
