extension DaemonConfiguration {
  /// Reads a configuration file.
  ///
  /// - Parameters:
  ///   - bytes: what the file holds, 64 KiB at most.
  ///   - file: its name, for the messages.
  /// - Throws: ``ConfigurationMistakes``, all of them at once.
  public static func parse(_ bytes: [UInt8], file: String) throws(ConfigurationMistakes) -> DaemonConfiguration {
    var reader = ConfigurationReader(ConfigurationText(bytes, file: file))
    let device = readDevice(&reader)
    let amazon = readAmazon(&reader)
    let cloud = readCloud(&reader)
    let slots = readSlots(&reader)
    let setup = readSetup(&reader)
    let orders = readOrders(&reader)
    let control = readControl(&reader)
    let level: LogLevel? = reader.value(.level, in: reader.section(.log), ConfigurationValue.word)
    guard reader.mistakes.isEmpty, let device, let amazon, let setup, let orders, let control, let level else {
      throw reader.mistakes.finish()
    }
    return DaemonConfiguration(
      device: device, amazon: amazon, cloud: cloud, slots: slots, setup: setup, orders: orders, control: control,
      logLevel: level)
  }

  private static func readDevice(_ reader: inout ConfigurationReader) -> Device? {
    let section = reader.section(.device)
    let model = reader.value(.model, in: section) { try? ModelID(ConfigurationValue.string($0[...])) }
    let serial = reader.value(.serial, in: section) { try? SerialNumber(ConfigurationValue.string($0[...])) }
    let sources = reader.value(.serialSources, in: section, ConfigurationValue.serialSources)
    let stateFolder = reader.value(.stateFolder, in: section) { ConfigurationValue.path($0[...]) }
    let setupRecord = reader.value(.setupRecord, in: section) { ConfigurationValue.path($0[...]) }
    let sealKey = reader.value(.sealKey, in: section) { ConfigurationValue.path($0[...]) }
    if reader.has(.serial, in: section), reader.has(.serialSources, in: section) {
      reader.refuse(
        .serial, in: section, problem: "the serial number is given twice",
        remedy: "keep serial, or serial-sources")
    }
    guard let model, let sources, let stateFolder, let setupRecord else { return nil }
    return Device(
      model: model, serialSources: serial.map { [.fixed($0)] } ?? sources, stateFolder: stateFolder,
      setupRecord: setupRecord, sealKey: sealKey)
  }

  private static func readAmazon(_ reader: inout ConfigurationReader) -> Amazon? {
    let section = reader.section(.amazon)
    let region: Region? = reader.value(.region, in: section, ConfigurationValue.word)
    let tokenHost = reader.value(.tokenHost, in: section, ConfigurationValue.httpsHost)
    let authorizeHost = reader.value(.authorizeHost, in: section, ConfigurationValue.httpsHost)
    let serviceHost = reader.value(.serviceHost, in: section, ConfigurationValue.httpsHost)
    let clientID = reader.value(.clientID, in: section) {
      ConfigurationValue.text($0, limit: 100, ASCII.isVisible)
    }
    let scope = reader.value(.scope, in: section, ConfigurationValue.scope)
    let isTestDevice = reader.value(.testDevice, in: section, ConfigurationValue.yesNo)
    let includesNonLive = reader.value(.includeNonLive, in: section, ConfigurationValue.yesNo)
    let caFile = reader.value(.caFile, in: section) { ConfigurationValue.path($0[...]) }
    guard let region, let scope, let isTestDevice, let includesNonLive else { return nil }
    return Amazon(
      region: region, tokenHost: tokenHost, authorizeHost: authorizeHost, serviceHost: serviceHost,
      clientID: clientID, scope: scope, isTestDevice: isTestDevice, includesNonLive: includesNonLive, caFile: caFile)
  }

  private static func readCloud(_ reader: inout ConfigurationReader) -> Cloud? {
    guard let section = reader.section(.cloud) else { return nil }
    let host = reader.value(.cloudHost, in: section, ConfigurationValue.httpsHost)
    let certificate = reader.value(.cloudCertificate, in: section) { ConfigurationValue.path($0[...]) }
    let privateKey = reader.value(.cloudPrivateKey, in: section) { ConfigurationValue.path($0[...]) }
    let caFile = reader.value(.cloudCAFile, in: section) { ConfigurationValue.path($0[...]) }
    let downlink = reader.value(.cloudDownlink, in: section, ConfigurationValue.yesNo)
    guard let host, let certificate, let privateKey, let downlink else { return nil }
    return Cloud(
      host: host, certificate: certificate, privateKey: privateKey, caFile: caFile, waitsForCommands: downlink)
  }

  private static func readSetup(_ reader: inout ConfigurationReader) -> Setup? {
    let section = reader.section(.setup)
    let minutes = reader.value(.windowMinutes, in: section) { ConfigurationValue.number($0[...], in: 1...10) }
    let opensAtBoot = reader.value(.openAtBoot, in: section, ConfigurationValue.yesNo)
    let choice: BearerChoice? = reader.value(.bearer, in: section, ConfigurationValue.word)
    let socket = reader.value(.setupSocket, in: section) { ConfigurationValue.path($0[...], limit: 107) }
    let adapter = reader.value(.adapter, in: section, ConfigurationValue.adapter)
    let name = reader.value(.bluetoothName, in: section) {
      ConfigurationValue.text($0, limit: 64) { $0 >= 0x20 && $0 <= 0x7E }
    }
    let companyID = reader.value(.companyID, in: section, ConfigurationValue.companyID)
    let requiresEncryption = reader.value(.requireEncryption, in: section, ConfigurationValue.yesNo)
    guard let minutes, let opensAtBoot, let choice, let name, let companyID, let requiresEncryption else { return nil }
    let bearer: Bearer
    switch choice {
    case .auto: bearer = .auto
    case .bluetoothd: bearer = .bluetoothd
    case .kernel: bearer = .kernel
    case .socket:
      guard let socket else {
        if !reader.has(.setupSocket, in: section) {
          reader.refuse(
            .bearer, in: section, problem: "the socket's path is missing",
            remedy: "add socket = \(ConfigurationKey.setupSocket.description.example), or use another bearer")
        }
        return nil
      }
      bearer = .socket(socket)
    }
    if choice != .socket, reader.has(.setupSocket, in: section) {
      reader.refuse(
        .setupSocket, in: section, problem: "only bearer = socket has one",
        remedy: "remove it; a shipped device has no such socket")
    }
    if choice == .socket, requiresEncryption {
      reader.refuse(
        .requireEncryption, in: section, problem: "a socket has no link that could be encrypted",
        remedy: "remove it, or use another bearer")
    }
    return Setup(
      windowMinutes: minutes, opensAtBoot: opensAtBoot, bearer: bearer, adapter: adapter, name: name,
      companyID: companyID, requiresEncryption: requiresEncryption)
  }

  private static func readOrders(_ reader: inout ConfigurationReader) -> Orders? {
    let section = reader.section(.orders)
    let life = reader.value(.pressLifeHours, in: section) { ConfigurationValue.number($0[...], in: 1...168) }
    let margin = reader.value(.refreshMarginMinutes, in: section) { ConfigurationValue.number($0[...], in: 1...55) }
    let refreshesAhead = reader.value(.refreshAhead, in: section, ConfigurationValue.yesNo)
    guard let life, let margin, let refreshesAhead else { return nil }
    return Orders(pressLifeHours: life, refreshMarginMinutes: margin, refreshesAhead: refreshesAhead)
  }

  private static func readControl(_ reader: inout ConfigurationReader) -> Control? {
    let section = reader.section(.control)
    let socket = reader.value(.controlSocket, in: section) { ConfigurationValue.path($0[...], limit: 107) }
    let readGroup = reader.value(.readGroup, in: section, ConfigurationValue.groupName)
    let actGroup = reader.value(.actGroup, in: section, ConfigurationValue.groupName)
    guard let socket else { return nil }
    return Control(socket: socket, readGroup: readGroup, actGroup: actGroup)
  }
}

private enum BearerChoice: String, CaseIterable {
  case auto, bluetoothd, kernel, socket
}
