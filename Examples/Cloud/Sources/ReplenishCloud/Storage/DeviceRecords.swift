import Foundation

/// An appliance that the maker built.
public struct CloudDevice: Sendable, Equatable, Identifiable {
  /// Whether the maker still trusts its key.
  public enum State: String, Sendable {
    /// It may speak.
    case active
    /// Its key is known to be lost or copied: nothing from it is heard.
    case revoked
  }

  /// A number of this database.
  public var id: Int64
  /// The model id at Amazon.
  public var model: String
  /// The serial number, unique within the model.
  public var serial: String
  /// Whether the maker still trusts its key.
  public var state: State
}

/// A device in the hands of an owner: from the claim to the release.
public struct Ownership: Sendable, Equatable {
  /// A number of this database; another owner, or the same one later, has another.
  public var id: Int64
  /// The device.
  public var device: CloudDevice
  /// The owner.
  public var owner: Owner.ID
  /// Since when.
  public var claimedAt: Date
}

/// A device to be entered, as the factory or an operator knows it.
public struct NewDevice: Sendable, Equatable {
  /// The model id at Amazon.
  public var model: String
  /// The serial number.
  public var serial: String
  /// SHA-256 of the label's claim code in its plain form.
  public var claimCode: Fingerprint
  /// SHA-256 of the device's public key (its SubjectPublicKeyInfo).
  public var publicKey: Fingerprint

  /// Creates it.
  public init(model: String, serial: String, claimCode: Fingerprint, publicKey: Fingerprint) {
    self.model = model
    self.serial = serial
    self.claimCode = claimCode
    self.publicKey = publicKey
  }
}
