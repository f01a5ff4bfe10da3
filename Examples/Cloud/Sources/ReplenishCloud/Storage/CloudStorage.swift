import Foundation

/// What the cloud must remember, in the words of the cloud; which database does it is its own affair.
///
/// Each function is one transaction: it happened, durably, before it returns, or it did not happen at all. None of
/// them is open while anybody talks to Amazon.
public protocol CloudStorage: OwnerStorage, DeviceStorage, LinkStorage, PressStorage, NotificationStorage,
  DownlinkStorage, ErasureStorage, GrantStorage, ConnectorStorage
{
  /// Throws away what has died: sessions, tickets, attempts, refusals, commands, numbers of notifications, events of the
  /// connector.
  func sweep(at now: Date) async throws
}

/// Owners, their sessions and what guards them.
public protocol OwnerStorage: Sendable {
  /// Finds an owner by mail address, which is in lower case.
  func owner(email: String) async throws -> Owner?
  /// Finds an owner.
  func owner(id: Owner.ID) async throws -> Owner?
  /// Opens an account; nil when the address has one.
  func openAccount(email: String, password: String, recoveryCodes: [Fingerprint], at now: Date) async throws -> Owner?
  /// Sets a new password, and ends every session and ticket of the owner. False, and nothing happens, when the stored
  /// form is none of `old` any more; nil stands for any.
  func setPassword(_ password: String, of owner: Owner.ID, from old: String?) async throws -> Bool
  /// Replaces the stored form of the same password; false, and nothing happens, when it was changed meanwhile.
  func rehashPassword(of owner: Owner.ID, from old: String, to new: String) async throws -> Bool
  /// Uses a recovery code up; false when it is unknown or used.
  func useRecoveryCode(_ code: Fingerprint, of owner: Owner.ID, at now: Date) async throws -> Bool
  /// Replaces the recovery codes.
  func setRecoveryCodes(_ codes: [Fingerprint], of owner: Owner.ID) async throws
  /// How many recovery codes are left.
  func recoveryCodesLeft(of owner: Owner.ID) async throws -> Int

  /// Remembers a browser session, unless its owner's account is erased, or has another password by now than that one.
  func insert(_ session: CloudSession, _ id: Fingerprint, password: String) async throws
  /// A living session.
  func session(_ id: Fingerprint, at now: Date) async throws -> CloudSession?
  /// Ends a session.
  func endSession(_ id: Fingerprint) async throws

  /// Remembers what a link in a mail allows.
  func insert(_ ticket: MailTicket, _ id: Fingerprint) async throws
  /// Looks at a living ticket.
  func ticket(_ id: Fingerprint, at now: Date) async throws -> MailTicket?
  /// Takes a living ticket; nobody gets it a second time.
  func takeTicket(_ id: Fingerprint, at now: Date) async throws -> MailTicket?

  /// How many attempts there were under a name.
  func attempts(_ name: String, since: Date) async throws -> Int
  /// Notes an attempt under several names; false, and none is noted, when one of them has had as many as it may. Of
  /// many at once as many are noted as one after the other.
  func noteAttempt(_ limits: [AttemptLimit], at now: Date) async throws -> Bool
}

/// Devices, and whose they are.
public protocol DeviceStorage: Sendable {
  /// Enters devices; false when one of them, its key or its claim code is known already, and then none is entered.
  func enter(_ devices: [NewDevice]) async throws -> Bool
  /// All devices with the mail address of their owner.
  func devices() async throws -> [(device: CloudDevice, owner: String?)]
  /// Finds a device by its key. One that comes with its next key keeps that one, and the key before it is nobody's.
  func device(publicKey: Fingerprint) async throws -> CloudDevice?
  /// Trusts a further key of a device until that key is first used, in place of one that was not used yet; false when
  /// the key is another device's.
  func setNextKey(_ key: Fingerprint, of device: CloudDevice.ID) async throws -> Bool
  /// Trusts a device's key no longer, or again; false when there is no such device.
  func setState(_ state: CloudDevice.State, model: String, serial: String) async throws -> Bool
  /// Notes that somebody stands at the device and holds its button.
  func notePresence(of device: CloudDevice.ID, at now: Date) async throws
  /// Makes an owner of who knows serial number and code, if somebody was at the device since then and nobody owns it.
  ///
  /// It does the same work whatever is wrong, so that neither answer nor duration tell what it is.
  func claim(
    owner: Owner.ID, serial: String, code: Fingerprint, presentSince: Date, at now: Date
  ) async throws -> Ownership?
  /// The devices of an owner, oldest claim first.
  func ownerships(of owner: Owner.ID) async throws -> [Ownership]
  /// A present ownership.
  func ownership(_ id: Int64) async throws -> Ownership?
  /// The present ownership of a device.
  func ownership(device: CloudDevice.ID) async throws -> Ownership?
  /// Ends an ownership and takes its link back, as `unlink` does; false when it is none any more.
  func release(_ ownership: Int64, at now: Date) async throws -> Bool
}

/// Links to Amazon and their tokens.
public protocol LinkStorage: Sendable {
  /// Remembers a way to Amazon and back; false when the device is not the owner's any more.
  func insert(_ attempt: LinkAttempt, state: Fingerprint) async throws -> Bool
  /// Takes an attempt that this session began and that is still alive; nobody gets it a second time.
  func takeAttempt(state: Fingerprint, session: Fingerprint, at now: Date) async throws -> LinkAttempt?
  /// Takes a living attempt whose owner's account was erased meanwhile, whatever the session: what it brings is only
  /// taken back.
  func takeErasedAttempt(state: Fingerprint, at now: Date) async throws -> LinkAttempt?
  /// Puts a link on record. Where that is refused for the owner's sake, the tokens are kept for taking it back, also
  /// when nothing is left of the ownership.
  func link(
    _ ownership: Int64, device: CloudDevice.ID, clientID: String, amazonUser: String, tokens: TokenPair, at now: Date
  ) async throws -> LinkOutcome
  /// Keeps tokens of a registration that nobody is to use, only for taking it back at Amazon.
  func abandon(
    _ tokens: TokenPair, ownership: Int64, device: CloudDevice.ID, clientID: String, at now: Date
  ) async throws
  /// A registration with its tokens.
  func registration(_ id: Registration.ID) async throws -> Registration?
  /// The newest registration under an ownership.
  func latestRegistration(ownership: Int64) async throws -> Registration?
  /// The registration of a device that can order.
  func liveRegistration(device: CloudDevice.ID) async throws -> Registration?
  /// Whether a link of the device still exists or is being taken back, whoever's it is.
  func hasOpenRegistration(device: CloudDevice.ID) async throws -> Bool

  /// Makes the caller the one who refreshes, until then; false when somebody else is.
  func leaseRefresh(_ registration: Registration, lease: String, until: Date, at now: Date) async throws -> Bool
  /// Stores what a refresh brought, and gives the lease back; false when the row is another one by now.
  func storeTokens(_ tokens: TokenPair, of registration: Registration, lease: String) async throws -> Bool
  /// Gives the lease back.
  func giveBackRefresh(_ registration: Registration, lease: String) async throws
  /// Amazon says that the refresh token is dead. Ends the link if token, generation and client that were sent are the
  /// row's now, and if Amazon does not say so of too many at once; counting and ending are one transaction.
  func endLink(refusedBy sent: Registration, at now: Date) async throws -> RefusalOutcome
  /// Forgets a wave of refusals that is over; true for the one who noticed.
  func endRefusalWave(at now: Date) async throws -> Bool

  /// Takes a link back: from this instant no press is ordered. False when there is none.
  func unlink(device: CloudDevice.ID, at now: Date) async throws -> Bool
  /// Registrations of which Amazon is to be told now.
  func dueUnlinks(at now: Date) async throws -> [Registration.ID]
  /// Makes the caller the one who tells Amazon now; it is tried again then. False when somebody else does.
  func leaseUnlink(_ id: Registration.ID, until: Date, at now: Date) async throws -> Bool
  /// Gives the lease back; it is tried again then.
  func postponeUnlink(_ id: Registration.ID, until: Date) async throws
  /// Wipes the tokens of a registration that is being taken back.
  func finishUnlink(_ id: Registration.ID, _ state: Registration.State, at now: Date) async throws

  /// The slots as Amazon described them last.
  func slots(of registration: Registration.ID) async throws -> [SlotRecord]
  /// Replaces them.
  func setSlots(_ slots: [SlotRecord], of registration: Registration.ID) async throws
}

/// Presses and what becomes of them.
public protocol PressStorage: Sendable {
  /// Puts a press on disk, once for each identifier, joining one for the same slot that is still open. One that is new
  /// and is to be worked on gets the lease in the same transaction: another one would be another wait for the disk.
  func note(
    _ press: NewPress, device: CloudDevice.ID, limits: PressLimits, lease: PressLease?, at now: Date
  ) async throws -> PressReceipt
  /// Finds a press.
  func press(_ id: String, device: CloudDevice.ID) async throws -> Press?
  /// Presses that somebody should work on now.
  func duePresses(at now: Date, limit: Int) async throws -> [Press]
  /// Makes the caller the one who works on a press, until then; nil when somebody else does, or nothing is left to do.
  func leasePress(_ press: Press, _ lease: PressLease, at now: Date) async throws -> Press?
  /// Marks, before a call leaves, that it may have left; false when the link is not the press's any more.
  func beginSending(_ press: Press, lease: String, at now: Date) async throws -> Bool
  /// Ends a press and those that joined it, and gives the lease back; the press as it is then, nil when the lease was
  /// not the caller's any more.
  @discardableResult
  func finish(_ press: Press, lease: String, _ result: PressResult) async throws -> Press?
  /// Gives the lease back; it is tried again then.
  ///
  /// - Parameter wasRefused: Amazon is known to have done nothing in any call made so far.
  func postpone(_ press: Press, lease: String, until: Date, wasRefused: Bool) async throws
  /// The newest presses under an ownership, joined ones left out.
  func presses(ownership: Int64, limit: Int) async throws -> [Press]
  /// Notes what Amazon said of an order at a moment, unless something newer is known.
  func setOrderStatus(_ status: String, of press: Press, at moment: Date) async throws
}

/// What Amazon tells without being asked.
public protocol NotificationStorage: Sendable {
  /// Whether a notification was noted.
  func knowsNotification(_ id: String) async throws -> Bool
  /// Notes a notification until then, and with it what it says of an order, unless something newer is known; false
  /// when it was noted already, and then nothing changes.
  func note(notification id: String, until: Date, _ news: OrderNews?) async throws -> Bool
  /// The registrations that can order, of a device and a client; of any model, where that is nil.
  func liveRegistrations(model: String?, serial: String, clientID: String) async throws -> [Registration]
}

/// What devices that wait for commands need besides those.
public protocol DownlinkStorage: CommandStorage {
  /// The oldest command that a device is still to do.
  func nextCommand(device: CloudDevice.ID, at now: Date) async throws -> DeviceCommand?
  /// The device has done it; false when it is none of its own, or one that is over.
  func finishCommand(_ id: DeviceCommand.ID, device: CloudDevice.ID, at now: Date) async throws -> Bool
  /// The device does not know how: the command is over. False when it is none of its own, or one that was over.
  func refuseCommand(_ id: DeviceCommand.ID, device: CloudDevice.ID, at now: Date) async throws -> Bool
  /// The device of a command, while the ownership lasts.
  func device(ofCommand id: DeviceCommand.ID) async throws -> CloudDevice.ID?
  /// Devices that are still to do a command, so many at most.
  func devicesWithCommands(at now: Date, limit: Int) async throws -> [CloudDevice.ID]
  /// What was noted last under an ownership, and what became of it.
  func latestCommand(ownership: Int64, at now: Date) async throws -> (command: DeviceCommand, state: CommandState)?
  /// Whether a device's key is trusted.
  func isTrusted(_ device: CloudDevice.ID) async throws -> Bool
  /// The number of the last revocation, and the devices that were revoked after the one with another number, or none if
  /// that is nil.
  func revocations(after number: Int64?) async throws -> (last: Int64, devices: [CloudDevice.ID])
}

/// What owners may ask for: all that is known of them, and that it goes.
public protocol ErasureStorage: Sendable {
  /// Everything the cloud knows of an owner, without secrets; nil when there is no such account.
  func export(of owner: Owner.ID) async throws -> OwnerExport?
  /// Erases an account as far as that is possible at once: nobody signs in, the mail address is free, every device is
  /// released, which takes its link back. False when there is no such account.
  func beginErasure(of owner: Owner.ID, at now: Date) async throws -> Bool
  /// Deletes for good what is left of erased accounts of which nothing is open any more, neither a link that Amazon is
  /// being told of nor a press nor a way to Amazon and back; returns how many there were.
  func finishErasures(at now: Date) async throws -> Int
}

/// How presses are bounded.
public struct PressLimits: Sendable {
  /// How old a press may be when it is ordered.
  public var lifetime: Double = 24 * 3600
  /// How many presses a device may report in an hour.
  public var perHour = 60

  /// Creates the default limits.
  public init() {}
}
