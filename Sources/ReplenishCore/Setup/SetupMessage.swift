/// The messages of the setup protocol as they travel in frames: a type, then its parts. See SetupProtocol.
indirect enum SetupMessage: Equatable {
  /// The first byte of a message.
  enum Kind: UInt8 {
    case hello = 0x01
    case share = 0x02
    case proof = 0x03
    case sealedByPhone = 0x04
    case offer = 0x81
    case answer = 0x82
    case sealedByDevice = 0x84
    case fault = 0x8F
  }

  /// The phone begins: the versions it speaks, the best first.
  case hello(versions: [UInt8])
  /// The device's choice and what the phone needs to make the key of the code.
  case offer(version: UInt8, salt: [UInt8], iterations: Int, model: [UInt8])
  /// `shareP`.
  case share([UInt8])
  /// `shareV` and `confirmV`.
  case answer(share: [UInt8], proof: [UInt8])
  /// `confirmP`.
  case proof([UInt8])
  /// A sealed message of the phone, without its type.
  case sealedByPhone([UInt8])
  /// A sealed message of the device, without its type.
  case sealedByDevice([UInt8])
  /// The device ends the handshake or the session. Not authenticated: a hint for the person, no more.
  case fault(SetupFault)

  /// The message as bytes.
  var bytes: [UInt8] {
    switch self {
    case .hello(let versions): [Kind.hello.rawValue, UInt8(truncatingIfNeeded: versions.count)] + versions
    case .offer(let version, let salt, let iterations, let model):
      [Kind.offer.rawValue, version, UInt8(truncatingIfNeeded: salt.count)] + salt
        + BigEndian.bytes(iterations, count: 4) + [UInt8(truncatingIfNeeded: model.count)] + model
    case .share(let share): [Kind.share.rawValue] + share
    case .answer(let share, let proof): [Kind.answer.rawValue] + share + proof
    case .proof(let proof): [Kind.proof.rawValue] + proof
    case .sealedByPhone(let sealed): [Kind.sealedByPhone.rawValue] + sealed
    case .sealedByDevice(let sealed): [Kind.sealedByDevice.rawValue] + sealed
    case .fault(let fault):
      [Kind.fault.rawValue, fault.code] + BigEndian.bytes(min(fault.seconds, Int(UInt16.max)), count: 2)
    }
  }

  /// Reads a message; it must be whole, with nothing after it.
  init(_ bytes: [UInt8]) throws(SetupFault) {
    var reader = WireReader(bytes)
    guard let type = reader.byte(), let kind = Kind(rawValue: type) else { throw .malformed }
    switch kind {
    case .hello:
      guard let count = reader.byte(), count >= 1, count <= SetupProtocol.maximumVersions,
        let versions = reader.bytes(Int(count))
      else { throw .malformed }
      self = .hello(versions: versions)
    case .offer:
      guard let version = reader.byte(), let saltLength = reader.byte(), let salt = reader.bytes(Int(saltLength)),
        let iterations = reader.bigEndian32(), let modelLength = reader.byte(),
        let model = reader.bytes(Int(modelLength)), let count = Int(exactly: iterations)
      else { throw .malformed }
      self = .offer(version: version, salt: salt, iterations: count, model: model)
    case .share:
      // Of any length here: what is no point is answered with invalidShare, not with malformed.
      self = .share(reader.rest())
    case .answer:
      guard let share = reader.bytes(P256.pointLength), let proof = reader.bytes(SHA256.length) else {
        throw .malformed
      }
      self = .answer(share: share, proof: proof)
    case .proof:
      guard let proof = reader.bytes(SHA256.length) else { throw .malformed }
      self = .proof(proof)
    case .sealedByPhone: self = .sealedByPhone(reader.rest())
    case .sealedByDevice: self = .sealedByDevice(reader.rest())
    case .fault:
      guard let code = reader.byte(), let seconds = reader.bigEndian16() else { throw .malformed }
      self = .fault(SetupFault(code: code, seconds: Int(seconds)) ?? .malformed)
    }
    guard reader.isAtEnd else { throw .malformed }
  }
}

extension SetupFault {
  /// The seconds of ``SetupFault/wait(seconds:)``; 0 for all others.
  var seconds: Int {
    if case .wait(let seconds) = self { return max(seconds, 0) }
    return 0
  }
}
