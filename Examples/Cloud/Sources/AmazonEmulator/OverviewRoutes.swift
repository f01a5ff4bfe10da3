import Foundation
import HTTPTypes
import Hummingbird
import OAuthServer

/// The page at `/`: devices, slots, orders and requests, with buttons to move orders along.
struct OverviewRoutes: Sendable {
  let emulator: AmazonEmulator
  /// Whoever can read the page can press its buttons; other sites can do neither.
  private let formToken = randomText(bytes: 24)

  init(emulator: AmazonEmulator) {
    self.emulator = emulator
  }

  func add(to router: Router<EmulatorContext>) {
    router.get("/") { request, context in
      guard isAllowed(request, context) else { return refusal }
      return await page()
    }
    router.post("/") { request, context in
      guard isAllowed(request, context) else { return refusal }
      return try await move(request)
    }
    router.get("/favicon.ico") { _, _ in Response(status: .noContent) }
  }

  private func isAllowed(_ request: Request, _ context: EmulatorContext) -> Bool {
    LoopbackOnlyMiddleware.isLocal(context) && LoopbackOnlyMiddleware.isLocalHost(request)
  }

  private var refusal: Response {
    emulator.pages.message(
      "This page is shown on the emulator's own machine only.", title: "Not here", status: .forbidden)
  }

  private func move(_ request: Request) async throws -> Response {
    let body = try await request.body.collect(upTo: 16 * 1024)
    guard let form = FormParameters(urlEncoded: String(buffer: body)), let token = form["csrf"],
      constantTimeEqual(Array(token.utf8), Array(formToken.utf8)), let id = form["order"],
      let phase = form["phase"].flatMap(Order.Phase.init(rawValue:))
    else {
      return emulator.pages.message("Reload the page and try again.", title: "Form not valid", status: .badRequest)
    }
    _ = await emulator.dash.move(to: phase) { $0.eventInstanceId == id }
    return PageLibrary.redirect(to: "/")
  }

  private func page() async -> Response {
    let state = await EmulatorState(of: emulator)
    let registrations = state.registrations.map { registration -> [String: Any] in
      let kind = registration.isTestDevice ? "test device" : "real orders"
      return [
        "device": registration.device, "customer": registration.customer,
        "kind": registration.deregisteredAt == nil ? kind : "\(kind), deregistered",
        "since": EmulatorClock.display(registration.registeredAt), "active": registration.mostRecentlyActiveDate ?? "–",
        "slots": Self.describe(registration.slotStatus),
      ]
    }
    let orders = state.orders.reversed().map { order -> [String: Any] in
      [
        "id": order.eventInstanceId, "placed": EmulatorClock.display(order.placedAt),
        "device": "\(order.model)/\(order.serial)", "slot": order.slot, "asin": order.asin,
        "phase": order.phase.rawValue + (order.isTest ? " (test)" : ""), "requests": order.replenishRequests,
        "isOpen": order.isOpen, "csrf": formToken,
      ]
    }
    let requests = state.requests.suffix(50).reversed().map { request -> [String: Any] in
      [
        "time": EmulatorClock.display(request.time), "operation": request.operation, "device": request.device ?? "–",
        "slot": request.slot ?? "", "result": request.result ?? "–",
        "status": request.status.map(String.init) ?? "closed", "fault": request.fault ?? "",
      ]
    }
    let values: [String: Any] = [
      "registrations": registrations, "hasRegistrations": !registrations.isEmpty,
      "slots": state.slots.map { ["id": $0.slot, "product": $0.asin ?? "not subscribed"] },
      "orders": orders, "hasOrders": !orders.isEmpty, "requests": requests, "hasRequests": !requests.isEmpty,
    ]
    return emulator.pages.page("overview", title: "Devices and orders", values)
  }

  private static func describe(_ status: [String: SlotStatus]) -> String {
    let parts = status.sorted { $0.key < $1.key }.compactMap { slot, status in
      status.remainingQuantityInUnit.map { "\(slot): \($0) left" }
    }
    return parts.isEmpty ? "–" : parts.joined(separator: ", ")
  }
}
