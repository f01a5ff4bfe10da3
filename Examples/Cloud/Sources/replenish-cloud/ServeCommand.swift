import ArgumentParser
import BoundedHTTP
import Foundation
import Hummingbird
import Logging
import NIOCore
import ReplenishCloud
import ServiceLifecycle
import ServiceProgram
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Runs the cloud: pages for browsers, and a listener with mutual TLS for devices.",
    discussion: """
      Two ports. Browsers come to the first one, best through a proxy that speaks https. Devices come to the second \
      one, straight and with a certificate of the maker's authority; nothing may end their TLS on the way.
      """)

  @OptionGroup var storage: StorageOptions

  @OptionGroup(title: "Pages")
  var pages: PageOptions

  @OptionGroup(title: "Devices")
  var devices: DeviceOptions

  @OptionGroup(title: "Amazon")
  var amazon: AmazonOptions

  @OptionGroup(title: "Amazon's notifications")
  var notifications: NotificationOptions

  @OptionGroup(title: "AWS IoT managed integrations")
  var connector: ConnectorOptions

  @Option(
    help: ArgumentHelp(
      "Write the ports, of pages, devices and connector, to this file once all listen.", valueName: "file"))
  var readyFile: String?

  @Flag(help: "End when standard input closes, that is, when the program that started this one ends.")
  var exitWithParent = false

  func run() async throws {
    LoggingSystem.bootstrap { _ in LineLogHandler() }
    let logger = Logger(label: "replenish-cloud")
    var configuration = CloudConfiguration(
      publicAddress: pages.publicAddress, amazon: try await amazon.configuration(), mailFolder: pages.mailFolder)
    configuration.site = pages.site
    configuration.mailSender = pages.mailSender
    configuration.proxies = Set(pages.proxy)
    configuration.notifications = try notifications.source()
    if let origin = notifications.snsOrigin {
      logger.warning("notifications signed by \(origin) are believed: for development only")
    }
    configuration.connector = connector.configuration()
    configuration.rekeying = try devices.rekeying()
    configuration.offersDownlink = devices.downlink
    configuration.mostWaitingDevices = devices.mostWaitingDevices
    configuration.formKey = try explained { try KeyFile(path: self.storage.keys) }.derived(for: "forms of visitors")
    // A device gives its key up for what is signed here: it must be let in with that.
    let makerAuthority = try text(of: devices.makerCA, option: "--maker-ca")
    try explained { try configuration.rekeying?.check(makerAuthority: makerAuthority) }
    let settled = configuration
    let storage = try await storage.open()
    let credentials = try BoundedHTTPClient()
    let cloud = try explained {
      try ReplenishCloud(settled, storage: storage, signer: connector.signer(credentials), logger: logger)
    }
    let ready = ReadyFile(path: readyFile, hasConnector: settled.connector != nil)
    let pageApplication = try explained {
      try cloud.pageApplication(
        host: pages.host, port: pages.port,
        certificate: try ListenerFiles.certificate(pages.certificate, pages.privateKey)
      ) { port in
        logger.info("pages: \(cloud.publicAddress), port \(port)")
        await ready.note(pages: port)
      }
    }
    let deviceApplication = try explained {
      try cloud.deviceApplication(
        host: devices.deviceHost, port: devices.devicePort,
        certificate: try ListenerFiles.required(devices.deviceCertificate, devices.devicePrivateKey),
        makerAuthority: makerAuthority
      ) { port in
        logger.info("devices: port \(port)")
        await ready.note(devices: port)
      }
    }
    let connectorApplication = try explained {
      try cloud.connectorApplication(
        host: connector.connectorHost, port: connector.connectorPort ?? 0,
        certificate: try ListenerFiles.certificate(connector.connectorCertificate, connector.connectorPrivateKey)
      ) { port in
        logger.info("connector: port \(port)")
        await ready.note(connector: port)
      }
    }
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
      .init(service: pageApplication), .init(service: deviceApplication), .init(service: cloud.rounds),
      .init(service: PromptExit()),
    ]
    if let connectorApplication { services.append(.init(service: connectorApplication)) }
    if exitWithParent {
      services.append(.init(service: StandardInputWatch(), successTerminationBehavior: .gracefullyShutdownGroup))
    }
    var group = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    group.maximumGracefulShutdownDuration = .seconds(1)
    do {
      try await ServiceGroup(configuration: group).run()
    } catch let error as IOError {
      throw Refusal("Cannot listen: \(error). Choose another --port, --device-port, --connector-port or host.")
    }
    try? await cloud.shutdown()
    try? await credentials.shutdown()
  }
}

/// Certificates of the listeners.
enum ListenerFiles {
  static func certificate(_ chain: String?, _ key: String?) throws -> ListenerCertificate? {
    guard let chain, let key else { return nil }
    return try required(chain, key)
  }

  static func required(_ chain: String, _ key: String) throws -> ListenerCertificate {
    ListenerCertificate(
      chain: try text(of: chain, option: "certificate"), privateKey: try text(of: key, option: "private key"))
  }
}

/// Writes the ports once all are known.
private actor ReadyFile {
  let path: String?
  let hasConnector: Bool
  private var pages: Int?
  private var devices: Int?
  private var connector: Int?

  init(path: String?, hasConnector: Bool) {
    self.path = path
    self.hasConnector = hasConnector
  }

  func note(pages port: Int) { pages = port; write() }

  func note(devices port: Int) { devices = port; write() }

  func note(connector port: Int) { connector = port; write() }

  private func write() {
    guard let path, let pages, let devices, hasConnector == (connector != nil) else { return }
    let ports = [pages, devices] + (connector.map { [$0] } ?? [])
    let line = ports.map(String.init).joined(separator: " ") + "\n"
    try? Data(line.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}
