/// What all operations of DRS share in reading an answer.
enum DashFailure {
  /// Throws unless the answer is a success. The page of replenish prints "200 Accepted"; any 2xx is taken for one.
  ///
  /// - Parameter namesSlot: whether 404 can mean that the slot, or order, is unknown.
  static func check(_ answer: HTTPAnswer, namesSlot: Bool) throws(DashError) {
    let id = requestID(answer)
    switch answer.status {
    case 200...299: return
    case 408, 429, 500...599:
      throw .server(status: answer.status, retryAfter: RetryAfter.bounded(answer.retryAfter), requestID: id)
    case 401: throw .invalidToken(requestID: id)
    case 404 where namesSlot: throw .slotUnknown(requestID: id)
    case 400...499:
      let message = self.message(answer)
      if answer.status == 400, namesBadToken(answer.errorType) || ASCII.matches(message, "Invalid token") {
        throw .invalidToken(requestID: id)
      }
      throw .refused(status: answer.status, message: ServiceText(message), requestID: id)
    default: throw .malformed(composed("the status is \(answer.status), neither success nor error"))
    }
  }

  /// The class of an error is what stands before the colon of `x-amzn-errortype`.
  private static func namesBadToken(_ errorType: String?) -> Bool {
    guard let errorType else { return false }
    let name = errorType.bytes.prefix { $0 != UInt8(ascii: ":") }
    return ASCII.matches(Array(name), "InvalidTokenException")
  }

  /// The `message` of an error's body, which is feedback at best effort: empty if there is none.
  private static func message(_ answer: HTTPAnswer) -> [UInt8] {
    do throws(AnswerFault) {
      return try AnswerReader.object(answer)["message"]?.utf8 ?? []
    } catch {
      return []
    }
  }

  /// A request id that can be shown: the characters of a UUID and no others, 1 to 64 of them; nil for anything else.
  private static func requestID(_ answer: HTTPAnswer) -> String? {
    guard let id = answer.requestID else { return nil }
    let bytes = id.bytes
    guard !bytes.isEmpty, bytes.count <= 64 else { return nil }
    return bytes.allSatisfy { ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "-") } ? id : nil
  }
}
