import HTTPTypes

/// The operations of the DRS device API, with the schema versions that each accepts.
enum DashOperation: String, CaseIterable, Sendable {
  case replenish, slotStatus, deviceStatus, subscriptionInfo, getOrderInfo
  case deregister, deregisterV1 = "deregister.v1"
  case cancelTestOrder, cancelTestOrders

  private static let prefix = "com.amazon.dash.replenishment."

  /// The accepted values of `x-amzn-type-version`.
  var inputTypes: [String] { versions.input.map { Self.prefix + $0 } }
  /// The accepted values of `x-amzn-accept-type`.
  var resultTypes: [String] { versions.result.map { Self.prefix + $0 } }

  private var versions: (input: [String], result: [String]) {
    switch self {
    case .replenish: (["DrsReplenishInput@1.0"], ["DrsReplenishResult@1.0"])
    case .slotStatus: (["DrsSlotStatusInput@1.0"], ["DrsSlotStatusResult@1.0"])
    case .deviceStatus: (["DrsDeviceStatusInput@1.0"], ["DrsDeviceStatusResult@1.0"])
    case .subscriptionInfo:
      (["DrsSubscriptionInfoInput@1.0"], ["DrsSubscriptionInfoResult@1.0", "DrsSubscriptionInfoResult@2.0"])
    case .getOrderInfo: (["DrsOrderInfoInput@1.0"], ["DrsOrderInfoResult@1.0"])
    case .deregister: (["DrsDeregisterInput@2.0"], ["DrsDeregisterResult@1.0"])
    case .deregisterV1: (["DrsDeregisterInput@1.0"], ["DrsDeregisterResult@1.0"])
    case .cancelTestOrder, .cancelTestOrders: (["DrsCancelTestOrdersInput@1.0"], ["DrsCancelTestOrdersResult@1.0"])
    }
  }

  /// The operation that a request line names, with its still percent-encoded path values.
  static func named(_ method: HTTPRequest.Method, _ path: String) -> (DashOperation, [Substring])? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    let words = Array(parts)
    switch (method, words.count, words.first) {
    case (.post, 2, "replenish"): return (.replenish, [words[1]])
    case (.post, 2, "slotStatus"): return (.slotStatus, [words[1]])
    case (.post, 1, "deviceStatus"): return (.deviceStatus, [])
    case (.get, 1, "subscriptionInfo"): return (.subscriptionInfo, [])
    case (.get, 2, "getOrderInfo"): return (.getOrderInfo, [words[1]])
    case (.delete, 1, "registration"): return (.deregister, [])
    case (.delete, 5, "deviceModels") where words[2] == "devices" && words[4] == "registration":
      return (.deregisterV1, [words[1], words[3]])
    case (.delete, 1, "testOrders"): return (.cancelTestOrders, [])
    case (.delete, 3, "testOrders") where words[1] == "slots": return (.cancelTestOrder, [words[2]])
    // The path of the older documents, which some clients still use.
    case (.delete, 2, "testOrders"): return (.cancelTestOrder, [words[1]])
    default: return nil
    }
  }
}
