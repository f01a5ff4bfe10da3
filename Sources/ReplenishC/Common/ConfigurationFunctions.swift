// swift-format-ignore-file: AlwaysUseLowerCamelCase - the names are those of the C header.
// What each function does stands in replenish_common.h; the compiler checks them against it.
import CReplenish
import ReplenishCore

private let release: StaticString = "0.1.0"

/// See replenish_common.h.
@c @implementation
public func replenish_version() -> UnsafePointer<CChar>? { CText.fixed(release) }

/// See replenish_common.h.
@c @implementation
public func replenish_config_new(_ config: UnsafeMutablePointer<OpaquePointer?>?) -> Int32 {
  guard let config else { return -EINVAL }
  config.pointee = Handle.make(Configuration())
  return 0
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_free(_ config: OpaquePointer?) -> OpaquePointer? {
  if let config { Handle.release(config, Configuration.self) }
  return nil
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_get_error(_ config: OpaquePointer?) -> UnsafePointer<CChar>? {
  guard let config else { return nil }
  return Handle.object(config, Configuration.self).failure.text
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_model(_ config: OpaquePointer?, _ model: UnsafePointer<CChar>?) -> Int32 {
  setText(config, model, "model") { config, text in
    do throws(IdentityFault) { config.model = try ModelID(text) } catch {
      return config.failure.note(EINVAL, "the model id \(error.explanation)")
    }
    return 0
  }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_serial(_ config: OpaquePointer?, _ serial: UnsafePointer<CChar>?) -> Int32 {
  setText(config, serial, "serial number") { config, text in
    do throws(IdentityFault) { config.serial = try SerialNumber(text) } catch {
      return config.failure.note(EINVAL, "the serial number \(error.explanation)")
    }
    return 0
  }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_add_slot(
  _ config: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ slot_id: UnsafePointer<CChar>?
) -> Int32 {
  setText(config, name, "slot's name") { config, name in
    var id = name
    if slot_id != nil {
      guard let text = CText.read(slot_id) else { return config.failure.note(EINVAL, "the slot's id is no UTF-8") }
      id = text
    }
    guard !name.isEmpty, name.bytes.count <= 128, name.bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return config.failure.note(EINVAL, "a slot's name has 1 to 128 visible ASCII characters")
    }
    guard DashRequest.isAddressable(id) else {
      return config.failure.note(
        EINVAL, "the id of slot '\(name)' cannot be sent: write it as the Dash console has it")
    }
    for slot in config.device.slots where slot.name.isExactly(name) {
      return config.failure.note(EEXIST, "two slots are named '\(name)': give each a name of its own")
    }
    guard config.device.slots.count < DeviceLimits.slots else {
      return config.failure.note(EINVAL, "a device has at most \(DeviceLimits.slots) slots")
    }
    config.device.slots.append(DeviceConfiguration.Slot(name: name, slotID: id))
    return 0
  }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_client_id(_ config: OpaquePointer?, _ client_id: UnsafePointer<CChar>?) -> Int32 {
  setOptional(config, client_id, "client id") { $0.device.clientID = $1 }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_region(_ config: OpaquePointer?, _ region: Int32) -> Int32 {
  set(config) { config in
    switch UInt32(bitPattern: region) {
    case REPLENISH_REGION_NORTH_AMERICA.rawValue: config.device.lwa = .northAmerica
    case REPLENISH_REGION_EUROPE.rawValue: config.device.lwa = .europe
    case REPLENISH_REGION_FAR_EAST.rawValue: config.device.lwa = .farEast
    default: return config.failure.note(EINVAL, "there is no region \(region): see enum replenish_region")
    }
    config.device.dash = .northAmerica
    return 0
  }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_hosts(
  _ config: OpaquePointer?, _ token_host: UnsafePointer<CChar>?, _ service_host: UnsafePointer<CChar>?
) -> Int32 {
  set(config) { config in
    var lwa = config.device.lwa
    var dash = config.device.dash
    do throws(ServiceURLFault) {
      if token_host != nil {
        guard let host = CText.read(token_host) else {
          return config.failure.note(EINVAL, "the token host is no UTF-8")
        }
        lwa = try lwa.replacing(apiHost: host, authorizeHost: nil)
      }
      if service_host != nil {
        guard let host = CText.read(service_host) else {
          return config.failure.note(EINVAL, "the service host is no UTF-8")
        }
        dash = DashEndpoint(try ServiceURL(host))
      }
    } catch {
      return config.failure.note(EINVAL, "a host: \(error.explanation)")
    }
    config.device.lwa = lwa
    config.device.dash = dash
    return 0
  }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_scope(_ config: OpaquePointer?, _ scope: UnsafePointer<CChar>?) -> Int32 {
  setText(config, scope, "scope") { config, text in
    guard !text.isEmpty else { return config.failure.note(EINVAL, "the scope is empty") }
    config.device.scope = text
    return 0
  }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_test_device(_ config: OpaquePointer?, _ is_test_device: Int32) -> Int32 {
  set(config) { config in
    config.device.isTestDevice = is_test_device != 0
    return 0
  }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_non_live(_ config: OpaquePointer?, _ includes_non_live: Int32) -> Int32 {
  set(config) { config in
    config.device.includesNonLive = includes_non_live != 0
    return 0
  }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_setup_window(_ config: OpaquePointer?, _ seconds: Int32) -> Int32 {
  setNumber(config, seconds, 1...600, "setup window") { $0.device.setupWindow = UInt64($1) * 1000 }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_setup_at_start(_ config: OpaquePointer?, _ opens_at_start: Int32) -> Int32 {
  set(config) { config in
    config.device.opensSetupAtStart = opens_at_start != 0
    return 0
  }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_press_life(_ config: OpaquePointer?, _ seconds: Int32) -> Int32 {
  setNumber(config, seconds, 0...2_592_000, "life of a press") { $0.device.pressLife = $1 }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_token_margin(_ config: OpaquePointer?, _ seconds: Int32) -> Int32 {
  setNumber(config, seconds, 0...86_400, "token margin") { $0.device.tokenMargin = UInt64($1) * 1000 }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_refresh_ahead(_ config: OpaquePointer?, _ refreshes_ahead: Int32) -> Int32 {
  set(config) { config in
    config.device.refreshesAhead = refreshes_ahead != 0
    return 0
  }
}

/// See replenish_common.h.
@c @implementation
public func replenish_config_set_log(
  _ config: OpaquePointer?, _ log: replenish_log?, _ userdata: UnsafeMutableRawPointer?
) -> Int32 {
  set(config) { config in
    config.log.function = log
    config.log.userdata = userdata
    return 0
  }
}
