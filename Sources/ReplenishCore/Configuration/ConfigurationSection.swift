/// The sections of the configuration file.
public enum ConfigurationSection: String, CaseIterable, Sendable {
  /// What the device is, and where it keeps what it knows.
  case device
  /// Amazon's side: region, client, test flags.
  case amazon
  /// The maker's cloud, where it orders instead of the device; without this section the device does.
  case cloud
  /// One thing that is reordered; written `[slot NAME]`, once for each.
  case slot
  /// Linking by phone.
  case setup
  /// How long a press lives, and how early tokens are refreshed.
  case orders
  /// The control socket of `replenishctl`.
  case control
  /// What is logged.
  case log

  /// How the section begins in the file.
  public var heading: String {
    switch self {
    case .slot: "[slot NAME]"
    default: "[\(rawValue)]"
    }
  }
}
