import CLinux
import Foundation
import ReplenishCore
import Testing

@testable import ReplenishLinux

/// A pipe whose ends are closed with it.
final class Pipe: Sendable {
  let reading: Int32
  let writing: Int32

  init() throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Errno.last }
    reading = ends[0]
    writing = ends[1]
  }

  deinit {
    _ = close(reading)
    _ = close(writing)
  }

  func put(_ byte: UInt8) { _ = [byte].withUnsafeBytes { write(writing, $0.baseAddress, 1) } }

  func take() -> UInt8? {
    var byte: UInt8 = 0
    return read(reading, &byte, 1) == 1 ? byte : nil
  }
}

@Suite struct EventLoopTests {
  private func isReadable(_ descriptor: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) == 1
  }

  /// A board whose clock says 2040 must not find the watch on the clock expired: it would fire without end.
  @Test func theWatchOnTheClockLiesBeyond2038() throws {
    let loop = try EventLoop()
    var found = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fdinfo") {
      // Other tests' loops come and go meanwhile; theirs count as well.
      guard let text = try? String(contentsOfFile: "/proc/self/fdinfo/" + name, encoding: .utf8) else { continue }
      let lines = text.split(separator: "\n")
      guard lines.contains("clockid: 0"), let value = lines.first(where: { $0.hasPrefix("it_value: (") }),
        let left = Int64(value.dropFirst(11).prefix { $0 != "," }), left > 0
      else { continue }
      #expect(left > 150 * 365 * 86_400)
      found += 1
    }
    #expect(found > 0)
    loop.close()
  }

  @Test func oneDescriptorStandsForAll() throws {
    let loop = try EventLoop()
    defer { loop.close() }
    let pipe = try Pipe()
    var taken: [UInt8] = []
    try loop.add(pipe.reading, for: .readable) { _ in if let byte = pipe.take() { taken.append(byte) } }
    #expect(!isReadable(loop.pollDescriptor))
    pipe.put(7)
    #expect(isReadable(loop.pollDescriptor))
    try loop.dispatch()
    #expect(taken == [7])
    #expect(!isReadable(loop.pollDescriptor))
    loop.remove(pipe.reading)
    pipe.put(8)
    #expect(!isReadable(loop.pollDescriptor))
  }

  @Test func aHandlerMayRemoveTheNextOne() throws {
    let loop = try EventLoop()
    defer { loop.close() }
    let first = try Pipe()
    let second = try Pipe()
    var turns = 0
    let handler: (Readiness) -> Void = { _ in
      turns += 1
      loop.remove(first.reading)
      loop.remove(second.reading)
    }
    try loop.add(first.reading, for: .readable, handler)
    try loop.add(second.reading, for: .readable, handler)
    first.put(1)
    second.put(1)
    try loop.dispatch()
    try loop.dispatch()
    #expect(turns == 1)
  }

  @Test func addingAgainReplaces() throws {
    let loop = try EventLoop()
    defer { loop.close() }
    let pipe = try Pipe()
    var first = 0
    var second = 0
    try loop.add(pipe.reading, for: .readable) { _ in first += 1 }
    try loop.add(pipe.reading, for: .readable) { _ in
      second += 1
      _ = pipe.take()
    }
    pipe.put(1)
    try loop.dispatch()
    #expect(first == 0 && second == 1)
  }

  @Test func tellsThatTheOtherEndIsGone() throws {
    let loop = try EventLoop()
    defer { loop.close() }
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { _ = close(ends[0]) }
    var seen: Readiness = []
    try loop.add(ends[0], for: .readable) { seen = $0 }
    _ = close(ends[1])
    try loop.dispatch()
    #expect(!seen.isDisjoint(with: .hungUp))
  }

  @Test func firesTimersInTheirOrderAndOnce() throws {
    let loop = try EventLoop()
    defer { loop.close() }
    var fired: [String] = []
    let late = loop.timer {
      fired.append("late"); loop.stop()
    }
    let early = loop.timer { fired.append("early") }
    let never = loop.timer { fired.append("never") }
    late.fire(in: 30)
    early.fire(in: 5)
    never.fire(in: 10)
    never.cancel()
    try loop.run()
    #expect(fired == ["early", "late"])
    #expect(!early.isSet && !late.isSet && !never.isSet)
  }

  @Test func aTimerMovesCancelsAndSetsOthers() throws {
    let loop = try EventLoop()
    defer { loop.close() }
    var fired: [String] = []
    let second = loop.timer { fired.append("second") }
    let third = loop.timer {
      fired.append("third"); loop.stop()
    }
    let first = loop.timer {
      fired.append("first")
      second.cancel()
      third.fire(in: 1)
    }
    // All past when the loop looks, so all due in one turn.
    first.fire(at: 1)
    second.fire(at: 2)
    third.fire(at: 1 << 62)
    try loop.run()
    #expect(fired == ["first", "third"])
  }

  @Test func aTimerThatAlwaysSetsItselfLetsTheLoopGoOn() throws {
    let loop = try EventLoop()
    defer { loop.close() }
    let pipe = try Pipe()
    var turns = 0
    var timer: LoopTimer?
    timer = loop.timer {
      turns += 1
      timer?.fire(at: 0)
    }
    timer?.fire(at: 0)
    try loop.add(pipe.reading, for: .readable) { _ in loop.stop() }
    try loop.dispatch(timeout: 1000)
    #expect(turns >= 1)
    pipe.put(1)
    try loop.run()
    timer?.cancel()
    timer = nil
  }

  @Test func doesNotWakeWithoutAReason() throws {
    let loop = try EventLoop()
    defer { loop.close() }
    let timer = loop.timer {}
    timer.fire(in: 1)
    try loop.dispatch(timeout: 1000)
    #expect(!timer.isSet)
    // What has fired leaves nothing behind that keeps the descriptor readable.
    #expect(!isReadable(loop.pollDescriptor))
  }

  @Test func stopsAfterTheHandlerThatRuns() throws {
    let loop = try EventLoop()
    defer { loop.close() }
    let pipe = try Pipe()
    var turns = 0
    try loop.add(pipe.reading, for: .readable) { _ in loop.stop() }
    pipe.put(1)
    try loop.run(afterEachTurn: { turns += 1 })
    #expect(turns == 1)
  }
}
