import BoundedHTTP
import Foundation
import NIOHTTP1
import Synchronization

@testable import AWSRequests

/// Takes the place of the network: answers by a closure, and notes what was asked.
final class StandIn: HTTPSender {
  private let answers: @Sendable (HTTPCall, Int) -> HTTPExchange
  private let noted = Mutex<[HTTPCall]>([])

  /// - Parameter answers: The answer to a call, given how many came before.
  init(_ answers: @escaping @Sendable (HTTPCall, Int) -> HTTPExchange) { self.answers = answers }

  var calls: [HTTPCall] { noted.withLock { $0 } }

  func send(_ call: HTTPCall) async -> HTTPExchange {
    let number = noted.withLock {
      $0.append(call)
      return $0.count - 1
    }
    return answers(call, number)
  }
}

extension HTTPExchange {
  static func json(_ text: String, status: UInt = 200, headers: HTTPHeaders = [:]) -> HTTPExchange {
    .answer(HTTPAnswer(status: status, headers: headers, body: Data(text.utf8)))
  }
}

/// A clock that stands until it is moved; waiting moves it.
final class TestClock: Sendable {
  private let state = Mutex((date: Date(timeIntervalSince1970: 1_800_000_000), waits: [Double]()))

  var now: Date { state.withLock { $0.date } }
  var waits: [Double] { state.withLock { $0.waits } }

  func advance(_ seconds: Double) { state.withLock { $0.date += seconds } }

  /// The longest wait of what chance allows.
  var clock: AWSClock {
    AWSClock(
      now: { self.now },
      sleep: { seconds in
        self.state.withLock {
          $0.date += seconds
          $0.waits.append(seconds)
        }
      }, random: { $0.upperBound })
  }
}

/// A folder that goes with its user.
final class Folder: Sendable {
  let path = FileManager.default.temporaryDirectory.appending(path: "aws-requests-\(UUID().uuidString)").path

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, for its owner only unless another mode is given; returns its path.
  @discardableResult
  func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    chmod(path + "/" + name, mode)
    return path + "/" + name
  }

  func read(_ name: String) -> String? { try? String(contentsOfFile: path + "/" + name, encoding: .utf8) }

  func mode(_ name: String) -> mode_t {
    var found = stat()
    return stat(path + "/" + name, &found) == 0 ? found.st_mode & 0o777 : 0
  }
}

/// An environment in which nothing of this machine counts.
func environment(_ variables: [String: String] = [:], profile: String? = nil) -> AWSEnvironment {
  AWSEnvironment(variables: variables, profile: profile, home: "/nowhere")
}
