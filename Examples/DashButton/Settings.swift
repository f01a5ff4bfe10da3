import ReplenishBluetoothd
import ReplenishCore
import ReplenishKit
import ReplenishLinux

/// The configuration file, and the same in the words of the library.
struct Settings {
  /// What the file says.
  let file: DaemonConfiguration
  /// The device.
  let device: ReplenishConfiguration
  /// The control socket.
  let control: ControlServer.Configuration

  /// Reads the file; the error lists every mistake in it.
  static func load(_ path: String) throws(ReplenishError) -> Settings {
    let bytes: [UInt8]
    do throws(Errno) { bytes = try SmallFile.read(path, limit: 65_536) } catch {
      throw ReplenishError("\(path): \(error.text); name the configuration with --config FILE")
    }
    let file: DaemonConfiguration
    do throws(ConfigurationMistakes) { file = try DaemonConfiguration.parse(bytes, file: path) } catch {
      throw ReplenishError(error.text)
    }
    // What the text alone cannot tell: whether groups exist, and what this version can do.
    do throws(ReplenishError) {
      return Settings(
        file: file, device: try file.replenishConfiguration(), control: try file.control.serverConfiguration())
    } catch { throw ReplenishError("\(path): \(error.text)") }
  }
}

extension DaemonConfiguration {
  /// The same in the words of the library.
  func replenishConfiguration() throws(ReplenishError) -> ReplenishConfiguration {
    var device = DeviceConfiguration(
      slots: slots.map { DeviceConfiguration.Slot(name: $0.name, slotID: $0.slotID) },
      lwa: try amazon.lwaEndpoints(), dash: try amazon.dashEndpoint())
    device.clientID = amazon.clientID
    device.scope = amazon.scope
    device.isTestDevice = amazon.isTestDevice
    device.includesNonLive = amazon.includesNonLive
    device.setupWindow = UInt64(setup.windowMinutes) * 60_000
    device.opensSetupAtStart = setup.opensAtBoot
    device.pressLife = Int64(orders.pressLifeHours) * 3600
    device.tokenMargin = UInt64(orders.refreshMarginMinutes) * 60_000
    device.refreshesAhead = orders.refreshesAhead
    var configuration = ReplenishConfiguration(
      model: self.device.model.text, serial: serial, device: device, stateFolder: self.device.stateFolder)
    configuration.setupRecord = self.device.setupRecord
    configuration.sealKeyFile = self.device.sealKey
    configuration.http.certificateFile = amazon.caFile
    configuration.bearer = bearer
    configuration.bluetoothd = BluetoothdBearer.make
    if let cloud { try cloud.apply(to: &configuration) }
    return configuration
  }

  private var serial: ReplenishConfiguration.Serial {
    var places: [ReplenishLinux.SerialSource] = []
    for source in device.serialSources {
      switch source {
      case .fixed(let serial): return .fixed(serial.text)
      case .file(let path): places.append(.file(path))
      case .deviceTree: places.append(.deviceTree)
      case .dmi: places.append(.dmi)
      }
    }
    return .found(in: places)
  }

  private var bearer: ReplenishConfiguration.Bearer {
    switch setup.bearer {
    case .socket(let path): return .socket(path)
    case .auto: return .automatic(bluetooth)
    case .kernel: return .kernel(bluetooth)
    case .bluetoothd: return .bluetoothd(bluetooth)
    }
  }

  private var bluetooth: ReplenishConfiguration.Bluetooth {
    var bluetooth = ReplenishConfiguration.Bluetooth()
    bluetooth.adapter = setup.adapter
    bluetooth.name = setup.name
    bluetooth.companyID = setup.companyID
    bluetooth.requiresEncryption = setup.requiresEncryption
    return bluetooth
  }
}

extension DaemonConfiguration.Cloud {
  /// Orders through the cloud: then no phone comes to the device.
  func apply(to configuration: inout ReplenishConfiguration) throws(ReplenishError) {
    do throws(ServiceURLFault) {
      configuration.device.order(through: MakersCloud(try ServiceURL(host), downlink: waitsForCommands))
    } catch { throw ReplenishError("[cloud] host: \(error.explanation)") }
    configuration.bearer = .none
    configuration.setupRecord = nil
    configuration.http.certificateFile = caFile
    configuration.http.clientCertificate = HTTPClientConfiguration.ClientCertificate(
      certificateFile: certificate, privateKeyFile: privateKey)
  }
}

extension DaemonConfiguration.Amazon {
  func lwaEndpoints() throws(ReplenishError) -> LWAEndpoints {
    let standard: LWAEndpoints =
      switch region {
      case .na: .northAmerica
      case .eu: .europe
      case .fe: .farEast
      }
    do throws(ServiceURLFault) {
      return try standard.replacing(apiHost: tokenHost, authorizeHost: authorizeHost)
    } catch { throw ReplenishError("[amazon] token-host or authorize-host: \(error.explanation)") }
  }

  func dashEndpoint() throws(ReplenishError) -> DashEndpoint {
    guard let serviceHost else { return .northAmerica }
    do throws(ServiceURLFault) { return DashEndpoint(try ServiceURL(serviceHost)) } catch {
      throw ReplenishError("[amazon] service-host: \(error.explanation)")
    }
  }
}

extension DaemonConfiguration.Control {
  func serverConfiguration() throws(ReplenishError) -> ControlServer.Configuration {
    var configuration = ControlServer.Configuration(path: socket)
    configuration.readGroup = try group(readGroup, key: "read-group")
    configuration.actGroup = try group(actGroup, key: "act-group")
    return configuration
  }

  private func group(_ name: String?, key: String) throws(ReplenishError) -> UInt32? {
    guard let name else { return nil }
    guard let id = SystemGroup.number(named: name) else {
      throw ReplenishError(
        "[control] \(key) = \"\(name)\": there is no such group; make it with 'groupadd --system \(name)'")
    }
    return id
  }
}
