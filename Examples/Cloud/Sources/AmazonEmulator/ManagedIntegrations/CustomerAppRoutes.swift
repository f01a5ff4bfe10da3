import Foundation
import HTTPTypes
import Hummingbird
import OAuthServer

/// A customer's application, as small as can be: it begins a link, keeps the AccountAssociationId before the browser
/// leaves, and says what came of it. The redirect back carries no id, so that without the cookie nobody would know
/// which association it is about.
struct CustomerAppRoutes: Sendable {
  static let path = "/customer-app"
  private static let cookie = "association"

  let emulator: AmazonEmulator
  let isSecure: Bool
  /// Whoever can read the page can press its buttons; other sites can do neither.
  private let formToken = randomText(bytes: 24)

  init(emulator: AmazonEmulator, isSecure: Bool) {
    self.emulator = emulator
    self.isSecure = isSecure
  }

  func add(to router: Router<EmulatorContext>) {
    router.get(RouterPath(Self.path)) { request, context in
      guard LoopbackOnlyMiddleware.isLocal(context), LoopbackOnlyMiddleware.isLocalHost(request) else { return refusal }
      return await show(request)
    }
    router.post(RouterPath(Self.path)) { request, context in
      guard LoopbackOnlyMiddleware.isLocal(context), LoopbackOnlyMiddleware.isLocalHost(request) else { return refusal }
      return try await act(request)
    }
  }

  private var refusal: Response {
    emulator.pages.message(
      "This page is shown on the emulator's own machine only.", title: "Not here", status: .forbidden)
  }

  private func show(_ request: Request) async -> Response {
    let query = FormParameters(urlEncoded: request.uri.query ?? "")
    let id = request.cookies[Self.cookie]?.value ?? ""
    let app = await emulator.managed.app(of: id)
    var values: [String: Any] = [
      "csrf": formToken,
      "destinations": app.destinations.map { ["id": $0.id, "name": $0.name ?? $0.id, "csrf": formToken] },
      "hasAssociation": app.association != nil, "association": id,
      "state": app.association?.state.rawValue ?? "", "message": app.association?.error ?? "",
      "isLinked": app.association?.state == .succeeded, "search": app.search?.rawValue ?? "",
      "devices": app.devices.map { ["id": $0.id, "name": $0.name ?? $0.id, "csrf": formToken] },
      "commands": app.commands,
    ]
    if let error = query?["error"] {
      values["error"] = error
      values["description"] = query?["error_description"] ?? ""
    }
    return emulator.pages.page("customer-app", title: "Customer application", values)
  }

  private func act(_ request: Request) async throws -> Response {
    let body = try await request.body.collect(upTo: 16 * 1024)
    guard let form = FormParameters(urlEncoded: String(buffer: body)), let token = form["csrf"],
      constantTimeEqual(Array(token.utf8), Array(formToken.utf8)), let action = form["action"]
    else {
      return emulator.pages.message("Reload the page and try again.", title: "Form not valid", status: .badRequest)
    }
    let id = request.cookies[Self.cookie]?.value ?? ""
    let managed = emulator.managed
    do {
      switch action {
      case "link":
        let answer = try await managed.perform(
          .createAccountAssociation, nil, query: [:],
          body: .members(["ConnectorDestinationId": (form["destination"] ?? "").json]))
        return leave(answer?["AccountAssociationId"]?.text ?? "", to: answer?["OAuthAuthorizationUrl"]?.text)
      case "link-again":
        let answer = try await managed.perform(.startAccountAssociationRefresh, id, query: [:], body: .object([:]))
        return leave(id, to: answer?["OAuthAuthorizationUrl"]?.text)
      case "discover":
        let body = JSONValue.members(["DiscoveryType": "CLOUD".json, "AccountAssociationId": id.json])
        _ = try await managed.perform(.startDeviceDiscovery, nil, query: [:], body: body)
      case "identify": try await managed.identify(form["device"] ?? "", of: id, seconds: 10)
      case "unlink": try await managed.unlink(id)
      default: break
      }
      return PageLibrary.redirect(to: Self.path)
    } catch let error as ManagedError {
      return emulator.pages.message("\(error.type): \(error.message)", title: "Not done", status: error.status)
    }
  }

  /// The id is in the browser before the browser leaves.
  private func leave(_ association: String, to address: String?) -> Response {
    var response = PageLibrary.redirect(to: address.flatMap { $0.isEmpty ? nil : $0 } ?? Self.path)
    response.setCookie(
      Cookie(
        name: Self.cookie, value: association, path: Self.path, secure: isSecure, httpOnly: true, sameSite: .lax))
    return response
  }
}

extension ManagedIntegrations {
  /// What the page of an association shows.
  func app(
    of id: String
  ) -> (
    destinations: [ConnectorDestination], association: AccountAssociation?, search: DeviceDiscovery.Status?,
    devices: [DeviceDiscovery.Device], commands: [String]
  ) {
    let search = discoveries.values.filter { $0.association == id }.max { $0.startedAt < $1.startedAt }
    let told = notifications.filter { notification in
      notification.messageType == "DEVICE_COMMAND"
        && (notification.payload["traceId"]?.text).flatMap { commands[$0] }?.association == id
    }
    return (
      destinations.values.sorted { ($0.name ?? $0.id) < ($1.name ?? $1.id) }, associations[id], search?.status,
      search?.devices ?? [],
      told.suffix(5).map { "\(Int($0.payload["statusCode"]?.number ?? 0)) \($0.payload["message"]?.text ?? "")" }
    )
  }

  /// Makes a managed thing of a device where there is none yet, and sends Matter's Identify command.
  func identify(_ device: String, of association: String, seconds: Int) throws {
    let found = discoveries.values.filter { $0.association == association }.sorted { $0.startedAt > $1.startedAt }
      .lazy.compactMap { search in search.devices.first { $0.id == device }.map { (search: search, device: $0) } }.first
    guard let found else { throw ManagedError.notFound("discovered device", device) }
    var thing = things.values.first { $0.device.id == device && $0.discoveredBy == association }?.id
    if thing == nil {
      let body = JSONValue.members([
        "Role": "DEVICE".json, "AuthenticationMaterialType": "DISCOVERED_DEVICE".json,
        "AuthenticationMaterial": found.device.material.json,
      ])
      thing = try perform(.createManagedThing, nil, query: [:], body: body)?["Id"]?.text
    }
    guard let thing else { return }
    let names = JSONValue.members([
      "ManagedThingId": thing.json, "AccountAssociationId": association.json,
      "DeviceDiscoveryId": found.search.id.json,
    ])
    _ = try perform(.registerAccountAssociation, nil, query: [:], body: names)
    let action = JSONValue.members([
      "name": "Identify".json, "parameters": .members(["IdentifyTime": .number(Double(seconds))]),
    ])
    let capability = JSONValue.members([
      "id": "matter.Identify@1.4".json, "name": "Identify".json, "version": "1".json, "actions": .array([action]),
    ])
    let endpoint = JSONValue.members(["endpointId": "1".json, "capabilities": .array([capability])])
    _ = try perform(
      .sendManagedThingCommand, thing, query: [:],
      body: .members(["Endpoints": .array([endpoint]), "AccountAssociationId": association.json]))
  }

  /// Takes an association's devices out, and then itself.
  func unlink(_ association: String) throws {
    for thing in things.values where thing.association == association {
      let names = JSONValue.members(["ManagedThingId": thing.id.json, "AccountAssociationId": association.json])
      _ = try perform(.deregisterAccountAssociation, nil, query: [:], body: names)
      _ = try perform(.deleteManagedThing, thing.id, query: [:], body: .object([:]))
    }
    _ = try perform(.deleteAccountAssociation, association, query: [:], body: .object([:]))
  }
}
