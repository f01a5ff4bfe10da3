import Foundation
import Logging

/// Writes one plain line for each message to standard error: the time of day and the message.
public struct LineLogHandler: LogHandler {
  /// Messages below this level are left out.
  public var logLevel = Logger.Level.info
  /// Kept, and not written: a line says what there is to say.
  public var metadata = Logger.Metadata()

  /// Creates a handler.
  public init() {}

  /// One value of the metadata.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one line.
  public func log(event: LogEvent) {
    let time = Date().formatted(.iso8601.time(includingFractionalSeconds: false).timeSeparator(.colon))
    let level = event.level <= .info ? "" : "\(event.level): "
    FileHandle.standardError.write(Data("\(time)  \(level)\(event.message)\n".utf8))
  }
}
