import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import OAuthServer
import ServiceLifecycle
import Synchronization

/// The maker's cloud: owners, their devices, the links to Amazon, and the presses.
public final class ReplenishCloud: Sendable {
  /// What is on disk.
  public let storage: any CloudStorage
  let configuration: CloudConfiguration
  let amazon: AmazonClient
  let keeper: TokenKeeper
  let calls: DashCalls
  let presses: PressWork
  let unlinks: UnlinkWork
  let erasures: ErasureWork
  /// Commands on their way to devices. Whoever notes one here wakes the device.
  public let commands: CommandDesk
  let notifications: NotificationDesk?
  let connector: (configuration: ConnectorConfiguration, signer: any RequestSigner)?
  let pages: PageLibrary
  let accounts: OwnerAccounts
  let ownerGrants: OwnerGrants
  let logger: Logger
  let now: @Sendable () -> Date
  private let address: AddressBox

  /// Creates a cloud; it listens once its applications run.
  ///
  /// - Parameters:
  ///   - configuration: Everything that is decided before.
  ///   - storage: What is on disk.
  ///   - signer: Who signs what the connector sends to AWS, where one is configured.
  ///   - logger: Where it says what happens.
  ///   - now: The present moment.
  public init(
    _ configuration: CloudConfiguration, storage: any CloudStorage, signer: (any RequestSigner)? = nil,
    logger: Logger = Logger(label: "replenish-cloud"), now: @escaping @Sendable () -> Date = { Date() }
  ) throws {
    self.configuration = configuration
    self.storage = storage
    self.logger = logger
    self.now = now
    address = AddressBox(configuration.publicAddress)
    amazon = try AmazonClient(configuration.amazon)
    keeper = TokenKeeper(storage: storage, amazon: amazon, logger: logger, now: now)
    calls = DashCalls(storage: storage, amazon: amazon, keeper: keeper, logger: logger, now: now)
    presses = PressWork(storage: storage, amazon: amazon, keeper: keeper, logger: logger, now: now)
    unlinks = UnlinkWork(storage: storage, amazon: amazon, keeper: keeper, logger: logger, now: now)
    erasures = ErasureWork(storage: storage, logger: logger, now: now)
    commands = CommandDesk(
      storage: storage, most: configuration.mostWaitingDevices, interval: configuration.commandRound, logger: logger,
      now: now)
    let (calls, keeper, amazon) = (calls, keeper, amazon)
    notifications = configuration.notifications.map { source in
      NotificationDesk(
        source: source, storage: storage, amazon: amazon, calls: calls, keeper: keeper,
        certificates: SNSCertificates(amazon), logger: logger, now: now)
    }
    ownerGrants = OwnerGrants(storage: storage, issuer: { [address] in address.text }, now: now)
    connector = configuration.connector.flatMap { connector in signer.map { (connector, $0) } }
    pages = try PageLibrary(site: configuration.site, templates: Self.templates, style: Self.style)
    accounts = OwnerAccounts(
      storage: storage,
      hasher: try PasswordHasher(cost: PasswordHash.Cost(logN: configuration.passwordLogN, r: 8, p: 3)),
      mail: try MailFolder(path: configuration.mailFolder, sender: configuration.mailSender),
      publicAddress: { [address] in address.text }, site: configuration.site, now: now)
  }

  /// Who hands out commands; nil where devices cannot wait for any.
  private var downlink: CommandDesk? { configuration.offersDownlink ? commands : nil }

  /// What owners allowed apps.
  public var grants: any AccessGrants { ownerGrants }

  /// What browsers type, without a final slash; also the name of the authorization server (its issuer).
  public var publicAddress: String {
    get { address.text }
    set { address.text = newValue }
  }

  /// Tells Amazon of unlinks now, instead of at the next round, and deletes what only waited for that.
  func hurry() {
    let (unlinks, erasures) = (unlinks, erasures)
    begin("unlinks") {
      try await unlinks.sweep()
      try await erasures.sweep()
    }
  }

  /// Begins a round that nobody waits for.
  private func begin(_ what: String, _ round: @escaping @Sendable () async throws -> Void) {
    let logger = logger
    Task {
      do {
        try await round()
      } catch {
        logger.error("\(what): \(error)")
      }
    }
  }

  private static var templates: [String: String] {
    let own = [
      "cloud-layout": PackageResources.cloud_layout_mustache, "cloud-notice": PackageResources.cloud_notice_mustache,
      "cloud-sign-up": PackageResources.cloud_sign_up_mustache,
      "cloud-sign-in": PackageResources.cloud_sign_in_mustache,
      "cloud-new-password": PackageResources.cloud_new_password_mustache,
      "cloud-recovery-codes": PackageResources.cloud_recovery_codes_mustache,
      "cloud-forgot": PackageResources.cloud_forgot_mustache,
      "cloud-recover": PackageResources.cloud_recover_mustache,
      "cloud-account": PackageResources.cloud_account_mustache,
      "cloud-delete-account": PackageResources.cloud_delete_account_mustache,
      "cloud-devices": PackageResources.cloud_devices_mustache, "cloud-claim": PackageResources.cloud_claim_mustache,
      "cloud-device": PackageResources.cloud_device_mustache,
      "cloud-consent": PackageResources.cloud_consent_mustache, "cloud-apps": PackageResources.cloud_apps_mustache,
    ]
    return own.mapValues { String(decoding: $0, as: UTF8.self) }
  }

  private static var style: String { String(decoding: PackageResources.cloud_style_css, as: UTF8.self) }
}

extension ReplenishCloud {
  /// The pages, for browsers.
  ///
  /// - Parameters:
  ///   - host: The address to listen on.
  ///   - port: The port; 0 lets the system choose one.
  ///   - certificate: What to listen with; nil means plain http, for a proxy in front or for this machine.
  ///   - whenListening: Told the port once it listens.
  public func pageApplication(
    host: String = "127.0.0.1", port: Int, certificate: ListenerCertificate?,
    whenListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) throws -> some ApplicationProtocol {
    try application(
      router: pageRouter(), host: host, port: port, tls: try certificate?.tls(), whenListening: whenListening)
  }

  /// The listener of the devices: client certificates of the maker's authority, no exception.
  ///
  /// - Parameters:
  ///   - host: The address to listen on.
  ///   - port: The port; 0 lets the system choose one.
  ///   - certificate: What to listen with.
  ///   - makerAuthority: The certificates that signed the devices' ones, as PEM.
  ///   - whenListening: Told the port once it listens.
  public func deviceApplication(
    host: String = "127.0.0.1", port: Int, certificate: ListenerCertificate, makerAuthority: String,
    whenListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) throws -> some ApplicationProtocol {
    let desk = PressDesk(
      storage: storage, work: presses, limits: configuration.pressLimits, logger: logger,
      patience: configuration.pressPatience, now: now)
    let routes = DeviceRoutes(
      storage: storage, desk: desk, calls: calls, rekeying: configuration.rekeying,
      commands: downlink, logger: logger, now: now,
      hurry: { [weak self] in self?.hurry() })
    return try application(
      router: routes.router(), host: host, port: port, tls: try certificate.tls(makerAuthority: makerAuthority),
      whenListening: whenListening)
  }

  /// The listener of the connector; nil where none is configured.
  ///
  /// - Parameters:
  ///   - host: The address to listen on.
  ///   - port: The port; 0 lets the system choose one.
  ///   - certificate: What to listen with; nil means plain http, for this machine only.
  ///   - whenListening: Told the port once it listens.
  public func connectorApplication(
    host: String = "127.0.0.1", port: Int, certificate: ListenerCertificate?,
    whenListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) throws -> (any ApplicationProtocol)? {
    guard let connector else { return nil }
    let work = connectorWork
    let desk = ConnectorDesk(
      configuration: connector.configuration, storage: storage, grants: grants,
      commands: downlink, logger: logger, now: now,
      hurry: { [weak self] in self?.begin("connector") { try await work?.sweep() } })
    return try application(
      router: ConnectorRoute(desk: desk, logger: logger).router(), host: host, port: port,
      tls: try certificate?.tls(), whenListening: whenListening)
  }

  /// Sends what managed integrations is to be told; nil where no connector is configured.
  var connectorWork: ConnectorWork? {
    connector.map { connector in
      ConnectorWork(
        configuration: connector.configuration, storage: storage, grants: grants,
        commands: downlink, signer: connector.signer, amazon: amazon, logger: logger, now: now)
    }
  }

  func pageRouter() -> Router<CloudContext> {
    let links = DeviceLinks(
      storage: storage, amazon: amazon, calls: calls, logger: logger,
      redirect: { [address] in address.text + "/link/return" }, now: now)
    let router = CloudPages(
      storage: storage, accounts: accounts,
      sessions: CloudSessions(
        storage: storage, isSecure: configuration.isSecure, formKey: configuration.formKey, now: now), links: links,
      calls: calls, commands: downlink, pages: pages, server: ownerGrants.server,
      address: ClientAddress(proxies: configuration.proxies), logger: logger, now: now,
      hurry: { [weak self] in self?.hurry() }
    ).router(isSecure: configuration.isSecure)
    NotificationRoute(desk: notifications, logger: logger).add(to: router)
    ResourceRoutes(storage: storage, grants: grants, logger: logger).add(to: router)
    BackChannelRoutes(
      server: ownerGrants.server, paths: OwnerGrants.paths, publicAddress: { [address] in address.text },
      scopes: CloudScope.allCases.map(\.rawValue),
      throttle: .perPlace(
        Throttle(storage: storage), ClientAddress(proxies: configuration.proxies), now: now)
    ) { [logger] event, _ in
      if let error = event.error { logger.info("\(event.kind.rawValue) refused: \(error.code.rawValue)") }
    }.add(to: router)
    return router
  }

  func application<Context: RequestContext & InitializableFromSource<ApplicationRequestContextSource>>(
    router: Router<Context>, host: String, port: Int, tls: TLSConfiguration?,
    whenListening: @escaping @Sendable (Int) async -> Void
  ) throws -> some ApplicationProtocol {
    let head = TimeAmount.milliseconds(Int64(configuration.headSeconds * 1000))
    let body = TimeAmount.milliseconds(Int64(configuration.bodySeconds * 1000))
    var settings = HTTP1Channel.Configuration(additionalChannelHandlers: [RequestDeadline(head: head, body: body)])
    settings.httpDecoder = .init(maxHeaderFieldSize: 8 * 1024, maxHeaderListSize: 16 * 1024, maxHeaderFieldCount: 64)
    let http = HTTPServerBuilder.http1(configuration: settings)
    let server = try tls.map { try HTTPServerBuilder.tls(http, tlsConfiguration: $0) } ?? http
    // The framework's messages are about connections; the cloud's log says what happened.
    var quiet = Logger(label: "replenish-cloud.http")
    quiet.logLevel = .critical
    return Application(
      router: router, server: server, configuration: .init(address: .hostname(host, port: port), serverName: nil),
      onServerRunning: { channel in await whenListening(channel.localAddress?.port ?? port) }, logger: quiet)
  }

  /// Ends the connections to Amazon.
  public func shutdown() async throws { try await amazon.shutdown() }

  /// Looks for what is due, again and again: presses, unlinks, erasures, the connector's events, the end of a wave of
  /// refusals, and what has died.
  public var rounds: some Service { Rounds(cloud: self) }

  struct Rounds: Service {
    let cloud: ReplenishCloud

    func run() async throws {
      let (presses, unlinks, erasures, keeper) = (cloud.presses, cloud.unlinks, cloud.erasures, cloud.keeper)
      let (storage, now) = (cloud.storage, cloud.now)
      let (round, connector) = (cloud.configuration.round, cloud.connectorWork)
      await cancelWhenGracefulShutdown {
        // Side by side: a slow answer to one must not keep the others waiting.
        await withDiscardingTaskGroup { group in
          group.addTask { await repeated("presses", every: round) { try await presses.sweep() } }
          group.addTask { await repeated("unlinks", every: round) { try await unlinks.sweep() } }
          group.addTask { await repeated("erasures", every: round) { try await erasures.sweep() } }
          if let connector {
            group.addTask { await repeated("connector", every: round) { try await connector.sweep() } }
          }
          group.addTask { await repeated("refusals", every: round) { try await keeper.noticeEndOfWave() } }
          group.addTask { await repeated("sweep", every: 600) { try await storage.sweep(at: now()) } }
        }
      }
    }

    private func repeated(_ what: String, every seconds: Double, _ work: () async throws -> Void) async {
      while !Task.isCancelled {
        do {
          try await work()
        } catch is CancellationError {
          return
        } catch {
          cloud.logger.error("\(what): \(error)")
        }
        try? await Task.sleep(for: .seconds(seconds))
      }
    }
  }
}

/// The address that browsers type; with port 0 it is known only once the cloud listens.
private final class AddressBox: Sendable {
  private let stored: Mutex<String>

  init(_ text: String) { stored = Mutex(text) }

  var text: String {
    get { stored.withLock { $0 } }
    set { stored.withLock { $0 = newValue } }
  }
}
