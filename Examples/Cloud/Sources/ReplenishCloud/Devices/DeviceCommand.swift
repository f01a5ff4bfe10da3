import Foundation

/// Something that a device is asked to do by its downlink. Ordering is never one.
public struct DeviceCommand: Sendable, Equatable, Identifiable {
  /// What it is to do.
  public enum Action: Sendable, Equatable {
    /// Matter's Identify command (Application Cluster Specification 1.2.5.1): show which device it is, for so many
    /// seconds; 0 ends it.
    case identify(seconds: UInt16)
  }

  /// Random.
  public var id: String
  /// Under which ownership: with that it dies.
  public var ownership: Int64
  /// What to do.
  public var action: Action
  /// When it is not to be done any more.
  public var expiresAt: Date
}

/// Commands on their way to devices.
public protocol CommandStorage: Sendable {
  /// Notes a command, once for its identifier; false when the ownership has ended.
  func note(_ command: DeviceCommand, at now: Date) async throws -> Bool
  /// What became of a command.
  func commandState(_ id: DeviceCommand.ID, at now: Date) async throws -> CommandState
}

/// What became of a command.
public enum CommandState: String, Sendable {
  /// The device has yet to do it.
  case open
  /// The device has done it.
  case done
  /// It expired, its ownership ended, or it is unknown.
  case over
}
