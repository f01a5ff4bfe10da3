/// What a product decides about its device; set once, when the device is made.
public struct DeviceConfiguration {
  /// One thing that can be ordered, with its own button and light.
  public struct Slot: Equatable {
    /// The name by which people and programs call it, `coffee` for instance.
    public var name: String
    /// The slot id from the Dash console.
    public var slotID: String

    /// Makes a slot; without an id of its own, the name is the id.
    public init(name: String, slotID: String? = nil) {
      self.name = name
      self.slotID = slotID ?? name
    }
  }

  /// The slots, in the order that ``Input/button(slot:isDown:)`` counts them.
  public var slots: [Slot]
  /// Where Login with Amazon answers.
  public var lwa: LWAEndpoints
  /// Where DRS answers.
  public var dash: DashEndpoint
  /// The only LWA client id that a phone may link with; nil accepts any.
  public var clientID: String?
  /// The scope that the phone is to ask for.
  public var scope: String = "dash:replenish"
  /// Whether the phone is to register a test device, which orders nothing real.
  public var isTestDevice = false
  /// Whether the phone is to register a model that Amazon has not certified yet.
  public var includesNonLive = false
  /// How long a setup window stays open, in milliseconds; more than ten minutes counts as ten.
  public var setupWindow: UInt64 = DeviceLimits.longestSetupWindow
  /// Whether an unlinked device opens the window once when it starts.
  public var opensSetupAtStart = true
  /// The device name that a connected phone reads, up to 64 bytes of it.
  public var phoneName = "Replenish"
  /// How long a press stays wanted while it cannot be ordered, in seconds; more than 30 days counts as 30.
  public var pressLife: Int64 = 24 * 3600
  /// An access token with less life left than this is refreshed before a call, in milliseconds (five minutes).
  public var tokenMargin: UInt64 = 300_000
  /// Whether the access token is refreshed before it is needed, so that a press finds a valid one.
  public var refreshesAhead = false
  /// What keeps the tokens on disk from somebody who holds the disk; shown by the status, nothing else. With a seal key,
  /// what was found of the records counts instead.
  public var protection = ProtectionLevel.none
  /// The maker's cloud, where it orders instead of the device; see ``order(through:)``.
  package var cloud: (any CloudBackEnd)?
  /// The earliest time that can be right, in seconds since 1970: when this firmware was made.
  public var clockFloor: Int64 = ClockGate.releaseFloor

  /// Makes a configuration for slots, at Amazon's documented addresses.
  public init(slots: [Slot], lwa: LWAEndpoints, dash: DashEndpoint) {
    self.slots = slots
    self.lwa = lwa
    self.dash = dash
  }
}

/// The limits that the design sets, in one place.
public enum DeviceLimits {
  /// The longest a setup window stays open, in milliseconds. No traffic extends it.
  public static let longestSetupWindow: UInt64 = 600_000
  /// How long a phone has to prove the setup code after it connected, in milliseconds.
  public static let handshakeTime: UInt64 = 60_000
  /// How long the phone stays connected after the link stands, to read the news, in milliseconds.
  public static let farewellToPhone: UInt64 = 10_000
  /// A button held shorter than this and released is a press, in milliseconds.
  public static let pressTime: UInt64 = 1_500
  /// A button held this long opens the setup window, in milliseconds.
  public static let longPressTime: UInt64 = 5_000
  /// How long after its first send an unanswered order is sent again, in seconds.
  public static let resendTime: Int64 = 900
  /// How often to see whether the clock is synchronized while an order waits for that, in milliseconds.
  public static let synchronizationLook: UInt64 = 10_000
  /// The longest that a press stays wanted, in seconds.
  public static let longestPressLife: Int64 = 30 * 86_400
  /// How long the deregistration of an ended link is tried, in seconds.
  public static let deregistrationTime: Int64 = 7 * 86_400
  /// The same while a factory reset waits for it, in seconds.
  public static let erasureTime: Int64 = 600
  /// How often the daily device status is sent, in seconds.
  public static let deviceStatusInterval: Int64 = 86_400
  /// How long a light shows an outcome that needs nobody, in milliseconds.
  public static let outcomeShown: UInt64 = 10_000
  /// How long a light shows that the device needs linking, in milliseconds.
  public static let needShown: UInt64 = 30_000
  /// The closed presses that the journal keeps.
  public static let journalHistory = 32
  /// The slots that one device may have.
  public static let slots = 16
  /// The redemptions tried when the first ones never left the device.
  public static let redemptionTries = 4
}
