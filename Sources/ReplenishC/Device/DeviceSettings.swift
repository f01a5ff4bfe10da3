import CReplenish
import ReplenishCCommon
import ReplenishCore
import ReplenishKit
import ReplenishLinux

/// A configuration in the words of ReplenishKit.
struct DeviceSettings {
  let device: ReplenishConfiguration
  let control: ControlServer.Configuration?

  init(_ configuration: Configuration) throws(DeviceFault) {
    guard let model = configuration.model else { throw DeviceFault.missing("model", "replenish_config_set_model") }
    guard !configuration.device.slots.isEmpty else { throw DeviceFault.missing("slot", "replenish_config_add_slot") }
    let board = configuration.settings
    guard let folder = board.stateFolder else {
      throw DeviceFault.missing("state folder", "replenish_config_set_state_folder")
    }
    let serial: ReplenishConfiguration.Serial
    if let fixed = configuration.serial {
      serial = .fixed(fixed.text)
    } else {
      guard !board.serialPlaces.isEmpty else {
        throw DeviceFault.missing("serial number", "replenish_config_set_serial or _add_serial_source")
      }
      let sources = board.serialPlaces.map { place -> SerialSource in
        switch place {
        case .file(let path): .file(path)
        case .deviceTree: .deviceTree
        case .dmi: .dmi
        }
      }
      // Looked for here already, since "none" is an error of its own to C.
      guard let found = SerialSource.find(sources) else {
        throw DeviceFault(
          ENODEV, "no serial number was found in the places that the configuration names: write one there")
      }
      let text = String(decoding: found.bytes, as: UTF8.self)
      do throws(IdentityFault) { _ = try SerialNumber(text) } catch {
        throw DeviceFault(EINVAL, "the serial number from the \(found.source) \(error.explanation)")
      }
      serial = .found(in: sources)
    }
    var settings = ReplenishConfiguration(
      model: model.text, serial: serial, device: configuration.device, stateFolder: folder)
    settings.sealKeyFile = board.sealKeyFile
    settings.http.certificateFile = board.caFile
    if let cloud = board.cloud {
      // Then no phone comes to the device.
      settings.device.order(through: MakersCloud(cloud.address, downlink: board.waitsForCommands))
      settings.http.clientCertificate = HTTPClientConfiguration.ClientCertificate(
        certificateFile: cloud.certificate, privateKeyFile: cloud.privateKey)
    } else {
      settings.setupRecord = board.setupRecord
      if let path = board.phoneSocket { settings.bearer = .socket(path) }
    }
    device = settings
    guard let control = board.control else {
      self.control = nil
      return
    }
    self.control = ControlServer.Configuration(
      path: control.path, readGroup: try DeviceSettings.group(control.readGroup),
      actGroup: try DeviceSettings.group(control.actGroup))
  }

  private static func group(_ name: String?) throws(DeviceFault) -> UInt32? {
    guard let name else { return nil }
    guard let id = SystemGroup.number(named: name) else {
      throw DeviceFault(EINVAL, "there is no group '\(name)': make it with 'groupadd --system \(name)'")
    }
    return id
  }
}

extension DeviceFault {
  static func missing(_ what: StaticString, _ function: StaticString) -> DeviceFault {
    DeviceFault(EINVAL, "the configuration has no \(what): call \(function)")
  }
}
