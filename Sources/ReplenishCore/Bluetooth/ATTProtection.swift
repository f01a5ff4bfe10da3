/// The values of the setup service kept from phones whose link is not encrypted, where the product wants that. What the
/// service consists of may be discovered by anybody.
public enum ATTProtection {
  /// What an ATT packet is refused with; nil if it may pass. `hasPaired` is whether the phone only needs to use the key it
  /// has (section 10.3.1 of Part C): phones pair, or encrypt, by themselves when they are told so.
  public static func refusal(of packet: [UInt8], hasPaired: Bool) -> [UInt8]? {
    var reader = WireReader(packet)
    guard let code = reader.byte(), let opcode = ATT.Opcode(rawValue: code) else { return nil }
    let handle: UInt16
    switch opcode {
    case .readRequest, .readBlobRequest, .writeRequest, .prepareWriteRequest:
      guard let asked = reader.littleEndian16(), isProtected(asked) else { return nil }
      handle = asked
    case .readByTypeRequest:
      // By its type a value can be read without its handle.
      guard let start = reader.littleEndian16(), let end = reader.littleEndian16(),
        let type = BluetoothUUID(littleEndian: reader.rest())
      else { return nil }
      let isConfiguration = type == .clientCharacteristicConfiguration
      guard isConfiguration || type == SetupService.info else { return nil }
      handle = isConfiguration ? SetupService.Handle.indicateConfiguration : SetupService.Handle.infoValue
      guard handle >= start, handle <= end else { return nil }
    case .findByTypeValueRequest:
      // Nor can it be guessed.
      guard reader.bytes(4) != nil, let type = reader.littleEndian16(),
        BluetoothUUID(type) == .clientCharacteristicConfiguration
      else { return nil }
      handle = SetupService.Handle.indicateConfiguration
    default: return nil
    }
    let error = hasPaired ? ATTError.insufficientEncryption : .insufficientAuthentication
    return [ATT.Opcode.errorResponse.rawValue, code] + LittleEndian.bytes(handle) + [error.rawValue]
  }

  private static func isProtected(_ handle: UInt16) -> Bool {
    handle == SetupService.Handle.infoValue || handle == SetupService.Handle.writeValue
      || handle == SetupService.Handle.indicateValue || handle == SetupService.Handle.indicateConfiguration
  }
}
