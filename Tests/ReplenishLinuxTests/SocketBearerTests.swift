import ReplenishLinux
import Testing

@Suite struct SocketBearerTests {
  /// Turns the loop until something holds, or for good if it never does.
  private func turn(_ loop: EventLoop, until holds: () -> Bool) throws {
    for _ in 0..<1_000 where !holds() { try loop.dispatch(timeout: 10) }
    #expect(holds())
  }

  @Test func carriesPacketsOfOnePhone() throws {
    let folder = try TemporaryFolder()
    let loop = try EventLoop()
    defer { loop.close() }
    let bearer = SocketBearer(loop: loop, path: folder.path + "/att")
    var log: [String] = []
    bearer.onConnected = { log.append("connected") }
    bearer.onPacket = { log.append("packet \($0)") }
    bearer.onDisconnected = { log.append("gone") }
    try bearer.open()
    try bearer.open()
    let phone = try PacketClient(path: folder.path + "/att", maximumPacket: SocketBearer.maximumPacket)
    try turn(loop) { log.count == 1 }
    let second = try PacketClient(path: folder.path + "/att", maximumPacket: SocketBearer.maximumPacket)
    try loop.dispatch(timeout: 100)
    #expect(try second.receive(within: 10_000) == nil)
    try phone.send([2, 23, 0], within: 1000)
    try phone.send([2, 24, 0], within: 1000)
    try turn(loop) { log.count == 3 }
    bearer.send([3, 23, 0])
    bearer.send([3, 24, 0])
    // What was sent leaves before the connection ends.
    bearer.disconnect()
    #expect(try phone.receive(within: 10_000) == [3, 23, 0])
    #expect(try phone.receive(within: 10_000) == [3, 24, 0])
    #expect(try phone.receive(within: 10_000) == nil)
    #expect(log == ["connected", "packet [2, 23, 0]", "packet [2, 24, 0]", "gone"])
    phone.close()
    second.close()
    let third = try PacketClient(path: folder.path + "/att", maximumPacket: SocketBearer.maximumPacket)
    try turn(loop) { log.count == 5 }
    third.close()
    try turn(loop) { log.count == 6 }
    #expect(log.suffix(2) == ["connected", "gone"])
    bearer.close()
  }

  @Test func isNowhereWhileItIsClosed() throws {
    let folder = try TemporaryFolder()
    let loop = try EventLoop()
    defer { loop.close() }
    let bearer = SocketBearer(loop: loop, path: folder.path + "/att")
    #expect(throws: SocketFault.self) { try PacketClient(path: folder.path + "/att", maximumPacket: 64) }
    var gone = 0
    bearer.onDisconnected = { gone += 1 }
    for _ in 0..<3 {
      var isConnected = false
      bearer.onConnected = { isConnected = true }
      try bearer.open()
      let phone = try PacketClient(path: folder.path + "/att", maximumPacket: 64)
      try turn(loop) { isConnected }
      bearer.close()
      #expect(try phone.receive(within: 10_000) == nil)
      phone.close()
      #expect(throws: SocketFault.self) { try PacketClient(path: folder.path + "/att", maximumPacket: 64) }
    }
    #expect(gone == 3)
    bearer.close()
  }

  @Test func dropsAPhoneThatFloodsOrNeverReads() throws {
    let folder = try TemporaryFolder()
    let loop = try EventLoop()
    defer { loop.close() }
    let bearer = SocketBearer(loop: loop, path: folder.path + "/att")
    var connected = 0
    var gone = 0
    bearer.onConnected = { connected += 1 }
    bearer.onDisconnected = { gone += 1 }
    try bearer.open()
    let long = try PacketClient(path: folder.path + "/att", maximumPacket: 64)
    try turn(loop) { connected == 1 }
    try long.send([UInt8](repeating: 0, count: SocketBearer.maximumPacket + 1), within: 1000)
    try turn(loop) { gone == 1 }
    long.close()
    let deaf = try PacketClient(path: folder.path + "/att", maximumPacket: 64)
    try turn(loop) { connected == 2 }
    for _ in 0..<100_000 where gone == 1 { bearer.send([UInt8](repeating: 0, count: SocketBearer.maximumPacket)) }
    #expect(gone == 2)
    deaf.close()
    bearer.close()
  }

  @Test func aPhoneThatDoesNotReadLosesItsPlaceAtTheEnd() throws {
    let folder = try TemporaryFolder()
    let loop = try EventLoop()
    defer { loop.close() }
    let bearer = SocketBearer(loop: loop, path: folder.path + "/att")
    var connected = 0
    var gone = 0
    bearer.onConnected = { connected += 1 }
    bearer.onDisconnected = { gone += 1 }
    try bearer.open()
    let packet = [UInt8](repeating: 0, count: SocketBearer.maximumPacket)
    // How many packets the socket and the queue take together.
    let first = try PacketClient(path: folder.path + "/att", maximumPacket: 64)
    try turn(loop) { connected == 1 }
    var taken = 0
    while gone == 0 {
      bearer.send(packet)
      taken += 1
    }
    first.close()
    let deaf = try PacketClient(path: folder.path + "/att", maximumPacket: 64)
    try turn(loop) { connected == 2 }
    for _ in 0..<(taken - 32) { bearer.send(packet) }
    bearer.disconnect()
    #expect(gone == 1)
    try turn(loop) { gone == 2 }
    deaf.close()
    bearer.close()
  }
}
