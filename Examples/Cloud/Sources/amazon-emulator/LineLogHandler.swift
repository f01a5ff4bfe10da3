import Foundation
import Logging

/// Writes one plain line for each message to standard error: the time of day and the message.
struct LineLogHandler: LogHandler {
  var logLevel = Logger.Level.info
  var metadata = Logger.Metadata()

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let time = Date().formatted(.iso8601.time(includingFractionalSeconds: false).timeSeparator(.colon))
    let level = event.level <= .info ? "" : "\(event.level): "
    FileHandle.standardError.write(Data("\(time)  \(level)\(event.message)\n".utf8))
  }
}
