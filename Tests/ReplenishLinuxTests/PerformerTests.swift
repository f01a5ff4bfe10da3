import ReplenishCore
import ReplenishTestSupport
import Testing

@testable import ReplenishCore
@testable import ReplenishLinux

/// The device on a real loop, with real sockets; the disk is the tests'.
@Suite struct PerformerTests {
  private final class Board {
    let loop: EventLoop
    let disk: ModelDisk
    let store: RecordStore
    let http: HTTPClient
    let bearer: SocketBearer
    let performer: Performer
    var events: [Event] = []
    var lights: [LightSignal] = []
    var replies: [(id: UInt64, reply: Reply)] = []
    var onReply: () -> Void = {}

    init(_ folder: TemporaryFolder, disk: ModelDisk = ModelDisk(), opensSetup: Bool = true) throws {
      loop = try EventLoop()
      self.disk = disk
      store = try RecordStore(folder: "/state", fileSystem: disk)
      http = try HTTPClient(loop: loop, configuration: HTTPClientConfiguration())
      bearer = SocketBearer(loop: loop, path: folder.path + "/att")
      var configuration = DeviceConfiguration(
        slots: [.init(name: "coffee")], lwa: .northAmerica, dash: .northAmerica)
      configuration.opensSetupAtStart = opensSetup
      let credential = try SetupCredential(
        code: try SetupCode(Secret(copying: "73914628")), shortID: try #require(ShortID([1, 2, 3])),
        salt: [UInt8](repeating: 7, count: 16), iterations: 10_000)
      let identity = DeviceIdentity(
        model: try ModelID("Model1"), serial: try SerialNumber("SN0001"), serialSource: "test")
      performer = Performer(
        device: Device(configuration, identity: identity, credential: credential, random: SystemRandom()), loop: loop,
        store: store, http: http, bearer: bearer, boot: SystemClock.bootIdentity())
      performer.onEvent = { [unowned self] in events.append($0) }
      performer.onLight = { [unowned self] _, signal in lights.append(signal) }
      performer.onReply = { [unowned self] id, reply in
        replies.append((id.number, reply))
        onReply()
      }
    }

    deinit {
      performer.close()
      bearer.close()
      http.close()
      store.close()
      loop.close()
    }

    /// Turns the loop until something holds.
    func turn(until holds: () -> Bool) throws {
      for _ in 0..<1_000 where !holds() { try loop.dispatch(timeout: 10) }
      #expect(holds())
    }
  }

  @Test func aPhoneReachesTheDeviceWhileTheWindowIsOpen() throws {
    let folder = try TemporaryFolder()
    let board = try Board(folder)
    board.performer.start()
    #expect(board.lights.last == .setupOpen)
    let phone = try PacketClient(path: folder.path + "/att", maximumPacket: SocketBearer.maximumPacket)
    // ATT: exchange MTU request, 23 bytes, and its response with the device's own.
    try phone.send([0x02, 23, 0], within: 1_000)
    var answer: [UInt8]?
    try board.turn {
      if answer == nil { answer = try? phone.receive(within: 0) }
      return answer != nil
    }
    #expect(answer?.first == 0x03)
    board.performer.give(.phoneDisconnected)
    phone.close()
  }

  @Test func isNowhereWithoutAWindow() throws {
    let folder = try TemporaryFolder()
    let board = try Board(folder, opensSetup: false)
    board.performer.start()
    #expect(throws: SocketFault.self) { try PacketClient(path: folder.path + "/att", maximumPacket: 64) }
    board.performer.give(.command(CommandID(1), .setup))
    let phone = try PacketClient(path: folder.path + "/att", maximumPacket: 64)
    phone.close()
  }

  @Test func answersCommandsAndTakesOthersWhileItAnswers() throws {
    let folder = try TemporaryFolder()
    let board = try Board(folder, opensSetup: false)
    board.performer.start()
    var hasAsked = false
    board.onReply = { [unowned board] in
      guard !hasAsked else { return }
      hasAsked = true
      board.performer.give(.command(CommandID(2), .identity))
      // Given within a turn, it waits for its turn.
      #expect(board.replies.count == 1)
    }
    board.performer.give(.command(CommandID(1), .press(slot: "coffee")))
    #expect(board.replies.map { $0.id } == [1, 2])
    guard case .refused(let refusal) = board.replies.first?.reply else {
      Issue.record("a press was taken without a link")
      return
    }
    #expect(refusal.code == .notLinked)
    guard case .identity = board.replies.last?.reply else {
      Issue.record("the second command was not answered")
      return
    }
  }

  @Test func whatItWroteIsDurableBeforeItAnswers() throws {
    let folder = try TemporaryFolder()
    let board = try Board(folder, opensSetup: false)
    board.performer.start()
    board.performer.give(.command(CommandID(1), .erase))
    try board.turn { board.events.contains(.erased) }
    #expect(board.disk.pendingCount == 0)
    #expect(!board.disk.list("/state").contains { $0.hasPrefix("erasing") })
  }

  @Test func tellsWhenNothingCanBeWritten() throws {
    let folder = try TemporaryFolder()
    let disk = ModelDisk()
    let board = try Board(folder, disk: disk, opensSetup: false)
    board.performer.start()
    for call in 1...200 { disk.failures[disk.calls + call] = .error(28) }
    board.performer.give(.command(CommandID(1), .erase))
    guard case .refused(let refusal) = board.replies.first?.reply else {
      Issue.record("an erasure that cannot be recorded was begun: \(board.replies)")
      return
    }
    #expect(refusal.code == .storage)
  }
}
