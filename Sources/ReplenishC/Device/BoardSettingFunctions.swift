// swift-format-ignore-file: AlwaysUseLowerCamelCase - the names are those of the C header.
// What each function does stands in replenish.h; the compiler checks them against it.
import CReplenish
import ReplenishCCommon
import ReplenishCore

/// See replenish.h.
@c @implementation
public func replenish_config_set_state_folder(_ config: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> Int32 {
  setText(config, path, "state folder") { config, path in
    guard !path.isEmpty else { return config.failure.note(EINVAL, "the state folder's path is empty") }
    config.settings.stateFolder = path
    return 0
  }
}

/// See replenish.h.
@c @implementation
public func replenish_config_add_serial_source(
  _ config: OpaquePointer?, _ source: Int32, _ path: UnsafePointer<CChar>?
) -> Int32 {
  set(config) { config in
    switch (UInt32(bitPattern: source), path == nil) {
    case (REPLENISH_SERIAL_FILE.rawValue, false):
      guard let path = CText.read(path), !path.isEmpty else {
        return config.failure.note(EINVAL, "the path of the serial number's file is empty or no UTF-8")
      }
      config.settings.serialPlaces.append(.file(path))
    case (REPLENISH_SERIAL_DEVICE_TREE.rawValue, true): config.settings.serialPlaces.append(.deviceTree)
    case (REPLENISH_SERIAL_DMI.rawValue, true): config.settings.serialPlaces.append(.dmi)
    default:
      return config.failure.note(
        EINVAL, "a serial source is of enum replenish_serial_source, with a path for REPLENISH_SERIAL_FILE only")
    }
    return 0
  }
}

/// See replenish.h.
@c @implementation
public func replenish_config_set_setup_record(_ config: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> Int32 {
  setOptional(config, path, "setup record's path") { $0.settings.setupRecord = $1 }
}

/// See replenish.h.
@c @implementation
public func replenish_config_set_seal_key_file(_ config: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> Int32 {
  setOptional(config, path, "seal key's path") { $0.settings.sealKeyFile = $1 }
}

/// See replenish.h.
@c @implementation
public func replenish_config_set_ca_file(_ config: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> Int32 {
  setOptional(config, path, "path of the certificates") { $0.settings.caFile = $1 }
}

/// See replenish.h.
@c @implementation
public func replenish_config_set_phone_socket(_ config: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> Int32 {
  setOptional(config, path, "phone socket's path") { $0.settings.phoneSocket = $1 }
}

/// See replenish.h.
@c @implementation
public func replenish_config_set_control_socket(
  _ config: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ read_group: UnsafePointer<CChar>?,
  _ act_group: UnsafePointer<CChar>?
) -> Int32 {
  set(config) { config in
    var read: String?
    var act: String?
    if read_group != nil {
      guard let name = CText.read(read_group) else { return config.failure.note(EINVAL, "a group is no UTF-8") }
      read = name
    }
    if act_group != nil {
      guard let name = CText.read(act_group) else { return config.failure.note(EINVAL, "a group is no UTF-8") }
      act = name
    }
    guard path != nil else {
      config.settings.control = nil
      return 0
    }
    guard let path = CText.read(path), !path.isEmpty else {
      return config.failure.note(EINVAL, "the control socket's path is empty or no UTF-8")
    }
    config.settings.control = BoardSettings.ControlSocket(path: path, readGroup: read, actGroup: act)
    return 0
  }
}

/// See replenish.h.
@c @implementation
public func replenish_config_set_cloud(
  _ config: OpaquePointer?, _ host: UnsafePointer<CChar>?, _ certificate: UnsafePointer<CChar>?,
  _ private_key: UnsafePointer<CChar>?
) -> Int32 {
  set(config) { config in
    if host == nil, certificate == nil, private_key == nil {
      config.settings.cloud = nil
      return 0
    }
    guard let host = CText.read(host), let certificate = CText.read(certificate), let key = CText.read(private_key),
      !certificate.isEmpty, !key.isEmpty
    else {
      return config.failure.note(
        EINVAL, "the cloud needs a host, a certificate and a private key, each UTF-8; or three null pointers for none")
    }
    do throws(ServiceURLFault) {
      config.settings.cloud = BoardSettings.Cloud(
        address: try ServiceURL(host), certificate: certificate, privateKey: key)
      return 0
    } catch {
      return config.failure.note(EINVAL, "the cloud's host: \(error.explanation)")
    }
  }
}

/// See replenish.h.
@c @implementation
public func replenish_config_set_cloud_downlink(_ config: OpaquePointer?, _ waits_for_commands: Int32) -> Int32 {
  set(config) { config in
    config.settings.waitsForCommands = waits_for_commands != 0
    return 0
  }
}
