import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import OAuthServer

/// The DRS device API.
///
/// Paths are matched here and not by the router, because a slot name may hold an escaped slash.
struct DashRoutes: Sendable {
  let server: AuthorizationServer
  let storage: InMemoryAuthorizationStorage
  let dash: DashAccounts
  let clock: EmulatorClock

  /// Answers a request, or returns nil when its path is none of DRS.
  func respond(to request: Request, _ context: EmulatorContext) async throws -> Response? {
    guard let (operation, encoded) = DashOperation.named(request.method, request.uri.path) else { return nil }
    context.note.set { $0.operation = operation.rawValue }
    do {
      let values = try encoded.map { text in
        guard let value = Self.pathValue(text), !value.isEmpty else {
          throw DashError.invalidRequest("The path holds an empty or badly escaped value.")
        }
        return value
      }
      let registration = try await registration(request)
      context.note.set { $0.device = registration.device }
      let resultType = try checkTypes(operation, request)
      return try await perform(operation, values, registration, resultType, request, context)
    } catch let error as DashError {
      context.note.set { $0.result = error.type }
      return error.response
    }
  }

  private func registration(_ request: Request) async throws -> Registration {
    let words = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "bearer",
      let (grant, scope) = try await server.authorized(by: String(words[1])), scope.words.contains("dash:replenish"),
      let id = grant.resource, let registration = await dash.registration(id)
    else { throw DashError.invalidToken }
    return registration
  }

  private func checkTypes(_ operation: DashOperation, _ request: Request) throws -> String {
    func check(_ name: HTTPField.Name, _ accepted: [String]) throws -> String {
      guard let value = request.headers[name] else {
        throw DashError.invalidRequest("The header \(name) is missing; send \(accepted.joined(separator: " or ")).")
      }
      guard accepted.contains(value) else {
        throw DashError.invalidRequest(
          "The header \(name) has an unknown value for this operation; send \(accepted.joined(separator: " or ")).")
      }
      return value
    }
    _ = try check(.amznTypeVersion, operation.inputTypes)
    return try check(.amznAcceptType, operation.resultTypes)
  }

  private func perform(
    _ operation: DashOperation, _ values: [String], _ registration: Registration, _ resultType: String,
    _ request: Request, _ context: EmulatorContext
  ) async throws -> Response {
    let note = context.note
    switch operation {
    case .replenish:
      note.set { $0.slot = values[0] }
      return try await replenish(values[0], registration, note)
    case .slotStatus:
      note.set { $0.slot = values[0] }
      let status = try await DashBody.decode(SlotStatus.self, from: request)
      try status.check()
      guard await dash.note(status, slot: values[0], registration: registration) else { throw DashError.noSuchSlot }
    case .deviceStatus:
      let date = try await DashBody.decode(DeviceStatus.self, from: request).mostRecentlyActiveDate
      try DashBody.checkDate(date, "mostRecentlyActiveDate")
      await dash.note(mostRecentlyActiveDate: date, registration: registration)
    case .subscriptionInfo:
      note.set { $0.result = "ok" }
      return await subscriptions(isVersion2: resultType.hasSuffix("@2.0"))
    case .getOrderInfo:
      guard let order = await dash.order(values[0], registration: registration) else {
        throw DashError(status: .notFound, type: "OrderNotFoundException", message: "Order not found")
      }
      note.set { [phase = order.phase.rawValue] in $0.result = phase }
      return .json(OrderInfo(order, arrivesAt: order.placedAt + 2 * 86_400))
    case .deregisterV1 where values != [registration.model, registration.serial]:
      throw DashError.invalidRequest("The path names another device than the access token.")
    case .deregister, .deregisterV1:
      // The registration goes first, so that no token issued in between can order anything.
      await dash.deregister(registration.id)
      await storage.revokeGrants(resource: registration.id, at: clock.now)
    case .cancelTestOrder, .cancelTestOrders:
      return try await cancel(values.first, registration, note)
    }
    note.set { $0.result = "ok" }
    return Response(status: .ok)
  }

  private func replenish(_ slot: String, _ registration: Registration, _ note: RequestNote) async throws -> Response {
    let answer: ReplenishResult
    switch await dash.replenish(registration, slot: slot) {
    case .noSuchSlot: throw DashError.noSuchSlot
    case .notSubscribed: throw DashError.invalidRequest("The customer chose no product for this slot.")
    case .inProgress(let order):
      answer = ReplenishResult(eventInstanceId: order.eventInstanceId, detailCode: "ORDER_INPROGRESS")
    case .placed(let order):
      answer = ReplenishResult(
        eventInstanceId: order.eventInstanceId,
        detailCode: order.isTest ? "TEST_ORDER_PLACED" : "STANDARD_ORDER_PLACED")
    }
    note.set { $0.result = answer.detailCode }
    return .json(answer)
  }

  private func subscriptions(isVersion2: Bool) async -> Response {
    let slots = await dash.slots
    guard isVersion2 else {
      return .json(["slotsSubscriptionStatus": Dictionary(uniqueKeysWithValues: slots.map { ($0.id, $0.asin != nil) })])
    }
    let status = slots.map { slot in
      (slot.id, Subscription(subscribed: slot.asin != nil, productInfoList: slot.asin.map { [.init(asin: $0)] } ?? []))
    }
    return .json(["slotsSubscriptionStatus": Dictionary(uniqueKeysWithValues: status)])
  }

  private func cancel(_ slot: String?, _ registration: Registration, _ note: RequestNote) async throws -> Response {
    note.set { $0.slot = slot }
    guard registration.isTestDevice else {
      throw DashError.invalidRequest("Only test orders can be cancelled here, and this is no test device.")
    }
    guard let freed = await dash.cancelTestOrders(registration, slot: slot) else { throw DashError.noSuchSlot }
    note.set { $0.result = "NO_ORDER_IN_PROGRESS" }
    return .json(
      ["slotOrderStatuses": freed.map { ["orderStatus": "NO_ORDER_IN_PROGRESS", "slotId": $0] }])
  }

  /// Decodes a path segment: percent escapes only, a plus sign is a plus sign (RFC 3986).
  static func pathValue(_ text: Substring) -> String? { String(text).removingPercentEncoding }
}
