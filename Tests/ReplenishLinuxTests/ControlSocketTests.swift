import CLinux
import Foundation
import ReplenishCore
import Testing

@testable import ReplenishLinux

/// Runs a loop on a thread of its own, for tests whose other end waits.
final class LoopThread: @unchecked Sendable {
  // Unchecked: the loop is used by its thread alone, but for the pipe that ends it.
  private let ending: Pipe
  private let ended = DispatchSemaphore(value: 0)

  init(_ prepare: @escaping @Sendable (EventLoop) throws -> () -> Void) throws {
    let ending = try Pipe()
    self.ending = ending
    let ended = ended
    let ready = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      do {
        let loop = try EventLoop()
        try loop.add(ending.reading, for: .readable) { _ in loop.stop() }
        let finish = try prepare(loop)
        ready.signal()
        try loop.run()
        finish()
        loop.remove(ending.reading)
        loop.close()
      } catch {
        Issue.record(error)
        ready.signal()
      }
      ended.signal()
    }
    ready.wait()
  }

  func end() {
    ending.put(1)
    ended.wait()
  }
}

@Suite struct ControlSocketTests {
  /// A server that answers each request with itself and the rights of the one who asks, but for `silence`, which it
  /// leaves open and says so.
  private func echo(
    _ path: String, silence: DispatchSemaphore = DispatchSemaphore(value: 0),
    _ change: @escaping @Sendable (inout ControlServer.Configuration) -> Void = { _ in }
  ) throws -> LoopThread {
    try LoopThread { loop in
      var configuration = ControlServer.Configuration(path: path)
      change(&configuration)
      let server = try ControlServer(loop: loop, configuration: configuration)
      server.onRequest = { [unowned server] id, bytes, access in
        if bytes == Array("silence".utf8) {
          silence.signal()
          return
        }
        server.answer(id, Array("\(access):".utf8) + bytes)
      }
      return { server.close() }
    }
  }

  @Test func answersOneRequestAfterTheOther() throws {
    let folder = try TemporaryFolder()
    let thread = try echo(folder.path + "/run/control")
    defer { thread.end() }
    let client = try ControlClient(path: folder.path + "/run/control", patience: 10_000)
    #expect(try client.exchange(Array("one".utf8)) == Array("act:one".utf8))
    #expect(try client.exchange(Array("two".utf8)) == Array("act:two".utf8))
    client.close()
    #expect(try folder.mode("run") == 0o750)
    #expect(try folder.mode("run/control") == 0o660)
  }

  @Test func aSilentClientDelaysNobodyAndIsLetGo() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/control"
    let thread = try echo(path) { $0.patience = 50 }
    defer { thread.end() }
    let stuck = try PacketClient(path: path, maximumPacket: 64)
    let other = try ControlClient(path: path, patience: 10_000)
    #expect(try other.exchange(Array("x".utf8)) == Array("act:x".utf8))
    #expect(try stuck.receive(within: 10_000) == nil)
    stuck.close()
    other.close()
  }

  @Test func aClientThatDoesNotReadDelaysNobody() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/control"
    let thread = try echo(path)
    defer { thread.end() }
    let stuck = try PacketClient(path: path, maximumPacket: 64)
    // It asks and never fetches what it asked for.
    for _ in 0..<200 {
      do { try stuck.send([UInt8](repeating: 0x61, count: 8_000), within: 20) } catch { break }
    }
    let other = try ControlClient(path: path, patience: 10_000)
    #expect(try other.exchange(Array("x".utf8)) == Array("act:x".utf8))
    stuck.close()
    other.close()
  }

  @Test func anIdleClientMakesRoomForTheNext() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/control"
    let thread = try echo(path) { $0.maximumClients = 1 }
    defer { thread.end() }
    let idle = try ControlClient(path: path, patience: 10_000)
    #expect(try idle.exchange(Array("x".utf8)) == Array("act:x".utf8))
    let next = try ControlClient(path: path, patience: 10_000)
    #expect(try next.exchange(Array("y".utf8)) == Array("act:y".utf8))
    let error = #expect(throws: SocketFault.self) { try idle.exchange(Array("z".utf8)) }
    #expect(error?.kind == .closed)
    idle.close()
    next.close()
  }

  @Test func anOpenQuestionKeepsItsPlace() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/control"
    // Only turning away can end a connection here: nobody's patience does within the test.
    let silence = DispatchSemaphore(value: 0)
    let thread = try echo(path, silence: silence) {
      $0.maximumClients = 1
      $0.patience = 3_600_000
    }
    defer { thread.end() }
    let asking = try PacketClient(path: path, maximumPacket: 64)
    try asking.send(Array("silence".utf8), within: 1000)
    silence.wait()
    let next = try PacketClient(path: path, maximumPacket: 64)
    #expect(try next.receive(within: 10_000) == nil)
    asking.close()
    next.close()
  }

  @Test func aRequestThatIsTooLongEndsTheConnection() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/control"
    let thread = try echo(path) { $0.maximumRequest = 16 }
    defer { thread.end() }
    let client = try ControlClient(path: path, patience: 10_000)
    #expect(try client.exchange(Array("x".utf8)) == Array("act:x".utf8))
    let error = #expect(throws: SocketFault.self) { try client.exchange([UInt8](repeating: 0, count: 17)) }
    #expect(error?.kind == .closed)
    client.close()
  }

  @Test func endsWithoutItsClients() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/control"
    let thread = try echo(path)
    let client = try PacketClient(path: path, maximumPacket: 64)
    try client.send(Array("silence".utf8), within: 1000)
    thread.end()
    #expect(try client.receive(within: 10_000) == nil)
    client.close()
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func takesOverAStaleSocketAndNothingElse() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/control"
    // What a killed daemon leaves: a socket to which nobody listens.
    var address = try SocketAddress(path)
    let dead = try SocketAddress.socket(for: path)
    try #require(address.bind(dead) == nil)
    _ = close(dead)
    let thread = try echo(path)
    let loop = try EventLoop()
    defer { loop.close() }
    let inUse = #expect(throws: SocketFault.self) {
      try ControlServer(loop: loop, configuration: .init(path: path))
    }
    #expect(inUse?.kind == .inUse)
    thread.end()
    try folder.write("control", "a file")
    #expect(throws: SocketFault.self) { try ControlServer(loop: loop, configuration: .init(path: path)) }
    #expect(FileManager.default.fileExists(atPath: path))
  }

  @Test func refusesAFolderThatEverybodyReaches() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    let loop = try EventLoop()
    defer { loop.close() }
    let error = #expect(throws: SocketFault.self) {
      try ControlServer(loop: loop, configuration: .init(path: folder.path + "/control"))
    }
    #expect(error?.text.contains("run: chmod 0750 \(folder.path)") == true)
  }

  @Test func saysWhenNobodyListens() {
    let error = #expect(throws: SocketFault.self) { try ControlClient(path: "/tmp/replenish-none/control") }
    #expect(error?.kind == .notListening)
    let long = #expect(throws: SocketFault.self) { try ControlClient(path: String(repeating: "x", count: 108)) }
    #expect(long?.kind == .other)
  }

  @Test func rightsComeFromUserAndGroups() {
    func access(_ user: UInt32, _ groups: [UInt32], _ read: UInt32?, _ act: UInt32?) -> ControlAccess {
      ControlAccess.of(user: user, groups: groups, own: 900, readGroup: read, actGroup: act)
    }
    #expect(access(0, [0], nil, nil) == .act)
    #expect(access(900, [900], nil, nil) == .act)
    #expect(access(1000, [1000], nil, nil) == .none)
    #expect(access(1000, [1000, 50], 50, 60) == .read)
    #expect(access(1000, [1000, 60], 50, 60) == .act)
    #expect(access(1000, [50, 60], 50, 60) == .act)
    #expect(access(1000, [70], 50, 60) == .none)
    #expect(ControlAccess.none < .read && ControlAccess.read < .act)
  }
}
