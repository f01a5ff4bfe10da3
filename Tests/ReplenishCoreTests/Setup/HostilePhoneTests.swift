import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// What a phone that does not know the code, or does not keep the rules, gets from a device.
@Suite struct HostilePhoneTests {
  @Test func provesWithTheRightCode() throws {
    let phone = try RawPhone()
    #expect(try phone.prove())
    #expect(phone.events == [.countAttempt, .proved])
  }

  @Test func aWrongProofIsRefusedAndTheRightOneWorksOverTheSameConnection() throws {
    let phone = try RawPhone()
    _ = try phone.share()
    phone.send(.proof([UInt8](repeating: 7, count: 32)))
    #expect(phone.faults == [.wrongSetupCode])
    #expect(phone.events == [.countAttempt])
    // The handshake is over: its proof cannot be tried a second time.
    #expect(try phone.prove())
    #expect(phone.events == [.countAttempt, .countAttempt, .proved])
  }

  @Test func aProofCanBeTriedOnlyOnce() throws {
    let phone = try RawPhone()
    let (prover, _) = try phone.share()
    guard let bytes = phone.received.last?.bytes, case .answer(let share, let proof) = try SetupMessage(bytes) else {
      Issue.record("no answer")
      return
    }
    let keys = try prover.finish(shareV: share, confirmV: proof)
    phone.send(.proof([UInt8](repeating: 7, count: 32)))
    phone.send(.proof(keys.confirmP.disclosed))
    #expect(!phone.events.contains(.proved))
    #expect(phone.events.last == .close(.unexpectedMessage))
  }

  @Test func aShareForAWrongCodeDoesNotProve() throws {
    let phone = try RawPhone()
    #expect(throws: SetupFault.wrongSetupCode) { try phone.prove(code: "60482917") }
    #expect(!phone.device.isProved)
  }

  @Test func everyGuessIsCounted() throws {
    let phone = try RawPhone()
    for _ in 0..<25 { _ = try? phone.prove(code: "60482917") }
    #expect(phone.events == [RawPhone.Event](repeating: .countAttempt, count: 25))
  }

  @Test func connectingAndAskingIsNoGuess() throws {
    let phone = try RawPhone()
    for session in 1...20 {
      phone.session = UInt16(session)
      phone.send(.hello(versions: [1]))
    }
    #expect(phone.events.isEmpty)
    #expect(phone.received.count == 20)
  }

  @Test func anUncountedAttemptGetsOneAnswerWhenCounted() throws {
    let phone = try RawPhone()
    phone.countsAttempts = nil
    _ = try phone.share()
    #expect(phone.received.count == 1)  // the offer alone
    // A second share while the first waits to be counted.
    phone.send(.share([UInt8](repeating: 4, count: 65)))
    #expect(phone.events == [.countAttempt, .close(.unexpectedMessage)])
    phone.take(phone.device.attemptCounted())
    #expect(!phone.received.contains { $0.bytes.first == SetupMessage.Kind.answer.rawValue })
  }

  @Test func aRestartWhileTheCountIsOpenGetsNoAnswerOnItsBehalf() throws {
    let phone = try RawPhone()
    phone.countsAttempts = nil
    _ = try phone.share()
    // One count is open; a second handshake reaches its share. It must not ride on the first one's count.
    _ = try phone.share()
    phone.take(phone.device.attemptCounted())
    #expect(!phone.received.contains { $0.bytes.first == SetupMessage.Kind.answer.rawValue })
  }

  @Test func sharesThatAreNoPointsAreRefusedUncounted() throws {
    for vector in try SharedChecks.vectors.list("spake2plus", "invalidShares") {
      let name = Comment(rawValue: try vector.text("name"))
      let phone = try RawPhone()
      phone.session = 5
      phone.send(.hello(versions: [1]))
      phone.send(.share(try vector.bytes("share")))
      #expect(phone.faults == [.invalidShare], name)
      #expect(phone.events.isEmpty, name)
      #expect(try phone.prove(), name)
    }
  }

  @Test func aCiphertextShorterThanTheTagEndsTheConnection() throws {
    for count in 0...16 {
      let phone = try RawPhone()
      #expect(try phone.prove())
      phone.send(.sealedByPhone([UInt8](repeating: 0, count: count)))
      #expect(phone.events == [.countAttempt, .proved, .close(.tampered)])
      #expect(phone.faults == [.tampered])
      #expect(!phone.device.isProved)
    }
  }

  @Test func aReplayedMessageEndsTheConnection() throws {
    let phone = try RawPhone()
    #expect(try phone.prove())
    let sealed = try #require(try phone.channel?.seal(Secret(copying: #"{"type":"identify"}"#)))
    phone.send(sealed)
    phone.send(sealed)
    #expect(phone.events == [.countAttempt, .proved, .message("identify"), .close(.tampered)])
  }

  @Test func reorderedMessagesEndTheConnection() throws {
    let phone = try RawPhone()
    #expect(try phone.prove())
    _ = try phone.channel?.seal(Secret(copying: #"{"type":"identify"}"#))
    try phone.say(#"{"type":"request_parameters"}"#)
    #expect(phone.events == [.countAttempt, .proved, .close(.tampered)])
  }

  @Test func everyChangedBitEndsTheConnection() throws {
    let text = #"{"type":"identify"}"#
    for bit in 0..<(8 * (text.utf8.count + 16)) where bit % 7 == 0 {
      let phone = try RawPhone()
      #expect(try phone.prove())
      var sealed = try #require(try phone.channel?.seal(Secret(copying: text)))
      sealed[1 + bit / 8] ^= 1 << UInt8(bit % 8)
      phone.send(sealed)
      #expect(phone.events.last == .close(.tampered))
    }
  }

  @Test func aMessageOfTheDeviceSentBackEndsTheConnection() throws {
    let phone = try RawPhone()
    #expect(try phone.prove())
    phone.take(phone.device.send(.linked))
    let reflected = try #require(phone.received.last?.bytes)
    phone.send(.sealedByPhone(Array(reflected.dropFirst())))
    #expect(phone.events.last == .close(.tampered))
  }

  @Test func aMessageOfAnotherSessionIsRefused() throws {
    let phone = try RawPhone()
    #expect(try phone.prove())
    let earlier = try #require(try phone.channel?.seal(Secret(copying: #"{"type":"identify"}"#)))
    #expect(try phone.prove())
    phone.send(earlier)  // named for the session of now
    #expect(phone.events.last == .close(.tampered))

    let other = try RawPhone()
    #expect(try other.prove())
    other.session = 0x4444
    try other.say(#"{"type":"identify"}"#)
    #expect(other.events.last == .close(.unexpectedMessage))
  }

  @Test func aSessionNumberIsNotUsedTwiceInARow() throws {
    let phone = try RawPhone()
    phone.session = 5
    phone.send(.hello(versions: [1]))
    phone.send(.hello(versions: [1]))
    #expect(phone.events == [.close(.unexpectedMessage)])
  }

  @Test func nothingIsAcceptedOutOfTurn() throws {
    let early: [SetupMessage] = [
      .share([UInt8](repeating: 4, count: 65)), .proof([UInt8](repeating: 0, count: 32)),
      .sealedByPhone([UInt8](repeating: 0, count: 40)), .offer(version: 1, salt: [], iterations: 1, model: []),
      .answer(share: [UInt8](repeating: 4, count: 65), proof: [UInt8](repeating: 0, count: 32)),
      .sealedByDevice([UInt8](repeating: 0, count: 40)), .fault(.tampered),
    ]
    for message in early {
      let phone = try RawPhone()
      phone.session = 1
      phone.send(message)
      #expect(phone.events == [.close(.unexpectedMessage)])
    }
  }

  @Test func aLongFrameOfTheLargestMTUPasses() throws {
    let phone = try RawPhone(mtu: 517)
    #expect(try phone.prove())
    let code = String(repeating: "x", count: 1500)
    let text = #"{"type":"authorization","code":""# + code + #"","redirect_uri":"https://x","client_id":"c"}"#
    let sealed = try #require(try phone.channel?.seal(Secret(copying: text)))
    phone.send(sealed, capacity: 512)
    #expect(phone.events.last == .message("authorization \(code) https://x c"))
  }

  @Test func framesOf257BytesAndMoreDoNotPassASmallerMTU() throws {
    let phone = try RawPhone(mtu: 247)
    for count in [257, 300, 512, 65_535] {
      phone.write([UInt8](repeating: 0x80, count: count))
      #expect(phone.packets.last == [0x01, 0x12, 0, 0, 0x04])
    }
    #expect(try phone.prove())
  }

  @Test func theSmallestMTUWorks() throws {
    let phone = try RawPhone(mtu: 23)
    phone.session = 8
    phone.send(SetupMessage.hello(versions: [1]).bytes, capacity: 20)
    #expect(phone.received.last?.bytes.first == SetupMessage.Kind.offer.rawValue)
    #expect(phone.packets.allSatisfy { $0.count <= 23 })
  }

  @Test func frameOfALongWriteIsTaken() throws {
    let phone = try RawPhone(mtu: 23)
    let frame = Raw.frame(SetupMessage.hello(versions: [9, 8, 7, 6, 5, 4, 3, 2, 1]).bytes, session: 3)
    for offset in stride(from: 0, to: frame.count, by: 10) {
      phone.give([0x16, UInt8(SetupService.Handle.writeValue), 0, UInt8(offset), 0] + frame[offset...].prefix(10))
    }
    phone.give([0x18, 1])
    #expect(phone.received.last?.bytes.first == SetupMessage.Kind.offer.rawValue)
  }

  @Test func framesNeedIndicationsFirst() throws {
    let phone = try RawPhone(subscribes: false)
    phone.session = 1
    phone.send(.hello(versions: [1]))
    #expect(phone.packets == [[0x01, 0x12, UInt8(SetupService.Handle.writeValue), 0, 0xFD]])
  }

  @Test func turningIndicationsOffEndsTheSession() throws {
    let phone = try RawPhone()
    #expect(try phone.prove())
    phone.give([0x12, UInt8(SetupService.Handle.indicateConfiguration), 0, 0, 0])
    #expect(!phone.device.isProved)
  }

  @Test func versionsThatTheDeviceDoesNotSpeak() throws {
    let phone = try RawPhone()
    phone.session = 1
    phone.send(.hello(versions: [2, 3, 200]))
    #expect(phone.faults == [.unsupportedVersion])
    #expect(try phone.prove(versions: [7, 1]))
  }

  @Test func aHelloThatWasChangedOnTheWayDoesNotProve() throws {
    // The phone offered 2 and 1; what reached the device offered 1 alone.
    let phone = try RawPhone()
    phone.session = 1
    phone.send(.hello(versions: [1]))
    let credential = try SetupLink.credential()
    let derivation = try SetupDerivation(
      code: SetupCode(Secret(copying: SetupLink.code)), salt: credential.salt, iterations: credential.iterations)
    let context = SetupContext(
      version: 1, offered: [2, 1], salt: credential.salt, iterations: credential.iterations,
      model: Array(SetupLink.model.utf8))
    let prover = try SPAKE2PlusProver(
      context.exchange, w0: derivation.w0, w1: derivation.w1, random: SeededRandom(4))
    phone.send(.share(prover.share))
    guard let bytes = phone.received.last?.bytes, case .answer(let share, let proof) = try SetupMessage(bytes) else {
      Issue.record("no answer")
      return
    }
    #expect(throws: SetupFault.wrongSetupCode) { try prover.finish(shareV: share, confirmV: proof) }
  }

  @Test func theInfoCharacteristicTellsStateAndFault() throws {
    let phone = try RawPhone()
    let read: [UInt8] = [0x0A, UInt8(SetupService.Handle.infoValue), 0]
    phone.give(read)
    #expect(phone.packets.last == [0x0B, 1, 1, 1, 0, 0, 0, 0])
    phone.countsAttempts = false
    _ = try phone.share()
    phone.give(read)
    #expect(phone.packets.last == [0x0B, 1, 1, 1, 0, 7, 0, 5])
    phone.countsAttempts = true
    #expect(try phone.prove())
    phone.give(read)
    #expect(phone.packets.last == [0x0B, 1, 1, 1, 2, 0, 0, 0])
  }

  @Test func nothingIsSaidAfterTheClose() throws {
    let phone = try RawPhone()
    phone.write([])
    #expect(phone.events == [.close(.malformed)])
    phone.packets = []
    phone.give([0x0A, 3, 0])
    #expect(phone.packets.isEmpty && phone.device.send(.linked).isEmpty && phone.device.attemptCounted().isEmpty)
  }

  @Test func theReasonIsToldBeforeTheClose() throws {
    let phone = try RawPhone()
    phone.session = 1
    phone.send(.hello(versions: [1]))
    phone.confirms = false
    phone.write([0x41, 0, 1, 9])
    #expect(phone.faults == [.unexpectedMessage])
    #expect(phone.events.isEmpty)  // the indication is not confirmed yet
    phone.write([0x41, 0, 1, 9])
    #expect(phone.packets.last == [0x01, 0x12, UInt8(SetupService.Handle.writeValue), 0, 0xFC])
    phone.give([0x1E])
    #expect(phone.events == [.close(.unexpectedMessage)])
  }
}
