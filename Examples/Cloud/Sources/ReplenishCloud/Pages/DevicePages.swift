import Foundation
import Hummingbird
import Logging
import OAuthServer

/// Devices, slots, orders, link and unlink.
extension CloudPages {
  func addDevicePages(to router: Router<CloudContext>) {
    router.get("/") { try await owned($0, $1) { try await showDevices($0, $1) } }
    router.get("/claim") { request, context in
      try await owned(request, context) { visit, _ in showClaim(visit) }
    }
    router.post("/claim") { try await submittedByOwner($0, $1, claim) }
    router.get("/devices/:id") { try await owned($0, $1) { try await showDevice($0, $1) } }
    router.post("/devices/:id/link") { try await submittedByOwner($0, $1, link) }
    router.post("/devices/:id/unlink") { try await submittedByOwner($0, $1, unlink) }
    router.post("/devices/:id/release") { try await submittedByOwner($0, $1, release) }
    router.post("/devices/:id/update") { try await submittedByOwner($0, $1, update) }
    router.post("/devices/:id/identify") { try await submittedByOwner($0, $1, identify) }
    router.get("/link/return") { try await comeBack($0, $1) }
  }

  private func showDevices(_ visit: Visit, _ owner: Owner.ID) async throws -> Response {
    var devices: [[String: Any]] = []
    for ownership in try await storage.ownerships(of: owner) {
      let registration = try await storage.latestRegistration(ownership: ownership.id)
      devices.append([
        "path": "/devices/\(ownership.id)", "model": ownership.device.model, "serial": ownership.device.serial,
        "state": Self.words(registration?.state),
      ])
    }
    return page("cloud-devices", title: "Devices", visit, ["devices": devices, "hasDevices": !devices.isEmpty])
  }

  // MARK: Claim

  private func showClaim(_ visit: Visit, problem: String? = nil, serial: String? = nil, tooMany: Bool = false)
    -> Response
  {
    page(
      "cloud-claim", title: "Add a device", visit,
      ["serial": serial ?? visit.query["serial"] ?? "", "code": visit.query["code"] ?? ""], problem: problem,
      status: tooMany ? .tooManyRequests : problem == nil ? .ok : .forbidden)
  }

  /// One answer for an unknown serial number, a wrong code, nobody at the device, and a device that is owned.
  private static let claimRefusal = """
    This did not work. Check serial number and claim code on the label. Hold the button of the device for five seconds \
    and try again within ten minutes. A device in somebody's account must be released there first.
    """

  private func claim(_ submission: Submission, _ owner: Owner.ID) async throws -> Response {
    let serial = submission.field("serial").trimmingCharacters(in: .whitespaces)
    let limits = Throttle.claim(owner: owner, address: address(submission.visit))
    guard try await Throttle(storage: storage).admits(limits, at: now()) else {
      return showClaim(submission.visit, problem: Self.tooManyTries, serial: serial, tooMany: true)
    }
    let ownership = try await storage.claim(
      owner: owner, serial: serial, code: SecretText.fingerprint(submission.field("code")), presentSince: now() - 600,
      at: now())
    guard let ownership else { return showClaim(submission.visit, problem: Self.claimRefusal, serial: serial) }
    logger.info("device \(ownership.device.id) was claimed")
    return PageLibrary.redirect(to: "/devices/\(ownership.id)")
  }

  // MARK: One device

  /// The device a path names, if it is this owner's now; whether it is somebody else's is not told.
  private func ownership(_ visit: Visit, _ owner: Owner.ID) async throws -> Ownership {
    let id = visit.path.split(separator: "/").dropFirst().first.flatMap { Int64($0) }
    guard let id, let ownership = try await storage.ownership(id), ownership.owner == owner else {
      throw HTTPError(.notFound)
    }
    return ownership
  }

  private func showDevice(_ visit: Visit, _ owner: Owner.ID) async throws -> Response {
    let ownership = try await ownership(visit, owner)
    let registration = try await storage.latestRegistration(ownership: ownership.id)
    let state = registration?.state
    var values: [String: Any] = [
      "path": visit.path, "model": ownership.device.model, "serial": ownership.device.serial,
      "state": Self.words(state), "isLinked": state == .live, "mayLink": state != .live && state != .unlinking,
      "isUnlinking": state == .unlinking, "failed": state == .failed, "claimed": Self.display(ownership.claimedAt),
    ]
    for form in ["link", "unlink", "release", "update", "identify"] {
      values[form + "Form"] = visit.found.formToken(for: "\(visit.path)/\(form)")
    }
    if commands != nil {
      let asked = try await storage.latestCommand(ownership: ownership.id, at: now())
      values["identify"] = ["isAsked": asked?.state == .open, "news": asked.map { Self.words($0.state) } ?? ""]
    }
    if let registration, state == .live {
      values["linked"] = Self.display(registration.linkedAt)
      values["isTest"] = calls.amazon.configuration.isTestDevice
      let slots = try await storage.slots(of: registration.id).map { slot -> [String: Any] in
        ["slot": slot.slot, "product": slot.subscribed ? slot.products.map(\.asin).joined(separator: ", ") : "none"]
      }
      values["slots"] = slots
      values["hasSlots"] = !slots.isEmpty
    }
    let presses = try await storage.presses(ownership: ownership.id, limit: 30).map { press -> [String: Any] in
      ["time": Self.display(press.pressedAt), "slot": press.slot, "state": Self.words(press)]
    }
    values["presses"] = presses
    values["hasPresses"] = !presses.isEmpty
    return page("cloud-device", title: ownership.device.model, visit, values)
  }

  private func back(_ submission: Submission) -> Response {
    PageLibrary.redirect(
      to: String(
        submission.visit.path.prefix { $0 != "?" }.split(separator: "/").prefix(2)
          .reduce(into: "") { $0 += "/" + $1 }))
  }

  private func link(_ submission: Submission, _ owner: Owner.ID) async throws -> Response {
    let ownership = try await ownership(submission.visit, owner)
    switch try await links.depart(ownership, session: submission.visit.found.id) {
    case .to(let address): return PageLibrary.redirect(to: address)
    case .alreadyLinked:
      return message(
        "This device is linked already. Unlink it first to link another account.", title: "Linked already",
        submission.visit, back: "/devices/\(ownership.id)", status: .conflict)
    case .noLongerOwned: throw HTTPError(.notFound)
    case .unlinkUnderWay:
      return message(
        "An earlier link of this device is still being removed at Amazon. Try again in a few minutes.",
        title: "Not yet", submission.visit, back: "/devices/\(ownership.id)", status: .conflict)
    }
  }

  private func comeBack(_ request: Request, _ context: CloudContext) async throws -> Response {
    if try await links.arriveErased(FormParameters(urlEncoded: request.uri.query ?? "") ?? FormParameters([:])) {
      hurry()
      return try await open(request, context) { visit in
        message(
          "The account of this device was deleted meanwhile. What you just allowed at Amazon is taken back there.",
          title: "Not linked", visit, status: .forbidden)
      }
    }
    return try await owned(request, context) { try await arrive($0, $1) }
  }

  private func arrive(_ visit: Visit, _ owner: Owner.ID) async throws -> Response {
    let arrival = try await links.arrive(visit.query, owner: owner, session: visit.found.id)
    func refusal(_ text: String, _ ownership: Int64?) -> Response {
      message(text, title: "Not linked", visit, back: ownership.map { "/devices/\($0)" } ?? "/", status: .forbidden)
    }
    switch arrival {
    case .linked(let id): return PageLibrary.redirect(to: "/devices/\(id)")
    case .unknown:
      return refusal("This link was not begun in this browser, or more than ten minutes ago. Begin again.", nil)
    case .denied(let id): return refusal("You refused it at Amazon. Nothing was linked.", id)
    case .otherOwner(let id):
      hurry()
      return refusal(
        "This Amazon account cannot be linked here. Use another one; what was just allowed is taken back.", id)
    case .alreadyLinked(let id): return refusal("This device was linked meanwhile.", id)
    case .noLongerOwned:
      hurry()
      return refusal("This device is not in your account any more.", nil)
    case .failed(let id):
      hurry()
      return refusal("Amazon did not complete the link. Try again.", id)
    }
  }

  private func unlink(_ submission: Submission, _ owner: Owner.ID) async throws -> Response {
    let ownership = try await ownership(submission.visit, owner)
    if try await storage.unlink(device: ownership.device.id, at: now()) {
      logger.info("device \(ownership.device.id) was unlinked by its owner")
      hurry()
    }
    return back(submission)
  }

  private func release(_ submission: Submission, _ owner: Owner.ID) async throws -> Response {
    let ownership = try await ownership(submission.visit, owner)
    if try await storage.release(ownership.id, at: now()) {
      logger.info("device \(ownership.device.id) was released by its owner")
      hurry()
    }
    return PageLibrary.redirect(to: "/")
  }

  private func update(_ submission: Submission, _ owner: Owner.ID) async throws -> Response {
    let ownership = try await ownership(submission.visit, owner)
    guard let registration = try await storage.liveRegistration(device: ownership.device.id) else {
      return back(submission)
    }
    guard try await calls.updateSlots(of: registration) != nil else {
      return message(
        "Amazon cannot be asked at this moment. Try again in a few minutes.", title: "No answer", submission.visit,
        back: "/devices/\(ownership.id)", status: .serviceUnavailable)
    }
    try await calls.updateOrders(ownership: ownership.id, device: ownership.device.id)
    return back(submission)
  }

  /// How long the light shows which one it is, and how long the device has to hear of it, in seconds.
  private static let identification = (shown: UInt16(20), heard: 60.0)

  private func identify(_ submission: Submission, _ owner: Owner.ID) async throws -> Response {
    let ownership = try await ownership(submission.visit, owner)
    guard let commands else { throw HTTPError(.notFound) }
    // One at a time is enough to see, and bounds what is stored.
    if try await storage.latestCommand(ownership: ownership.id, at: now())?.state != .open {
      let command = DeviceCommand(
        id: randomText(bytes: 16), ownership: ownership.id, action: .identify(seconds: Self.identification.shown),
        expiresAt: now() + Self.identification.heard)
      _ = try await commands.note(command, at: now())
    }
    return back(submission)
  }

  // MARK: Words

  private static func words(_ state: CommandState) -> String {
    switch state {
    case .open: "The device is asked. If its light does not blink within a minute, it is not connected."
    case .done: "The device was asked last and blinked."
    case .over: "The device was asked last and did not hear of it in time: it was not connected."
    }
  }

  private static func words(_ state: Registration.State?) -> String {
    switch state {
    case nil, .ended: "not linked"
    case .live: "linked"
    case .unlinking: "being unlinked: no order is possible, and Amazon is being told"
    case .failed: "not linked; Amazon could not be told"
    }
  }

  private static func words(_ press: Press) -> String {
    switch press.state {
    case .noted: "noted, not sent yet"
    case .sending: "sent, no answer yet"
    case .ordered: press.orderStatus.map { "ordered: \($0)" } ?? "ordered"
    case .alreadyOrdered: "on order already"
    case .expired: press.reason == "age-unknown" ? "not ordered: its time is not known" : "not ordered: too old"
    case .inDoubt: "in doubt: look into your orders at Amazon"
    case .void:
      switch press.reason {
      case "not-linked": "not ordered: the device was not linked"
      case "before-link": "not ordered: pressed before the device was linked"
      case "unlinked": "not ordered: the device was unlinked"
      case "no-such-slot": "not ordered: Amazon does not know this slot"
      default: "not ordered: Amazon refused"
      }
    }
  }
}
