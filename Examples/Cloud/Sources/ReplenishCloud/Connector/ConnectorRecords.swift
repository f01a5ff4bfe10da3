import Foundation

/// Something that managed integrations is to be told: on disk before the operation is acknowledged that it is about.
public struct ConnectorEvent: Sendable, Equatable, Identifiable {
  /// What it is about.
  public enum Kind: String, Sendable {
    /// The devices of the owner; `reference` is the number of the search.
    case discovery
    /// What became of a command; `reference` is the trace.
    case response
    /// A device shows itself; `reference` is the trace of the command that asked for it.
    case identifying
  }

  /// Where it stands.
  public enum State: String, Sendable {
    /// It is to be sent.
    case open
    /// The service took it.
    case sent
    /// It is of no use any more: the grant is gone, the service refused it, or its time is over.
    case dropped
  }

  /// The same for the same request, so that a retry of it makes no second event.
  public var id: String
  /// The grant it is sent under; with that it dies.
  public var grant: AccessGrant.ID
  /// Whose devices it is about.
  public var owner: Owner.ID
  /// The owner's name towards the client.
  public var userID: String
  /// The connector's number at managed integrations.
  public var connector: String
  /// What it is about.
  public var kind: Kind
  /// The number of the search, or the trace.
  public var reference: String
  /// The device, of a command: its name towards apps.
  public var device: SharedDevice.ID?
  /// The command.
  public var command: DeviceCommand.ID?
  /// How long the device was to identify itself, of a command.
  public var seconds: UInt16?
  /// When it is of no use any more.
  public var expiresAt: Date
  /// How often it was sent.
  public var attempts = 0

  /// An event under a grant.
  static func about(
    _ kind: Kind, _ reference: String, under grant: AccessGrant, connector: String, until: Date
  ) -> ConnectorEvent {
    ConnectorEvent(
      id: number(kind, reference, grant.id), grant: grant.id, owner: grant.owner, userID: grant.userID,
      connector: connector, kind: kind, reference: reference, expiresAt: until)
  }

  /// The event that follows this one.
  func followed(by kind: Kind) -> ConnectorEvent {
    var next = self
    next.id = Self.number(kind, reference, grant)
    next.kind = kind
    next.attempts = 0
    return next
  }

  private static func number(_ kind: Kind, _ reference: String, _ grant: AccessGrant.ID) -> String {
    Fingerprint(of: "\(grant) \(kind.rawValue) \(reference)").hexadecimal
  }
}

/// What the connector must remember.
public protocol ConnectorStorage: Sendable {
  /// Puts an event on disk, once for its identifier; false when its owner's account is erased.
  func note(_ event: ConnectorEvent, at now: Date) async throws -> Bool
  /// Events that somebody should work on now.
  func dueConnectorEvents(at now: Date, limit: Int) async throws -> [ConnectorEvent]
  /// Makes the caller the one who works on an event, until then; nil when somebody else does, or nothing is left to do.
  func leaseConnectorEvent(
    _ id: ConnectorEvent.ID, lease: String, until: Date, at now: Date
  ) async throws -> ConnectorEvent?
  /// Ends an event and gives the lease back; the one that follows begins in the same transaction.
  func finish(
    _ event: ConnectorEvent, lease: String, _ state: ConnectorEvent.State, then next: ConnectorEvent?, at now: Date
  ) async throws
  /// Gives the lease back; it is tried again then.
  ///
  /// - Parameter wasSent: Whether this counts as a try.
  func postpone(_ event: ConnectorEvent, lease: String, until: Date, wasSent: Bool) async throws
}
