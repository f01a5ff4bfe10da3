import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What a device may ask for. README.md describes the paths and bodies.
struct DeviceRoutes: Sendable {
  let storage: any CloudStorage
  let desk: PressDesk
  let calls: DashCalls
  /// Who signs the devices' next keys; nil where none may be had.
  let rekeying: RekeyAuthority?
  /// Who hands out commands; nil where devices cannot wait for any.
  let commands: CommandDesk?
  let logger: Logger
  let now: @Sendable () -> Date
  /// Told that something became due, so that it does not wait for the next round.
  let hurry: @Sendable () -> Void

  func router() -> Router<DeviceContext> {
    let router = Router(context: DeviceContext.self)
    router.add(middleware: ProblemMiddleware(logger: logger))
    router.add(middleware: DeviceIdentity(storage: storage))
    let routes = router.group("v1")
    routes.get("device") { _, context in try await self.describe(context.requireDevice()) }
    routes.post("presence") { _, context in try await self.presence(context.requireDevice()) }
    routes.put("presses/:id") { try await self.press($0, $1) }
    routes.get("presses/:id") { _, context in try await self.showPress(context) }
    routes.get("slots") { _, context in try await self.slots(context.requireDevice()) }
    routes.post("slotStatus/:slot") { try await self.slotStatus($0, $1) }
    routes.post("deviceStatus") { try await self.deviceStatus($0, $1) }
    routes.get("orders/:id") { _, context in try await self.order(context) }
    routes.delete("testOrders") { _, context in try await self.cancelTestOrders(nil, context) }
    routes.delete("testOrders/:slot") { _, context in
      try await self.cancelTestOrders(try self.slot(context), context)
    }
    routes.post("certificate") { try await self.certificate($0, $1) }
    addCommands(to: routes)
    routes.delete("link") { _, context in try await self.unlink(context.requireDevice()) }
    return router
  }

  private func describe(_ device: CloudDevice) async throws -> Response {
    let claimed = try await storage.ownership(device: device.id) != nil
    let linked = try await storage.liveRegistration(device: device.id) != nil
    return .json(DeviceAnswer(model: device.model, serial: device.serial, claimed: claimed, linked: linked))
  }

  private func presence(_ device: CloudDevice) async throws -> Response {
    try await storage.notePresence(of: device.id, at: now())
    return try await describe(device)
  }

  /// A certificate for the device's next key. The present key is trusted until the next one is first used, so that a
  /// device which loses the answer, or its power before the new key is on its disk, is not shut out.
  private func certificate(_ request: Request, _ context: DeviceContext) async throws -> Response {
    let device = try context.requireDevice()
    guard let rekeying else { return .problem(.notFound, "noRekeying") }
    let body = try await DeviceBody.decode(DeviceBody.CertificateRequest.self, request)
    guard let asked = RekeyAuthority.Request(pem: body.request) else { throw DeviceBody.Malformed() }
    let certificate = try rekeying.sign(asked, serial: device.serial)
    guard try await storage.setNextKey(asked.fingerprint, of: device.id) else {
      return .problem(.conflict, "anothersKey")
    }
    logger.info("\(device.model) \(device.serial): a certificate for a new key")
    return .json(["certificate": certificate])
  }

  private func press(_ request: Request, _ context: DeviceContext) async throws -> Response {
    let device = try context.requireDevice()
    let id = try context.parameters.require("id")
    let report = try await DeviceBody.decode(DeviceBody.PressReport.self, request)
    guard DeviceBody.isPressID(id), DeviceBody.isSlot(report.slot) else { throw DeviceBody.Malformed() }
    // An age nobody can believe is an age nobody knows.
    let age = report.ageSeconds.flatMap { $0.isFinite && $0 >= 0 && $0 < 1e9 ? $0 : nil }
    let press = NewPress(id: id, slot: report.slot, pressedAt: age.map { now() - $0 })
    switch try await desk.take(press, from: device) {
    case .noted(let noted), .leased(let noted): return PressAnswer.response(noted)
    case .conflict: return .problem(.conflict, "anotherPress")
    case .tooMany:
      var response = Response.problem(.tooManyRequests, "tooManyPresses")
      response.headers[.retryAfter] = "600"
      return response
    }
  }

  private func showPress(_ context: DeviceContext) async throws -> Response {
    let device = try context.requireDevice()
    guard let press = try await storage.press(try context.parameters.require("id"), device: device.id) else {
      return .problem(.notFound, "noSuchPress")
    }
    return PressAnswer.response(press)
  }

  private func slots(_ device: CloudDevice) async throws -> Response {
    guard let registration = try await storage.liveRegistration(device: device.id) else { return Self.notLinked }
    let answer = try await calls.call(registration) { await $0.slots(access: $1) }
    if case .value(let slots) = answer { try await storage.setSlots(slots, of: registration.id) }
    return respond(answer) { .json(["slots": $0]) }
  }

  private func slotStatus(_ request: Request, _ context: DeviceContext) async throws -> Response {
    let device = try context.requireDevice()
    let slot = try slot(context)
    let status = try await DeviceBody.decode(DeviceBody.SlotStatus.self, request)
    let dates = [status.expectedReplenishmentDate, status.lastUseDate].compactMap { $0 }
    guard dates.allSatisfy(DeviceBody.isDate) else { throw DeviceBody.Malformed() }
    let body = try DeviceBody.encode(status)
    let answer = try await calls.call(device: device.id) { await $0.slotStatus(slot: slot, body: body, access: $1) }
    return respond(answer) { _ in .json([String: String]()) }
  }

  private func deviceStatus(_ request: Request, _ context: DeviceContext) async throws -> Response {
    let device = try context.requireDevice()
    let status = try await DeviceBody.decode(DeviceBody.DeviceStatus.self, request)
    guard DeviceBody.isDate(status.mostRecentlyActiveDate) else { throw DeviceBody.Malformed() }
    let body = try DeviceBody.encode(status)
    let answer = try await calls.call(device: device.id) { await $0.deviceStatus(body: body, access: $1) }
    return respond(answer) { _ in .json([String: String]()) }
  }

  /// The state of an order that this device placed.
  private func order(_ context: DeviceContext) async throws -> Response {
    let device = try context.requireDevice()
    let id = try context.parameters.require("id")
    guard let press = try await storage.press(id, device: device.id), let order = press.eventInstanceID,
      let registration = try await storage.liveRegistration(device: device.id), registration.id == press.registration
    else { return .problem(.notFound, "noSuchOrder") }
    let asked = now()
    let answer = try await calls.call(registration) {
      await $0.orderStatus(order, slot: press.slot, access: $1)
    }
    if case .value(let state) = answer { try await storage.setOrderStatus(state.status, of: press, at: asked) }
    return respond(answer) {
      .json(
        OrderAnswer(
          eventInstanceId: order, slot: press.slot, asin: $0.asin, quantity: $0.quantity, status: $0.status,
          expectedDeliveryDate: $0.expected))
    }
  }

  private struct OrderAnswer: Encodable {
    var eventInstanceId: String
    var slot: String
    var asin: String
    var quantity: Double
    var status: String
    var expectedDeliveryDate: String?
  }

  private func cancelTestOrders(_ slot: String?, _ context: DeviceContext) async throws -> Response {
    let device = try context.requireDevice()
    let answer = try await calls.call(device: device.id) { await $0.cancelTestOrders(slot: slot, access: $1) }
    return respond(answer) { .json(["slots": $0]) }
  }

  /// The person at the device takes the link back; from this answer on nothing is ordered.
  private func unlink(_ device: CloudDevice) async throws -> Response {
    guard try await storage.unlink(device: device.id, at: now()) else { return Self.notLinked }
    hurry()
    return .json(["linked": false], status: .accepted)
  }

  private func slot(_ context: DeviceContext) throws -> String {
    let slot = try context.parameters.require("slot")
    guard let slot = slot.removingPercentEncoding, DeviceBody.isSlot(slot) else { throw DeviceBody.Malformed() }
    return slot
  }

  private func respond<Value>(_ answer: DashCalls.Answer<Value>, _ value: (Value) -> Response) -> Response {
    switch answer {
    case .value(let found): return value(found)
    case .notLinked: return Self.notLinked
    case .refused(status: 404, type: _): return .problem(.notFound, "noSuchSlot")
    case .refused: return .problem(.badRequest, "refusedByAmazon")
    case .unavailable:
      var response = Response.problem(.serviceUnavailable, "amazonUnavailable")
      response.headers[.retryAfter] = "30"
      return response
    }
  }

  private static var notLinked: Response { .problem(.conflict, "notLinked") }
}

/// Turns what a route throws into an answer that tells nothing about the inside, and a log line that does.
struct ProblemMiddleware: RouterMiddleware {
  typealias Context = DeviceContext

  let logger: Logger

  func handle(
    _ request: Request, context: DeviceContext, next: (Request, DeviceContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch is DeviceBody.Malformed {
      return .problem(.badRequest, "malformed")
    } catch is NIOTooManyBytesError {
      return .problem(.contentTooLarge, "tooLarge")
    } catch let error as HTTPError {
      return .problem(error.status, "refused")
    } catch {
      logger.error("\(request.method) of a device failed: \(error)")
      var response = Response.problem(.serviceUnavailable, "internal")
      response.headers[.retryAfter] = "30"
      return response
    }
  }
}
