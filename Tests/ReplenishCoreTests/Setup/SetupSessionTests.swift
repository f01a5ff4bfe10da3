import ReplenishTestSupport
import Testing

@testable import ReplenishCore

@Suite struct SetupSessionTests {
  @Test(arguments: [23, 24, 64, 100, 185, 247, 512, 517])
  func linksAtEveryMTU(_ mtu: Int) throws {
    var link = try SetupLink(mtu: mtu)
    link.start()
    #expect(link.device.isProved && link.phone.isProved)
    try link.fromPhone(.authorization(SetupLink.grant))
    link.fromDevice(.progress(.redeeming))
    link.fromDevice(.progress(.proving))
    link.fromDevice(.linked)
    #expect(
      link.occurrences == [
        .countAttempt, .phoneProved, .deviceProved, .fromDevice(.parameters(SetupLink.parameters)),
        .fromPhone(SetupLink.describe(.authorization(SetupLink.grant))), .fromDevice(.progress(.redeeming)),
        .fromDevice(.progress(.proving)), .fromDevice(.linked),
      ])
    #expect(link.packets.allSatisfy { $0.bytes.count <= mtu })
  }

  @Test(arguments: [23, 247, 515, 516, 517])
  func carriesTheLongestGrant(_ mtu: Int) throws {
    var link = try SetupLink(mtu: mtu)
    link.start()
    let grant = AuthorizationGrant(
      code: Secret(copying: String(repeating: "c", count: 2048)),
      redirectURI: "https://" + String(repeating: "r", count: 1016), clientID: String(repeating: "i", count: 256))
    try link.fromPhone(.authorization(grant))
    #expect(link.occurrences.last == .fromPhone(SetupLink.describe(.authorization(grant))))
    #expect(link.packets.allSatisfy { $0.bytes.count <= min(mtu, 515) })
  }

  @Test func takesFewRoundTrips() throws {
    var link = try SetupLink(mtu: 247)
    link.start()
    try link.fromPhone(.authorization(SetupLink.grant))
    link.fromDevice(.progress(.redeeming))
    link.fromDevice(.progress(.proving))
    link.fromDevice(.linked)
    #expect(link.roundTripsAfterSubscribing <= 14)
  }

  @Test func nothingLeavesBeforeTheAttemptIsCounted() throws {
    var link = try SetupLink()
    link.holdsAttempts = true
    link.start()
    #expect(link.occurrences == [.countAttempt])
    // The last indication before the count is the offer; the answer comes after it.
    let before = link.packets.filter { !$0.isFromPhone && $0.bytes[0] == 0x1D }
    #expect(before.count == 1)
    #expect(before.first?.bytes[8] == SetupMessage.Kind.offer.rawValue)
    link.attemptCounted()
    #expect(
      link.occurrences == [.countAttempt, .phoneProved, .deviceProved, .fromDevice(.parameters(SetupLink.parameters))])
    // Counting once more lets nothing more out.
    let count = link.packets.count
    link.attemptCounted()
    #expect(link.packets.count == count)
  }

  @Test func aCountForAnAbandonedHandshakeLetsNothingOut() throws {
    var link = try SetupLink()
    link.holdsAttempts = true
    link.start()
    // The phone starts over before the count is durable.
    link.inject(Raw.write(Raw.frame(SetupMessage.hello(versions: [1]).bytes, session: 0x7777)))
    let count = link.packets.count
    link.attemptCounted()
    #expect(link.packets[count...].allSatisfy { $0.bytes[0] != 0x1D })
    #expect(!link.device.isProved)
  }

  @Test func wrongCodeThenRightCodeOverOneConnection() throws {
    var link = try SetupLink(code: "60482917")
    link.start()
    #expect(link.occurrences == [.countAttempt, .refused(.wrongSetupCode)])
    #expect(!link.device.isProved && !link.phone.isProved)
    try link.retry(code: SetupLink.code)
    #expect(
      link.occurrences.dropFirst(2) == [
        .countAttempt, .phoneProved, .deviceProved, .fromDevice(.parameters(SetupLink.parameters)),
      ])
    try link.fromPhone(.identify)
    #expect(link.occurrences.last == .fromPhone("identify"))
  }

  @Test func aRefusedAttemptTellsTheWait() throws {
    var link = try SetupLink()
    link.waitSeconds = 40
    link.start()
    #expect(link.occurrences == [.countAttempt, .refused(.wait(seconds: 40))])
    link.waitSeconds = nil
    try link.retry(code: SetupLink.code)
    #expect(link.phone.isProved && link.device.isProved)
  }

  @Test func refusesAnotherModel() throws {
    var link = try SetupLink(expectedModel: "Printer-2")
    link.start()
    #expect(link.occurrences == [.ended(.otherModel)])
  }

  @Test func answersABadMessageInWordsAndGoesOn() throws {
    let pairs: [(String, MessageFault)] = [
      (
        #"{"type":"authorization","code":"a","redirect_uri":"https://x","client_id":"c","code_verifier":"v"}"#,
        .verifierSent
      ),
      (#"{"type":"authorization","code":"a","redirect_uri":"https://x","client_id":"c","more":1}"#, .unknownMember),
      (
        #"{"type":"authorization","grant_type":"password","code":"a","redirect_uri":"https://x","client_id":"c"}"#,
        .grantType
      ),
      (#"{"type":"authorization","redirect_uri":"https://x","client_id":"c"}"#, .member("code")),
      (#"{"type":"authorization","code":"","redirect_uri":"https://x","client_id":"c"}"#, .member("code")),
      (#"{"type":"authorization","code":"a","redirect_uri":"https://x y","client_id":"c"}"#, .member("redirect_uri")),
      (#"{"type":"authorization","code":"a","redirect_uri":"https://x","client_id":7}"#, .member("client_id")),
      (#"{"type":"identify","extra":null}"#, .unknownMember),
      (#"{"type":"fly"}"#, .unknownType),
      (#"{"type":1}"#, .unknownType),
    ]
    for (text, fault) in pairs {
      #expect(throws: fault, Comment(rawValue: text)) { try PhoneMessage.decode(Secret(copying: text)) }
    }
    #expect(throws: MessageFault.self) { try PhoneMessage.decode(Secret(copying: #"["type"]"#)) }
    #expect(throws: MessageFault.self) {
      try PhoneMessage.decode(Secret(copying: #"{"type":"identify","type":"identify"}"#))
    }

    let phone = try RawPhone()
    #expect(try phone.prove())
    try phone.say(
      #"{"type":"authorization","code":"a","redirect_uri":"https://x","client_id":"c","code_verifier":"v"}"#)
    let failure = LinkFailure(.badMessage, MessageFault.verifierSent.text, mayRetry: true)
    #expect(try phone.lastSaid() == .failed(failure))
    try phone.say(#"{"type":"identify"}"#)
    #expect(phone.events == [.countAttempt, .proved, .message("identify")])
  }

  @Test func sendsNoGrantOutsideItsLimits() throws {
    var link = try SetupLink()
    #expect(throws: MessageFault.noSession) { try link.phone.send(.identify) }
    link.start()
    for (code, uri, client) in [("", "x", "y"), ("x", "", "y"), ("x", "y", ""), ("x", "ä", "y"), ("x\n", "y", "z")] {
      let grant = AuthorizationGrant(code: Secret(copying: code), redirectURI: uri, clientID: client)
      #expect(throws: MessageFault.self) { try link.phone.send(.authorization(grant)) }
    }
  }

  @Test func startingOverEndsTheSession() throws {
    var link = try SetupLink()
    link.start()
    #expect(link.device.isProved)
    link.inject(Raw.write(Raw.frame(SetupMessage.hello(versions: [1]).bytes, session: 0x4242)))
    #expect(!link.device.isProved)
    let count = link.packets.count
    link.fromDevice(.linked)
    #expect(link.packets.count == count)
  }

  @Test func aPhoneThatTakesNothingIsDisconnected() throws {
    var link = try SetupLink()
    link.start()
    var outputs: [PhoneOutput] = []
    for _ in 0..<20 { outputs += link.device.send(.progress(.redeeming)) }
    let closes = outputs.filter { if case .close(.stalled) = $0 { true } else { false } }
    #expect(closes.count == 1)
    #expect(link.device.receive(packet: [0x1E]).isEmpty)
  }
}
