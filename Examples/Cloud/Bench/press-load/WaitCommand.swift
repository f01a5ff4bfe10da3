import ArgumentParser
import Foundation
import NIOHTTP1
import Synchronization

/// Many devices that wait for a command, each with one request that is held.
struct WaitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Every device asks for a command and waits. Ends when standard input does.",
    discussion: "Writes one line, how many wait, once all have asked and nothing more was answered for two seconds.")

  @OptionGroup var options: FleetOptions

  @Option(help: "Seconds that the cloud is asked to hold each request.")
  var seconds = 290

  @Option(help: "How many handshakes are under way at once.")
  var atOnce = 32

  func run() async throws {
    let fleet = try Fleet(options)
    let (seconds, ports) = (seconds, options.port)
    let held = Held()
    await withTaskGroup(of: Void.self) { group in
      for (index, tls) in fleet.contexts.enumerated() {
        if index >= atOnce { await group.next() }
        group.addTask {
          do {
            let connection = try await DeviceConnection.open(tls, port: ports[index % ports.count])
            // One exchange makes sure that the handshake is over: what follows is held.
            _ = try await connection.ask(.GET, "/v1/device")
            held.add()
            Task {
              let answer = try? await connection.ask(.GET, "/v1/commands?wait=\(seconds)")
              held.end(answer.map { "answered \($0.status)" } ?? "cut")
            }
          } catch {
            held.end("not connected: \(error)")
          }
        }
      }
    }
    var count = held.count
    repeat {
      count = held.count
      try await Task.sleep(for: .seconds(2))
    } while held.count != count
    print(count, held.ends.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", "))
    fflush(nil)
    // The end of the bench, or of its patience.
    while readLine() != nil {}
  }
}

/// The requests that are held.
private final class Held: Sendable {
  private let state = Mutex((count: 0, ends: [String: Int]()))

  var count: Int { state.withLock { $0.count } }
  var ends: [String: Int] { state.withLock { $0.ends } }

  func add() { state.withLock { $0.count += 1 } }

  func end(_ how: String) {
    state.withLock {
      if how.hasPrefix("not connected") == false { $0.count -= 1 }
      $0.ends[how, default: 0] += 1
    }
  }
}
