import Foundation

/// A way to Amazon and back that an owner's browser is on.
public struct LinkAttempt: Sendable, Equatable {
  /// The browser session that began it; no other may end it.
  public var session: Fingerprint
  /// The device and its owner at that moment.
  public var ownership: Int64
  /// That device.
  public var device: CloudDevice.ID
  /// The PKCE verifier.
  public var verifier: String
  /// When it dies.
  public var expiresAt: Date
}

/// What Login with Amazon hands out.
public struct TokenPair: Sendable, Equatable {
  /// For calls.
  public var access: String
  /// For new access tokens.
  public var refresh: String
  /// When the access token dies, counted from the moment its request was sent.
  public var expiresAt: Date

  /// Creates it.
  public init(access: String, refresh: String, expiresAt: Date) {
    self.access = access
    self.refresh = refresh
    self.expiresAt = expiresAt
  }
}

/// The tie between a device and an Amazon account.
public struct Registration: Sendable, Equatable, Identifiable {
  /// Where it stands.
  public enum State: String, Sendable {
    /// Orders are possible.
    case live
    /// The owner took it back: no order any more; Amazon is being told.
    case unlinking
    /// Amazon knows, or has told us first; no token is left.
    case ended
    /// Amazon could not be told in seven days; no token is left.
    case failed
  }

  /// A number of this database.
  public var id: Int64
  /// The device.
  public var device: CloudDevice
  /// The ownership under which it was made.
  public var ownership: Int64
  /// Grows with each link of the device; sealed into its tokens and carried by its presses.
  public var generation: Int64
  /// The client the tokens belong to.
  public var clientID: String
  /// The Amazon account.
  public var amazonUser: String
  /// Where it stands.
  public var state: State
  /// Since when.
  public var linkedAt: Date
  /// When the owner took it back.
  public var unlinkedAt: Date?
  /// The tokens; nil once wiped.
  public var tokens: TokenPair?
  /// Its refresh token was refused in a wave, and is not tried again before this.
  public var refreshAfter: Date?
}

/// How many refused refresh tokens are too many to be about single customers.
public enum RefusalLimit {
  /// The seconds in which they are counted; a wave is over when it was not passed for as long.
  static let window = 600.0
  /// When a link that was kept in a wave is asked about again: often enough that those who wait for it keep the wave
  /// alive for as long as Amazon refuses.
  static let patience = 300.0

  /// More than five, and more than two of a hundred links.
  static func isPassed(by count: Int, of links: Int) -> Bool { count > 5 && count * 50 > links }
}

/// What became of a link whose refresh token Amazon refused.
public enum RefusalOutcome: Sendable, Equatable {
  /// It is ended.
  case ended
  /// What was sent is not the row's any more: this says nothing about the link.
  case replaced
  /// Too many are refused at once: it is kept as it is. The wave is there for the one who began it.
  case kept(RefusalWave?)
}

/// Too many refused refresh tokens at once.
public struct RefusalWave: Sendable, Equatable {
  /// How many were refused within ten minutes.
  public var refused: Int
  /// How many links there were.
  public var links: Int
}

/// What became of an attempt to put a link on record.
public enum LinkOutcome: Sendable, Equatable {
  /// It is on record.
  case linked(Registration)
  /// Another owner has linked this Amazon account.
  case otherOwner
  /// The device is linked, or an earlier link is still being taken back.
  case alreadyLinked
  /// The device changed hands meanwhile.
  case noLongerOwned
}

/// A slot as Amazon described it last.
public struct SlotRecord: Sendable, Equatable, Codable {
  /// A product chosen for the slot.
  public struct Product: Sendable, Equatable, Codable {
    /// Amazon's number of it.
    public var asin: String
    /// How many.
    public var quantity: Double?
    /// Of what.
    public var unit: String?
  }

  /// The slot's name.
  public var slot: String
  /// Whether the customer chose something for it.
  public var subscribed: Bool
  /// What was chosen.
  public var products: [Product]
}
