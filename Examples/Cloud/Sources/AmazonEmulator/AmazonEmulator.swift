import Foundation
import Hummingbird
import Logging
import NIOCore
import OAuthServer
import Synchronization

/// Stands in for Login with Amazon and the Dash Replenishment Service on one machine.
public final class AmazonEmulator: Sendable {
  /// The rules of the tokens.
  public let server: AuthorizationServer
  /// Where the tokens are.
  public let storage: InMemoryAuthorizationStorage
  /// Registrations and orders.
  public let dash: DashAccounts
  /// The time the emulator lives in.
  public let clock: EmulatorClock
  /// The faults that wait.
  public let faults = FaultScript()
  /// The requests that came.
  public let log = RequestLog()
  let publisher: NotificationPublisher
  let managed: ManagedIntegrations
  let configuration: EmulatorConfiguration
  let pages: PageLibrary
  let logger: Logger
  private let address = PublicAddress()

  /// Creates an emulator; it listens once `application` runs.
  public init(
    _ configuration: EmulatorConfiguration, clock: EmulatorClock = EmulatorClock(),
    logger: Logger = Logger(label: "amazon-emulator")
  ) throws {
    self.configuration = configuration
    self.clock = clock
    self.logger = logger
    publisher = NotificationPublisher(clock: clock)
    let address = address
    managed = ManagedIntegrations(
      configuration.managedIntegrations, clock: clock, faults: faults, logger: logger,
      publicAddress: { address.text })
    storage = InMemoryAuthorizationStorage(clients: configuration.clients)
    dash = DashAccounts(
      slots: configuration.slots, allowsRealOrders: configuration.allowsRealOrders, clock: clock)
    server = AuthorizationServer(
      storage: storage, devices: storage, policy: configuration.policy, dialect: LWA.dialect, mint: LWA.mint,
      consent: DashConsent(dash: dash), now: { clock.now })
    pages = try PageLibrary(
      site: "Amazon emulator",
      templates: [
        "overview": String(decoding: PackageResources.overview_mustache, as: UTF8.self),
        "customer-app": String(decoding: PackageResources.customer_app_mustache, as: UTF8.self),
      ])
  }

  /// The address that pages and answers name, without a final slash.
  public var publicAddress: String {
    get { address.text }
    set { address.text = newValue }
  }

  /// The settings in force.
  public var settings: EmulatorSettings {
    get async {
      EmulatorSettings(
        policy: server.policy, clockSkew: clock.skew, allowsRealOrders: await dash.allowsRealOrders)
    }
  }

  /// Changes what the settings name.
  public func apply(_ settings: EmulatorSettings) async {
    settings.apply(to: &server.policy)
    if let skew = settings.clockSkewSeconds { clock.skew = skew }
    if let isAllowed = settings.allowsRealOrders { await dash.allowRealOrders(isAllowed) }
  }

  /// Makes every access token expire; returns how many there were.
  @discardableResult
  public func expireAccessTokens() async -> Int {
    await storage.expireAccessTokens(at: clock.now)
  }

  /// Revokes the grants of the matching devices, as a customer does who removes the app; returns how many there were.
  @discardableResult
  public func revokeGrants(model: String? = nil, serial: String? = nil) async -> Int {
    var count = 0
    for registration in await dash.registrations
    where (model == nil || registration.model == model) && (serial == nil || registration.serial == serial) {
      count += await storage.revokeGrants(resource: registration.id, at: clock.now)
    }
    return count
  }

  /// Forgets devices, orders, tokens, faults and requests, and returns to the settings of the start.
  public func reset() async {
    await storage.reset()
    await dash.reset()
    await faults.clear()
    await log.reset()
    await publisher.reset()
    await managed.reset()
    clock.skew = 0
    server.policy = configuration.policy
  }

  /// The routes: LWA, DRS, the control endpoint and the overview page.
  ///
  /// - Parameter isSecure: Whether it is reached over https.
  public func router(isSecure: Bool) -> Router<EmulatorContext> {
    let router = Router(context: EmulatorContext.self)
    router.add(middleware: RequestLogMiddleware(log: log, clock: clock, logger: logger))
    router.add(
      middleware: FaultMiddleware(
        script: faults, expireTokens: { [self] in await expireAccessTokens() },
        revokeGrants: { [self] in await revokeGrants() }))
    let dashRoutes = DashRoutes(server: server, storage: storage, dash: dash, clock: clock)
    router.add(middleware: FrontMiddleware { try await dashRoutes.respond(to: $0, $1) })
    let notificationRoutes = NotificationRoutes(emulator: self)
    router.add(middleware: FrontMiddleware { request, _ in try await notificationRoutes.respond(to: request) })
    let managedRoutes = ManagedRoutes(
      managed: managed, pages: pages, region: configuration.managedIntegrations.region)
    router.add(middleware: FrontMiddleware { try await managedRoutes.respond(to: $0, $1) })
    addLogin(to: router, isSecure: isSecure)
    ProfileRoutes(server: server, customers: configuration.customers).add(to: router)
    ControlRoutes(emulator: self).add(to: router)
    OverviewRoutes(emulator: self).add(to: router)
    CustomerAppRoutes(emulator: self, isSecure: isSecure).add(to: router)
    return router
  }

  private func addLogin(to router: Router<EmulatorContext>, isSecure: Bool) {
    var paths = OAuthPaths()
    paths.authorize = "/ap/oa"
    paths.token = ["/auth/o2/token", "/auth/O2/token"]
    paths.revoke = "/auth/o2/revoke"
    paths.deviceAuthorization = "/auth/o2/create/codepair"
    paths.code = "/code"
    let dash = dash
    OAuthRoutes<EmulatorContext>(
      server: server, accounts: CustomerDirectory(customers: configuration.customers), sessions: storage,
      pages: pages,
      publicAddress: { [self] in publicAddress }, isSecure: isSecure, paths: paths
    ) { event, context in
      context.note.set { values in
        values.result = event.error?.code.rawValue ?? (event.kind == .decision ? "allowed" : "ok")
      }
      guard let id = event.grant?.resource else { return }
      let note = context.note
      await note.set(device: dash.registration(id)?.device)
    }.add(to: router)
  }
}

/// The address that pages and answers name; with port 0 it is known only once the emulator listens.
private final class PublicAddress: Sendable {
  private let stored = Mutex("http://localhost")

  var text: String {
    get { stored.withLock { $0 } }
    set { stored.withLock { $0 = newValue } }
  }
}

/// Puts a service in front of the router, where its paths are not the router's to take apart: it would split an escaped slash
/// in a slot's name.
struct FrontMiddleware: RouterMiddleware {
  typealias Context = EmulatorContext

  /// The answer; nil leaves the request to the router.
  let respond: @Sendable (Request, EmulatorContext) async throws -> Response?

  func handle(
    _ request: Request, context: EmulatorContext,
    next: (Request, EmulatorContext) async throws -> Response
  ) async throws -> Response {
    if let response = try await respond(request, context) { return response }
    return try await next(request, context)
  }
}
