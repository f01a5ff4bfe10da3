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
    config.stateFolder = path
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
      config.serialPlaces.append(.file(path))
    case (REPLENISH_SERIAL_DEVICE_TREE.rawValue, true): config.serialPlaces.append(.deviceTree)
    case (REPLENISH_SERIAL_DMI.rawValue, true): config.serialPlaces.append(.dmi)
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
  setOptional(config, path, "setup record's path") { $0.setupRecord = $1 }
}

/// See replenish.h.
@c @implementation
public func replenish_config_set_seal_key_file(_ config: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> Int32 {
  setOptional(config, path, "seal key's path") { $0.sealKeyFile = $1 }
}

/// See replenish.h.
@c @implementation
public func replenish_config_set_ca_file(_ config: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> Int32 {
  setOptional(config, path, "path of the certificates") { $0.caFile = $1 }
}

/// See replenish.h.
@c @implementation
public func replenish_config_set_phone_socket(_ config: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> Int32 {
  setOptional(config, path, "phone socket's path") { $0.phoneSocket = $1 }
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
      config.control = nil
      return 0
    }
    guard let path = CText.read(path), !path.isEmpty else {
      return config.failure.note(EINVAL, "the control socket's path is empty or no UTF-8")
    }
    config.control = Configuration.ControlSocket(path: path, readGroup: read, actGroup: act)
    return 0
  }
}
