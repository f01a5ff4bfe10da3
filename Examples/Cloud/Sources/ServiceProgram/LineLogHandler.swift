import Foundation
import Logging

/// Writes one plain line for each message to standard error: the time of day and the message.
public struct LineLogHandler: LogHandler {
  /// Messages below this level are left out.
  public var logLevel = Logger.Level.info
  /// Kept, and not written: a line says what there is to say.
  public var metadata = Logger.Metadata()

  private let write: @Sendable (Data) -> Void

  /// Creates a handler.
  ///
  /// - Parameter write: Gets each line; standard error, unless a test listens.
  public init(write: @escaping @Sendable (Data) -> Void = { FileHandle.standardError.write($0) }) {
    self.write = write
  }

  /// One value of the metadata.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one line.
  public func log(event: LogEvent) {
    let time = Date().formatted(.iso8601.time(includingFractionalSeconds: false).timeSeparator(.colon))
    let level = event.level <= .info ? "" : "\(event.level): "
    write(Data("\(time)  \(level)\(Self.line(event.message.description))\n".utf8))
  }

  /// A message as one line. What somebody sent may be in it: signs that would end the line, so that the rest passes for
  /// another one, or that a terminal obeys, are written as `\u{…}`.
  private static func line(_ message: String) -> String {
    message.unicodeScalars.map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator, .format: "\\u{\(String(scalar.value, radix: 16))}"
      default: String(scalar)
      }
    }.joined()
  }
}
