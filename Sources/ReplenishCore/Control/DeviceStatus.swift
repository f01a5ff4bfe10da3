/// How a device is, for its owner and its firmware: the answer to ``Command/status``. Holds no secret.
public struct DeviceStatus: Equatable {
  /// Wrong guesses at the setup code.
  public struct Guesses: Equatable {
    /// How many failed since the last right one.
    public var failed: Int
    /// Seconds until a phone may try again; 0 if it may now.
    public var waitSeconds: Int

    /// Makes a count.
    public init(failed: Int, waitSeconds: Int) {
      self.failed = failed
      self.waitSeconds = waitSeconds
    }
  }

  /// What went wrong last, and when.
  public struct Failure: Equatable {
    /// What was wrong, where, and what to do; one sentence for a person.
    public var text: String
    /// Seconds since then; nil where that cannot be known.
    public var age: Int64?

    /// Makes a report.
    public init(text: String, age: Int64?) {
      self.text = text
      self.age = age
    }
  }

  /// The version of the firmware's copy of this library, `1.0.0` for instance.
  public var version: String
  /// How far the device is on its way to an Amazon account.
  public var link: LinkState
  /// Which link this is, counted from 1 over the life of the device; nil while there is none.
  public var generation: UInt32?
  /// What keeps the tokens on disk from somebody who holds the disk.
  public var protection: ProtectionLevel
  /// Whether the device registers as a test device: its orders cost nothing and ship nothing.
  public var isTestDevice: Bool
  /// Whether the factory's verifier record is there; without it no phone can prove the setup code. True as well where none
  /// is needed, with the maker's cloud.
  public var hasSetupRecord: Bool
  /// Which way a phone takes to the device, why, and how that way is just now; or the maker's cloud; nil if there is none.
  public var bearer: String?
  /// Seconds until the setup window shuts; nil while it is shut.
  public var windowSeconds: Int?
  /// Wrong guesses at the setup code.
  public var guesses: Guesses
  /// Whether the clock can be right: not before the firmware was built, nor before the last time seen.
  public var isClockPlausible: Bool
  /// Seconds since the tokens were last refreshed; nil if they were not since the device started.
  public var refreshAge: Int64?
  /// What went wrong last; nil if nothing did since the device started.
  public var failure: Failure?
  /// The names of the configured slots, in the configuration's order.
  public var slots: [String]
  /// The presses that are still open and the last results, newest first.
  public var presses: [PressReport]

  /// Makes a status.
  public init(
    version: String, link: LinkState, generation: UInt32? = nil, protection: ProtectionLevel = .none,
    isTestDevice: Bool = false, hasSetupRecord: Bool = false, bearer: String? = nil, windowSeconds: Int? = nil,
    guesses: Guesses = Guesses(failed: 0, waitSeconds: 0), isClockPlausible: Bool = false, refreshAge: Int64? = nil,
    failure: Failure? = nil, slots: [String] = [], presses: [PressReport] = []
  ) {
    self.version = version
    self.link = link
    self.generation = generation
    self.protection = protection
    self.isTestDevice = isTestDevice
    self.hasSetupRecord = hasSetupRecord
    self.bearer = bearer
    self.windowSeconds = windowSeconds
    self.guesses = guesses
    self.isClockPlausible = isClockPlausible
    self.refreshAge = refreshAge
    self.failure = failure
    self.slots = slots
    self.presses = presses
  }
}
