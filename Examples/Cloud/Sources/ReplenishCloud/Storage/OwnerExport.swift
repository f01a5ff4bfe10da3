import Foundation

/// Everything the cloud knows of an owner, for the owner; no secret is in it, sealed or not.
public struct OwnerExport: Sendable, Equatable, Encodable {
  /// The tables it draws on. A test compares them with the schema, so that none is forgotten.
  static let tables = [
    "owner", "recovery_code", "session", "client_user", "access_grant", "ownership", "shared_device", "registration",
    "slot", "press", "command", "connector_event",
  ]

  /// The account.
  public struct Account: Sendable, Equatable, Encodable {
    /// The mail address.
    public var email: String
    /// When it was opened.
    public var openedAt: Date
    /// How many recovery codes are left.
    public var recoveryCodesLeft: Int
  }

  /// A browser that is signed in.
  public struct Session: Sendable, Equatable, Encodable {
    /// Until when.
    public var until: Date
  }

  /// An app that the owner allowed something, now or before.
  public struct App: Sendable, Equatable, Encodable {
    /// Its name.
    public var name: String
    /// Its identifier.
    public var clientId: String
    /// The owner's name towards it, and towards no other.
    public var userId: String
    /// What it may do.
    public var grants: [Grant]
  }

  /// What an app may do.
  public struct Grant: Sendable, Equatable, Encodable {
    /// The scope.
    public var scope: String
    /// Since when.
    public var since: Date
    /// When it was used last.
    public var lastUsedAt: Date
  }

  /// A device, from the claim to the release.
  public struct Device: Sendable, Equatable, Encodable {
    /// The model id at Amazon.
    public var model: String
    /// The serial number.
    public var serial: String
    /// Since when it is the owner's.
    public var claimedAt: Date
    /// Until when it was.
    public var releasedAt: Date?
    /// Its name towards apps; nil when none has asked yet.
    public var idForApps: String?
    /// Its links to Amazon, oldest first.
    public var registrations: [Link]
    /// Its presses, oldest first.
    public var presses: [Press]
    /// What it was asked to do, oldest first.
    public var commands: [Command]
  }

  /// A link to an Amazon account.
  public struct Link: Sendable, Equatable, Encodable {
    /// Grows with each link of the device.
    public var generation: Int64
    /// The maker's client at Login with Amazon.
    public var clientId: String
    /// The Amazon account; nil where it is not known.
    public var amazonUserId: String?
    /// Where it stands.
    public var state: String
    /// Since when.
    public var linkedAt: Date
    /// When it was taken back.
    public var unlinkedAt: Date?
    /// The slots as Amazon described them last.
    public var slots: [SlotRecord]
  }

  /// A press and what became of it.
  public struct Press: Sendable, Equatable, Encodable {
    /// The device's number of it.
    public var id: String
    /// The slot.
    public var slot: String
    /// When the button was pressed.
    public var pressedAt: Date
    /// When the cloud learned of it.
    public var receivedAt: Date
    /// The generation of the link it was for.
    public var generation: Int64?
    /// Where it stands.
    public var state: String
    /// Why it ended, in a word.
    public var reason: String?
    /// Amazon's word for the outcome.
    public var detailCode: String?
    /// Amazon's number of the order.
    public var orderId: String?
    /// What Amazon said of the order last.
    public var orderState: String?
    /// When it said so.
    public var orderStateAt: Date?
  }

  /// Something that managed integrations was told, or is to be.
  public struct Told: Sendable, Equatable, Encodable {
    /// The owner's name towards it.
    public var userId: String
    /// What it is about.
    public var kind: String
    /// The number of the search, or of the command.
    public var reference: String
    /// Where it stands.
    public var state: String
    /// Since when.
    public var notedAt: Date
  }

  /// Something that a device was asked to do.
  public struct Command: Sendable, Equatable, Encodable {
    /// What, in a word.
    public var action: String
    /// For how long.
    public var seconds: Int
    /// When.
    public var askedAt: Date
    /// Where it stands.
    public var state: String
  }

  /// The account.
  public var account: Account
  /// The browsers that are signed in.
  public var sessions: [Session]
  /// The apps that the owner allowed something, by name.
  public var apps: [App]
  /// The devices owned now and before, oldest claim first.
  public var devices: [Device]
  /// What managed integrations was told in the last minutes, oldest first.
  public var managedIntegrations: [Told]

  /// The file that the owner gets.
  func json(at now: Date) throws -> Data {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(
      File(
        exportedAt: now, account: account, sessions: sessions, apps: apps, devices: devices,
        managedIntegrations: managedIntegrations))
  }

  private struct File: Encodable {
    var exportedAt: Date
    var account: Account
    var sessions: [Session]
    var apps: [App]
    var devices: [Device]
    var managedIntegrations: [Told]
  }
}
