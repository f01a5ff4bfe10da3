import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// Tens of thousands of random and mutated inputs, the same in each run: no parser traps, and none accepts what it must
/// not. The seeds are fixed, so that a failure repeats.
@Suite struct HostileInputTests {
  @Test func anATTServerSurvivesAnyPacket() {
    let random = SeededRandom(101)
    var server = ATTServer(database: SetupService.database(name: "Replenish"))
    let opcodes: [UInt8] = [0x02, 0x04, 0x06, 0x08, 0x0A, 0x0C, 0x10, 0x12, 0x16, 0x18, 0x1D, 0x1E, 0x52]
    for round in 0..<60_000 {
      if round % 500 == 0 { server = ATTServer(database: SetupService.database(name: "Replenish")) }
      var packet = random.bytes(upTo: round % 3 == 0 ? 600 : 12)
      if round % 4 != 0, !packet.isEmpty { packet[0] = opcodes[Int(random.next() % UInt64(opcodes.count))] }
      if round % 8 > 3, packet.count > 2 {  // mostly handles that exist
        packet[1] = UInt8(random.next() % 17)
        packet[2] = 0
      }
      let isRequest = packet.first.map(ATT.isRequest) ?? false
      let isIndication = packet.first == 0x1D && packet.count <= server.mtu
      var answers = 0
      for event in server.receive(packet) {
        switch event {
        case .transmit(let answer):
          answers += 1
          #expect(answer.count <= server.mtu && !answer.isEmpty)
        case .wrote(let handle, let value):
          #expect(handle == SetupService.Handle.writeValue && value.count <= ATT.maximumValue)
        case .configured(let handle, _): #expect(handle == SetupService.Handle.indicateValue)
        case .confirmed: Issue.record("confirmed what was never indicated")
        }
      }
      // Every request has one answer; an indication has its confirmation; nothing else has any.
      #expect(answers == (isRequest || isIndication ? 1 : 0))
    }
  }

  @Test func aReassemblerSurvivesAnyFrame() throws {
    let random = SeededRandom(102)
    var reassembler = Reassembler()
    var wholes = 0
    for round in 0..<60_000 {
      let frame: [UInt8]
      if round % 2 == 0 {
        frame = random.bytes(upTo: 40)
      } else {
        let message = random.bytes(upTo: 30) + [1]
        frame = round % 4 == 1 ? random.mutated(Raw.frame(message, session: 7)) : Raw.frame(message, session: 7)
      }
      guard let whole = try? reassembler.receive(frame) else { continue }
      wholes += 1
      #expect(whole.session != 0 && !whole.bytes.isEmpty && whole.bytes.count <= SetupProtocol.maximumMessage)
    }
    #expect(wholes > 10_000)
  }

  @Test func setupMessagesAreReadAsTheyAreWrittenOrNotAtAll() throws {
    let random = SeededRandom(103)
    let seeds: [SetupMessage] = [
      .hello(versions: [1, 2]), .offer(version: 1, salt: [1, 2, 3], iterations: 10_000, model: [65]),
      .share([4, 5]), .answer(share: [UInt8](repeating: 4, count: 65), proof: [UInt8](repeating: 5, count: 32)),
      .proof([UInt8](repeating: 6, count: 32)), .sealedByPhone([7]), .sealedByDevice([8]), .fault(.wait(seconds: 300)),
    ]
    for seed in seeds { #expect(try SetupMessage(seed.bytes) == seed) }
    for round in 0..<40_000 {
      let bytes = round % 2 == 0 ? random.bytes(upTo: 120) : random.mutated(seeds[round / 2 % seeds.count].bytes)
      guard let message = try? SetupMessage(bytes) else { continue }
      // A fault's unknown code reads as malformed, and only wait has seconds; all else is read byte for byte.
      if case .fault = message { continue }
      #expect(message.bytes == bytes)
    }
  }

  @Test func phoneMessagesAreReadWithinTheirLimitsOrNotAtAll() throws {
    let random = SeededRandom(104)
    let seeds = [
      try PhoneMessage.authorization(SetupLink.grant).encoded().disclosed,
      try PhoneMessage.identify.encoded().disclosed, try PhoneMessage.requestParameters.encoded().disclosed,
    ]
    var accepted = 0
    for round in 0..<40_000 {
      let bytes = round % 10 == 0 ? random.bytes(upTo: 80) : random.mutated(seeds[round % seeds.count])
      guard let message = try? PhoneMessage.decode(Secret(copying: bytes)) else { continue }
      accepted += 1
      if case .authorization(let grant) = message {
        #expect(1...2048 ~= grant.code.count && 1...1024 ~= grant.redirectURI.utf8.count)
        #expect(1...256 ~= grant.clientID.utf8.count)
      }
      _ = try message.encoded()
    }
    #expect(accepted > 1000)  // changes inside a value pass
  }

  @Test func deviceMessagesAreReadOrNotAtAll() {
    let random = SeededRandom(105)
    let seeds = [
      DeviceMessage.parameters(SetupLink.parameters), .linked, .progress(.proving),
      .failed(LinkFailure(.service, "The service says 500.", mayRetry: true)),
    ].map { $0.encoded().disclosed }
    var accepted = 0
    for round in 0..<40_000 {
      let bytes = round % 10 == 0 ? random.bytes(upTo: 80) : random.mutated(seeds[round % seeds.count])
      guard let message = try? DeviceMessage.decode(Secret(copying: bytes)) else { continue }
      accepted += 1
      if case .parameters(let parameters) = message { #expect(parameters.codeChallenge.utf8.count == 43) }
    }
    #expect(accepted > 1000)
  }

  @Test func nestedJSONDoesNotExhaustTheStack() {
    for text in [String(repeating: "[", count: 4000), String(repeating: #"{"a":"#, count: 800)] {
      #expect(throws: MessageFault.self) { try PhoneMessage.decode(Secret(copying: text)) }
    }
    let closed = String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000)
    #expect(throws: MessageFault.self) { try PhoneMessage.decode(Secret(copying: #"{"type":"# + closed + "}")) }
  }

  @Test func credentialsAreReadOnlyIfTheyCanBeUsed() throws {
    let random = SeededRandom(106)
    let seed = try SetupLink.credential().encode().disclosed
    let group = try P256()
    for round in 0..<20_000 {
      let bytes = round % 10 == 0 ? random.bytes(upTo: 400) : random.mutated(seed)
      guard let credential = try? SetupCredential.decode(Secret(copying: bytes)) else { continue }
      #expect(16...32 ~= credential.salt.count && 10_000...1_000_000 ~= credential.iterations)
      #expect(try group.scalar(credential.w0) != nil)
      #expect(try credential.l.withBytes { (bytes) throws(SetupFault) in try group.point(bytes) } != nil)
    }
  }

  @Test func aConnectionSurvivesMutatedPhones() throws {
    var link = try SetupLink(mtu: 100)
    link.start()
    try link.fromPhone(.authorization(SetupLink.grant))
    let packets = link.packets.filter(\.isFromPhone).map(\.bytes)
    let random = SeededRandom(107)
    let credential = try SetupLink.credential()
    var counted = 0
    var closed = 0
    for _ in 0..<1500 {
      // The same randomness as before, so that packets up to the first change mean what they meant.
      var device = PhoneConnection(
        credential: credential, model: SetupLink.model, random: SeededRandom(1))
      let changed = Int(random.next() % UInt64(packets.count))
      var openCounts = 0
      for (index, packet) in packets.enumerated() {
        var outputs = device.receive(packet: index == changed ? random.mutated(packet) : packet)
        while !outputs.isEmpty {
          switch outputs.removeFirst() {
          case .transmit(let packet): #expect(packet.count <= ATT.maximumMTU)
          case .countAttempt:
            counted += 1
            openCounts += 1
            #expect(openCounts == 1)  // a recorded phone begins one handshake
            outputs += device.attemptCounted()
          case .proved, .message: #expect(device.isProved)
          case .close:
            closed += 1
            #expect(!device.isProved)
          }
        }
      }
    }
    #expect(counted > 100 && closed > 100)
  }

  @Test func aConnectionSurvivesNoise() throws {
    let random = SeededRandom(108)
    var phone = try RawPhone()
    for round in 0..<40_000 {
      if round % 200 == 0 { phone = try RawPhone(mtu: [23, 247, 517][round / 200 % 3]) }
      switch round % 4 {
      case 0: phone.give(random.bytes(upTo: 64))
      case 1: phone.write(random.bytes(upTo: 40))
      case 2:
        phone.session = UInt16(truncatingIfNeeded: random.next())
        phone.send(random.bytes(upTo: 100) + [0])
      default:
        phone.session &+= 1
        phone.send(.hello(versions: [1]))
        phone.send([UInt8(random.next() % 5)] + random.bytes(upTo: 70))
      }
      #expect(!phone.events.contains(.proved))
    }
  }

  @Test func aPhoneSurvivesMutatedDevices() throws {
    var link = try SetupLink(mtu: 100)
    link.start()
    link.fromDevice(.linked)
    let packets = link.packets.filter { !$0.isFromPhone }.map(\.bytes)
    let random = SeededRandom(109)
    for _ in 0..<400 {
      var phone = PhoneSession(
        code: try SetupCode(Secret(copying: SetupLink.code)), maximumMTU: 100, random: SeededRandom(2))
      _ = phone.start()
      let changed = Int(random.next() % UInt64(packets.count))
      for (index, packet) in packets.enumerated() {
        // Iterations stay as they are: a mutated count of up to a million would only take long.
        let isOffer = packet.count > 8 && packet[0] == 0x1D && packet[8] == SetupMessage.Kind.offer.rawValue
        let given = index == changed && !isOffer ? random.mutated(packet) : packet
        for case .transmit(let packet) in phone.receive(packet: given) { #expect(packet.count <= 100) }
      }
    }
  }

  @Test func aPhoneSurvivesNoiseDuringDiscovery() throws {
    let random = SeededRandom(110)
    var ended = 0
    for _ in 0..<3000 {
      var phone = PhoneSession(code: try SetupCode(Secret(copying: SetupLink.code)), random: random)
      var outputs = phone.start()
      for _ in 0..<40 {
        guard case .transmit(let request)? = outputs.first else { break }
        var answer = random.bytes(upTo: 30)
        if !answer.isEmpty { answer[0] = request[0] &+ 1 }
        if answer.count > 1, request[0] == 0x08 { answer[1] = random.next() % 2 == 0 ? 7 : 21 }
        if answer.count > 1, request[0] == 0x04 { answer[1] = random.next() % 2 == 0 ? 1 : 2 }
        outputs = phone.receive(packet: answer)
      }
      if case .ended? = outputs.first { ended += 1 }
      #expect(!phone.isProved)
    }
    #expect(ended > 1000)
  }
}
