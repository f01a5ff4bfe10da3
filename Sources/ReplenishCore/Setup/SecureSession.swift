/// The encrypted session that a proved handshake opens: one key per direction, each message in its turn.
///
/// A class because it is owned by values that may be copied, and a copied counter would use a nonce twice.
final class SecureSession {
  /// The side of the session.
  enum Side {
    case phone, device
  }

  private let identifier: [UInt8]
  private let side: Side
  private var sending: Sealing
  private var receiving: Sealing

  /// Derives the keys from `K_shared`, every message of the handshake, the session's number and the direction.
  init(_ side: Side, sharedKey: Secret, transcript: [UInt8], identifier: UInt16) throws(SetupFault) {
    let identifier = BigEndian.bytes(Int(identifier), count: 2)
    let phone: StaticString = "ReplenishKit setup phone to device"
    let device: StaticString = "ReplenishKit setup device to phone"
    let fromPhone = try KeyDerivation.hkdf(sharedKey, salt: transcript, info: phone.bytes + identifier, count: 32)
    let fromDevice = try KeyDerivation.hkdf(sharedKey, salt: transcript, info: device.bytes + identifier, count: 32)
    self.identifier = identifier
    self.side = side
    sending = Sealing(key: side == .phone ? fromPhone : fromDevice)
    receiving = Sealing(key: side == .phone ? fromDevice : fromPhone)
  }

  /// A message of this side, sealed, with its type before it.
  func seal(_ message: Secret) throws(SetupFault) -> [UInt8] {
    guard message.count <= SetupProtocol.maximumMessage - Sealing.tagLength - 1 else { throw .messageTooLarge }
    let type = side == .phone ? SetupMessage.Kind.sealedByPhone : .sealedByDevice
    return try [type.rawValue] + sending.seal(message, additional: identifier + [type.rawValue])
  }

  /// What the other side sealed, its type before it not included.
  func open(_ sealed: [UInt8]) throws(SetupFault) -> Secret {
    let type = side == .phone ? SetupMessage.Kind.sealedByDevice : .sealedByPhone
    return try receiving.open(sealed, additional: identifier + [type.rawValue])
  }
}
