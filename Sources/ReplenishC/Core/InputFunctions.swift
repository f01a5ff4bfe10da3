// swift-format-ignore-file: AlwaysUseLowerCamelCase - the names are those of the C header.
// What each function does stands in replenish_core.h; the compiler checks them against it.
import CReplenish
import ReplenishCCommon
import ReplenishCore

/// See replenish_core.h.
@c @implementation
public func replenish_core_wake(_ core: OpaquePointer?) -> Int32 { with(core) { $0.tell(.wake) } }

/// See replenish_core.h.
@c @implementation
public func replenish_core_button(_ core: OpaquePointer?, _ slot: UnsafePointer<CChar>?, _ is_down: Int32) -> Int32 {
  with(core) { core in
    guard core.obstacle == 0 else { return core.obstacle }
    var index = 0
    let error = core.door.find(slot, &index)
    return error == 0 ? core.tell(.button(slot: index, isDown: is_down != 0)) : error
  }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_answer(
  _ core: OpaquePointer?, _ id: UInt32, _ answer: UnsafePointer<replenish_core_answer>?, _ size: Int
) -> Int32 {
  with(core) { core in
    guard let answer else { return core.door.failure.note(EINVAL, "the answer is a null pointer") }
    switch Sized.check(answer, size) {
    case .tooSmall: return core.door.failure.note(EINVAL, "the answer is too small: give sizeof its type")
    case .unknownMembers: return core.door.failure.note(E2BIG, "the answer has members that this library does not know")
    case .whole: break
    }
    let given = answer.pointee
    guard given.body_size >= 0, given.body != nil || given.body_size == 0 else {
      return core.door.failure.note(EINVAL, "the answer's body is a null pointer with a size")
    }
    // The bound of the whole device, whose HTTP client ends larger answers.
    guard given.body_size <= 65_536 else {
      return core.tell(
        .answer(RequestID(id), .failed(TransportFailure(.answerTooLarge, mayHaveBeenSent: true))))
    }
    let body = Secret(count: given.body_size) { memory in
      guard let bytes = given.body else { return }
      memory.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: given.body_size))
    }
    // Header fields are Latin-1 at worst: what is no UTF-8 is no word that the core knows.
    let read = HTTPAnswer(
      status: Int(given.status), contentType: CText.read(given.content_type), errorType: CText.read(given.error_type),
      requestID: CText.read(given.request_id), retryAfter: given.retry_after < 0 ? nil : Int(given.retry_after),
      body: body)
    return core.tell(.answer(RequestID(id), .answered(read)))
  }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_answer_failed(
  _ core: OpaquePointer?, _ id: UInt32, _ reason: Int32, _ may_have_been_sent: Int32
) -> Int32 {
  with(core) { core in
    let cause: TransportFailure.Reason
    switch UInt32(bitPattern: reason) {
    case REPLENISH_CORE_NAME_NOT_RESOLVED.rawValue: cause = .nameNotResolved
    case REPLENISH_CORE_NOT_CONNECTED.rawValue: cause = .notConnected
    case REPLENISH_CORE_CERTIFICATE_REFUSED.rawValue: cause = .certificateRefused
    case REPLENISH_CORE_TLS_FAILED.rawValue: cause = .tlsFailed
    case REPLENISH_CORE_BROKEN.rawValue: cause = .broken
    case REPLENISH_CORE_ANSWER_TOO_LARGE.rawValue: cause = .answerTooLarge
    case REPLENISH_CORE_LOCAL.rawValue: cause = .local
    default: return core.door.failure.note(EINVAL, "there is no failure \(reason): see enum replenish_core_failure")
    }
    let failure = TransportFailure(cause, mayHaveBeenSent: may_have_been_sent != 0)
    return core.tell(.answer(RequestID(id), .failed(failure)))
  }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_phone_connected(_ core: OpaquePointer?) -> Int32 { with(core) { $0.tell(.phoneConnected) } }

/// See replenish_core.h.
@c @implementation
public func replenish_core_phone_packet(
  _ core: OpaquePointer?, _ packet: UnsafeRawPointer?, _ size: Int
) -> Int32 {
  with(core) { core in
    guard let packet, size >= 1, size <= 517 else {
      return core.door.failure.note(EINVAL, "an ATT packet has 1 to 517 bytes")
    }
    return core.tell(.phonePacket(Array(UnsafeRawBufferPointer(start: packet, count: size))))
  }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_phone_disconnected(_ core: OpaquePointer?) -> Int32 {
  with(core) { $0.tell(.phoneDisconnected) }
}

/// Copies the bytes of an advertisement: their count, or a negative errno.
private func copy(_ bytes: [UInt8], to data: UnsafeMutableRawPointer?, _ room: Int, _ core: CCore) -> Int32 {
  guard let data else { return core.door.failure.note(EINVAL, "the place for the advertisement is a null pointer") }
  guard bytes.count <= room else {
    return core.door.failure.note(ERANGE, "the place for the advertisement has \(room) bytes; give it 31")
  }
  for (index, byte) in bytes.enumerated() { data.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
  return Int32(bytes.count)
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_get_advertisement(
  _ core: OpaquePointer?, _ company: UInt16, _ data: UnsafeMutableRawPointer?, _ room: Int
) -> Int32 {
  with(core) { core in
    guard let credential = core.credential else {
      return core.door.failure.note(ENOKEY, "without a setup record there is nothing to advertise")
    }
    let advertisement = SetupAdvertisement(shortID: credential.shortID, name: "", companyID: company)
    return copy(advertisement.advertisingData, to: data, room, core)
  }
}

/// See replenish_core.h.
@c @implementation
public func replenish_core_get_scan_response(
  _ core: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ data: UnsafeMutableRawPointer?, _ room: Int
) -> Int32 {
  with(core) { core in
    guard let name = CText.read(name) else {
      return core.door.failure.note(EINVAL, "the name is a null pointer or no UTF-8")
    }
    guard let credential = core.credential else {
      return core.door.failure.note(ENOKEY, "without a setup record there is nothing to advertise")
    }
    return copy(SetupAdvertisement(shortID: credential.shortID, name: name).scanResponse, to: data, room, core)
  }
}
