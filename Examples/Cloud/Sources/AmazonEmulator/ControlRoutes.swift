import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The control endpoint: JSON for tests, on the loopback interface only.
struct ControlRoutes: Sendable {
  let emulator: AmazonEmulator

  func add(to router: Router<EmulatorContext>) {
    let control = router.group("/emulator").add(middleware: LoopbackOnlyMiddleware())
    control.get("state") { _, _ in Response.json(await EmulatorState(of: emulator)) }
    control.post("reset") { _, _ in
      await emulator.reset()
      return Response.json(["reset": true])
    }
    control.get("settings") { _, _ in Response.json(await emulator.settings) }
    control.post("settings") { request, _ in try await change(request) }
    control.get("faults") { _, _ in Response.json(["faults": await emulator.faults.faults]) }
    control.post("faults") { request, _ in try await addFaults(request) }
    control.delete("faults") { _, _ in
      await emulator.faults.clear()
      return Response.json(["faults": [Fault]()])
    }
    control.post("tokens/expire") { _, _ in Response.json(["expired": await emulator.expireAccessTokens()]) }
    control.post("grants/revoke") { request, _ in try await revoke(request) }
    let notifications = NotificationRoutes(emulator: emulator)
    control.post("notifications") { request, _ in
      try await ControlBody.with(NotificationRoutes.Publication.self, request) { wish in
        Response.json(try await notifications.publish(wish))
      }
    }
    control.post("notifications/subscribe") { request, _ in
      try await ControlBody.with(NotificationRoutes.Question.self, request) { wish in
        Response.json(try await notifications.ask(wish))
      }
    }
    ManagedControlRoutes(managed: emulator.managed).add(to: control)
    control.post("slots") { request, _ in try await chooseSlot(request) }
    for (word, phase) in [("ship", Order.Phase.shipped), ("deliver", .delivered), ("cancel", .cancelled)] {
      control.post("orders/\(word)") { request, _ in try await move(request, to: phase) }
    }
  }

  private func change(_ request: Request) async throws -> Response {
    try await ControlBody.with(EmulatorSettings.self, request) { settings in
      if let problem = settings.problem { throw ControlError(message: problem) }
      await emulator.apply(settings)
      return Response.json(await emulator.settings)
    }
  }

  private func addFaults(_ request: Request) async throws -> Response {
    try await ControlBody.with(OneOrMore<Fault>.self, request) { list in
      for fault in list.values {
        if let problem = fault.problem { throw ControlError(message: problem) }
      }
      for fault in list.values { await emulator.faults.add(fault) }
      return Response.json(["faults": await emulator.faults.faults], status: .created)
    }
  }

  private func revoke(_ request: Request) async throws -> Response {
    try await ControlBody.with(DeviceChoice.self, request) { choice in
      Response.json(["revoked": await emulator.revokeGrants(model: choice.model, serial: choice.serial)])
    }
  }

  private func chooseSlot(_ request: Request) async throws -> Response {
    try await ControlBody.with(SlotChoice.self, request) { choice in
      guard !choice.slot.isEmpty else { throw ControlError(message: "slot must not be empty") }
      await emulator.dash.choose(.init(id: choice.slot, asin: choice.asin))
      return Response.json(await EmulatorState(of: emulator).slots)
    }
  }

  private func move(_ request: Request, to phase: Order.Phase) async throws -> Response {
    try await ControlBody.with(OrderChoice.self, request) { choice in
      let moved = await emulator.dash.move(to: phase) { order in
        (choice.eventInstanceId == nil || order.eventInstanceId == choice.eventInstanceId)
          && (choice.slot == nil || order.slot == choice.slot)
          && (choice.serial == nil || order.serial == choice.serial)
      }
      return Response.json(["orders": moved], status: moved.isEmpty ? .notFound : .ok)
    }
  }
}

private struct DeviceChoice: Decodable {
  var model: String?
  var serial: String?
}

private struct SlotChoice: Decodable {
  var slot: String
  var asin: String?
}

private struct OrderChoice: Decodable {
  var eventInstanceId: String?
  var slot: String?
  var serial: String?
}

/// A JSON value or an array of them.
private struct OneOrMore<Value: Decodable>: Decodable {
  var values: [Value]

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if (try? decoder.unkeyedContainer()) != nil {
      values = try container.decode([Value].self)
    } else {
      values = [try container.decode(Value.self)]
    }
  }
}
