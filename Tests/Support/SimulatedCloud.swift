import ReplenishCore

/// The maker's cloud as far as a device meets it, in memory and without time of its own. `replenish-cloud` is the real one.
package final class SimulatedCloud {
  /// A press as the cloud has it.
  package struct Press {
    /// The slot's id.
    package let slot: String
    /// The cloud's word.
    package internal(set) var state: String
    /// Why it ended so; empty where the state says all.
    package internal(set) var reason = ""
    /// The seconds since the press, as first reported; nil if the device did not know.
    package let age: Int64?
  }

  /// Where it listens.
  package static let address = "https://cloud.example"

  /// Whether an account is linked.
  package var isLinked = true
  /// Whether Amazon answers it; else presses stay noted until ``deliver()``.
  package var reachesAmazon = true
  /// Whether the operator revoked the device.
  package var isRevoked = false
  /// The presses, by their ids.
  package private(set) var presses: [String: Press] = [:]
  /// Every order ever placed, by slot.
  package private(set) var orders: [String] = []
  /// The requests that it took, method and path.
  package private(set) var log: [String] = []
  /// What was said of commands, oldest first.
  package private(set) var ended: [String] = []
  private var openOrders: Set<String> = []
  private var faults: [(path: String, fault: SimulatedAmazon.Fault)] = []

  package init() {}

  /// Lets the next requests whose path begins so go wrong, one fault each.
  package func script(_ path: String, _ faults: SimulatedAmazon.Fault...) {
    self.faults += faults.map { (path, $0) }
  }

  /// Amazon answers again.
  package func deliver() {
    reachesAmazon = true
    for id in presses.keys { order(id) }
  }

  /// Answers a request. `cut` may throw: just before the cloud acts, and just after.
  package func perform<Cut: Error>(
    _ request: HTTPRequest, cut: () throws(Cut) -> Void
  ) throws(Cut) -> HTTPOutcome {
    let path = String(decoding: request.url.utf8.dropFirst(SimulatedCloud.address.utf8.count), as: UTF8.self)
    var fault: SimulatedAmazon.Fault?
    if let index = faults.firstIndex(where: { WireText.contains(path, $0.path) }) {
      fault = faults.remove(at: index).fault
    }
    try cut()
    switch fault {
    case .unreachable: return .failed(TransportFailure(.notConnected, mayHaveBeenSent: false))
    case .brokenBefore: return .failed(TransportFailure(.broken, mayHaveBeenSent: true))
    case .status(let status): return answer(status, #"{"error":"scripted"}"#)
    default: break
    }
    log.append("\(request.method.name) \(path)")
    let outcome = isRevoked ? answer(403, #"{"error":"unknownDevice"}"#) : act(request, path)
    try cut()
    switch fault {
    case .brokenAfter: return .failed(TransportFailure(.broken, mayHaveBeenSent: true))
    case .nonsense: return answer(200, #"{"id":"00","state":"ordered"}"#)
    default: return outcome
    }
  }

  /// Logs a request that stays unanswered.
  func noteHeld(_ request: HTTPRequest) {
    let path = String(decoding: request.url.utf8.dropFirst(SimulatedCloud.address.utf8.count), as: UTF8.self)
    log.append("\(request.method.name) \(path)")
  }

  private func act(_ request: HTTPRequest, _ path: String) -> HTTPOutcome {
    if WireText.contains(path, "/v1/presses/") { return takePress(request, path) }
    if WireText.contains(path, "/v1/commands/") {
      ended.append(request.body.map { $0.withBytes { String(decoding: $0, as: UTF8.self) } } ?? "")
      return answer(200, "{}")
    }
    if path.isExactly("/v1/presence") || path.isExactly("/v1/device") {
      let linked = isLinked ? "true" : "false"
      return answer(200, #"{"claimed":true,"linked":\#(linked),"model":"Model1","serial":"SN0001"}"#)
    }
    guard isLinked else { return answer(409, #"{"error":"notLinked"}"#) }
    if path.isExactly("/v1/link") {
      isLinked = false
      return answer(202, #"{"linked":false}"#)
    }
    if WireText.contains(path, "/v1/orders/") {
      return answer(
        200,
        #"{"asin":"B000000001","eventInstanceId":"order-1","expectedDeliveryDate":null,"quantity":1,"slot":"coffee","status":"Shipped"}"#
      )
    }
    if WireText.contains(path, "/v1/testOrders") { return answer(200, #"{"slots":["coffee"]}"#) }
    if path.isExactly("/v1/slots") {
      return answer(
        200,
        #"{"slots":[{"products":[{"asin":"B000000001","quantity":2,"unit":"count"}],"slot":"coffee","subscribed":true},{"products":[],"slot":"water-filter","subscribed":false}]}"#
      )
    }
    return answer(200, "{}")
  }

  private func takePress(_ request: HTTPRequest, _ path: String) -> HTTPOutcome {
    let id = String(decoding: path.utf8.dropFirst("/v1/presses/".utf8.count), as: UTF8.self)
    let body = request.body.flatMap { try? JSONValue.parse($0) }
    guard let slot = body?["slot"]?.string else { return answer(400, #"{"error":"malformed"}"#) }
    if presses[id] == nil {
      let age = body?["ageSeconds"]?.integer
      var press = Press(slot: slot, state: "noted", age: age)
      if age == nil {
        press.state = "expired"
        press.reason = "age-unknown"
      } else if !isLinked {
        press.state = "void"
        press.reason = "not-linked"
      }
      presses[id] = press
      if reachesAmazon { order(id) }
    }
    guard let press = presses[id] else { return answer(500, "{}") }
    let reason = press.reason.isEmpty ? "" : #","reason":"\#(press.reason)""#
    let order =
      press.state.isExactly("ordered") ? #","detailCode":"STANDARD_ORDER_PLACED","eventInstanceId":"order-1""# : ""
    let isFinal = !press.state.isExactly("noted")
    return answer(
      isFinal ? 200 : 202, #"{"id":"\#(id)","slot":"\#(slot)","state":"\#(press.state)"\#(reason)\#(order)}"#,
      retryAfter: isFinal ? nil : 5)
  }

  private func order(_ id: String) {
    guard let press = presses[id], press.state.isExactly("noted") else { return }
    if !isLinked {
      presses[id]?.state = "void"
      presses[id]?.reason = "unlinked"
    } else if openOrders.insert(press.slot).inserted {
      orders.append(press.slot)
      presses[id]?.state = "ordered"
    } else {
      presses[id]?.state = "alreadyOrdered"
    }
  }

  private func answer(_ status: Int, _ body: String, retryAfter: Int? = nil) -> HTTPOutcome {
    .answered(
      HTTPAnswer(status: status, contentType: "application/json", retryAfter: retryAfter, body: Secret(copying: body)))
  }
}
