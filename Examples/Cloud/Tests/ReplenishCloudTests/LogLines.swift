import Logging
import Synchronization

/// Keeps the lines of a log.
final class LogLines: Sendable {
  private let stored = Mutex<[(level: Logger.Level, line: String)]>([])

  var text: String { stored.withLock { $0.map(\.line).joined(separator: "\n") } }

  /// The lines of a level.
  func lines(_ level: Logger.Level) -> [String] {
    stored.withLock { $0.filter { $0.level == level }.map(\.line) }
  }

  func add(_ line: String, _ level: Logger.Level) { stored.withLock { $0.append((level, line)) } }
}

struct KeepingLogHandler: LogHandler {
  let lines: LogLines
  var logLevel = Logger.Level.trace
  var metadata = Logger.Metadata()

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let further = event.metadata.map { " \($0)" } ?? ""
    let error = event.error.map { " \($0)" } ?? ""
    lines.add("\(event.message)\(further)\(error)", event.level)
  }
}
