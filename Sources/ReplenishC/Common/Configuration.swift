import CReplenish
import ReplenishCore

/// What stands behind a `replenish_config`: what the setters gave, and why the last of them failed.
public final class Configuration {
  // What both front doors need.
  /// The model.
  public var model: ModelID?
  /// The serial number.
  public var serial: SerialNumber?
  /// The slots, and everything about the device but the addresses.
  public var device = DeviceConfiguration(slots: [], lwa: .northAmerica, dash: .northAmerica)
  /// Where log lines go.
  public var log = LogSink()
  /// What the board needs, for the front door that has a board.
  public var board: AnyObject?
  // What the core alone needs.
  /// The factory's record.
  public var credential: SetupCredential?

  /// Why the last call failed.
  public let failure = Failure()

  /// Makes an empty configuration.
  public init() {}
}

/// Why the last call with an object failed, for its `…_get_error`.
public final class Failure {
  private var kept: CText?

  /// Makes one without a failure.
  public init() {}

  /// The text; empty if nothing failed.
  public var text: UnsafePointer<CChar> { kept?.pointer ?? CText.fixed("") }

  /// Notes a failure and gives its number back.
  @inline(never)
  package func note(_ error: Int32, _ text: Wording) -> Int32 {
    kept = CText(text.bytes)
    return -error
  }

  /// Notes a failure that is worded already.
  public func note(_ error: Int32, text: String) -> Int32 { note(error, Wording(text)) }
}

/// Where log lines go.
public struct LogSink {
  /// The firmware's function.
  public var function: replenish_log?
  /// What it is given.
  public var userdata: UnsafeMutableRawPointer?

  /// The priorities of syslog(3).
  public enum Priority: Int32 {
    /// LOG_ERR: it needs a person.
    case error = 3
    /// LOG_WARNING: somebody should know.
    case warning = 4
    /// LOG_INFO: the course of things.
    case info = 6
  }

  /// Makes a sink that drops everything.
  public init() {}

  /// Writes a line.
  public func write(_ priority: Priority, _ text: String) {
    guard let function else { return }
    let line = CText(text)
    withExtendedLifetime(line) { function(userdata, priority.rawValue, line.pointer) }
  }
}
