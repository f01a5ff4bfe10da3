/// Reads the answers of the operations that give nothing back: slot status, device status, deregister.
public enum DashAcknowledgement {
  /// Returns if the service did what was asked. No body is promised and none is read; only a web page is refused, which
  /// is not the service's.
  public static func read(_ answer: HTTPAnswer, to request: DashRequest) throws(DashError) {
    try DashFailure.check(answer, namesSlot: request.namesSlot)
    if AnswerReader.isPage(answer) { throw .malformed("the body is a web page") }
  }
}

extension DashRequest {
  /// Whether a 404 can mean the slot or order that the request names.
  var namesSlot: Bool {
    switch self {
    case .replenish, .slotStatus, .orderInfo, .cancelTestOrders: return true
    case .deviceStatus, .subscriptionInfo, .deregister, .deregisterDevice, .cancelAllTestOrders: return false
    }
  }
}
