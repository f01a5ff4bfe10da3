/// Every key that the configuration file may have. ``description`` says what each means.
public enum ConfigurationKey: CaseIterable, Sendable {
  case model, serial, serialSources, stateFolder, setupRecord, sealKey
  case region, tokenHost, authorizeHost, serviceHost, clientID, scope, testDevice, includeNonLive, caFile
  case cloudHost, cloudCertificate, cloudPrivateKey, cloudCAFile, cloudDownlink
  case slotID, button, activeLow, light
  case windowMinutes, openAtBoot, bearer, setupSocket, adapter, bluetoothName, companyID, requireEncryption
  case pressLifeHours, refreshMarginMinutes, refreshAhead
  case controlSocket, readGroup, actGroup
  case level

  /// What there is to know of a key: the one source of the parser's defaults, its messages, `--help` and the table in
  /// the documents.
  public struct Description: Sendable {
    /// The section it stands in.
    public let section: ConfigurationSection
    /// The key as written.
    public let name: String
    /// What it decides.
    public let meaning: String
    /// Which values it takes.
    public let values: String
    /// A value that is taken, to copy.
    public let example: String
    /// The value where the file has none; nil where there is none either.
    public let standard: String?
    /// Whether the file must have it.
    public let isRequired: Bool

    init(
      _ section: ConfigurationSection, _ name: String, _ meaning: String, values: String, example: String,
      standard: String? = nil, isRequired: Bool = false
    ) {
      self.section = section
      self.name = name
      self.meaning = meaning
      self.values = values
      self.example = example
      self.standard = standard
      self.isRequired = isRequired
    }
  }

  /// The keys of one section.
  static func keys(of section: ConfigurationSection) -> [ConfigurationKey] {
    allCases.filter { $0.description.section == section }
  }
}
