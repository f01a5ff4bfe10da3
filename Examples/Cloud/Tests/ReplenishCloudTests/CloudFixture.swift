import AmazonEmulator
import AsyncHTTPClient
import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import OAuthServer
import Synchronization
import Testing

@testable import ReplenishCloud

/// A cloud on a database of its own, the Amazon emulator beside it, and the maker's authority: all in this process,
/// talking over real sockets, in a time that stands until it is moved.
final class CloudFixture: Sendable {
  static let password = "correct horse battery"

  let clock = TestClock()
  let log = LogLines()
  /// What the emulator says.
  let amazonLog = LogLines()
  let folder: String
  let keys = KeyFile(keys: [KeyFile.draw()])
  let maker: Maker
  let emulator: AmazonEmulator
  let amazonCertificate: ServerCertificate
  let database: EmptyDatabase
  private let clients = Mutex<[HTTPClient]>([])
  let signer: (any RequestSigner)?
  let configure: @Sendable (inout CloudConfiguration) -> Void

  init(
    signer: (any RequestSigner)? = nil, _ configure: @escaping @Sendable (inout CloudConfiguration) -> Void = { _ in }
  ) throws {
    self.signer = signer
    self.configure = configure
    folder = FileManager.default.temporaryDirectory.appending(path: "cloud-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    database = EmptyDatabase(folder: folder)
    maker = try Maker()
    let clock = clock
    var configuration = EmulatorConfiguration(
      customers: [
        .init(email: "customer@example.com", password: "amazon-1"),
        .init(email: "neighbour@example.com", password: "amazon-2"),
      ],
      clients: [
        .confidential(
          id: "amzn1.application-oa2-client.web", secret: "client-s3cret", name: "Maker",
          redirectURIs: ["http://localhost/link/return"], scopes: EmulatorConfiguration.scopes)
      ])
    configuration.policy.rotation = .strict
    let amazonLog = amazonLog
    let logger = Logger(label: "emulator") { _ in KeepingLogHandler(lines: amazonLog) }
    emulator = try AmazonEmulator(configuration, clock: EmulatorClock { clock.now }, logger: logger)
    amazonCertificate = try ServerCertificate()
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Opens the database once more.
  func open() async throws -> SQLStorage { try await database.open(keys: keys) }

  /// Works with the database alone.
  func withStorage(_ work: (SQLStorage) async throws -> Void) async throws {
    let storage = try await open()
    let result = await Result { try await work(storage) }
    try await storage.close()
    try await database.drop()
    try result.get()
  }

  /// A cloud that is running.
  struct Running: Sendable {
    let fixture: CloudFixture
    let cloud: ReplenishCloud
    let storage: SQLStorage
    let amazonPort: Int
    let pages: String
    let devicePort: Int
    let http: HTTPClient

    var amazon: String { "https://localhost:\(amazonPort)" }
    var clock: TestClock { fixture.clock }
  }

  /// Runs emulator and cloud, then the test.
  func run(_ test: @Sendable @escaping (Running) async throws -> Void) async throws {
    let (amazonPorts, amazonReady) = AsyncStream<Int>.makeStream()
    let amazonApplication = try emulator.application(port: 0, certificate: amazonCertificate) {
      amazonReady.yield($0)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await amazonApplication.run() }
      guard let amazonPort = await amazonPorts.first(where: { _ in true }) else { return }
      let storage = try await open()
      let cloud = try makeCloud(storage, amazonPort: amazonPort)
      let (pagePorts, pagesReady) = AsyncStream<Int>.makeStream()
      let (devicePorts, devicesReady) = AsyncStream<Int>.makeStream()
      let pages = try cloud.pageApplication(port: 0, certificate: nil) { pagesReady.yield($0) }
      let server = try maker.identity("localhost", isServer: true)
      let devices = try cloud.deviceApplication(
        port: 0, certificate: ListenerCertificate(chain: server.certificate, privateKey: server.key),
        makerAuthority: maker.authority
      ) { devicesReady.yield($0) }
      group.addTask { try await pages.run() }
      group.addTask { try await devices.run() }
      guard let pagePort = await pagePorts.first(where: { _ in true }),
        let devicePort = await devicePorts.first(where: { _ in true })
      else { return }
      let http = HTTPClient(configuration: try clientConfiguration(trusting: amazonCertificate.authorityPEM))
      let running = Running(
        fixture: self, cloud: cloud, storage: storage, amazonPort: amazonPort, pages: "http://localhost:\(pagePort)",
        devicePort: devicePort, http: http)
      let result = await Result { try await test(running) }
      for client in clients.withLock({ $0 }) + [http] { try? await client.shutdown() }
      group.cancelAll()
      try? await group.waitForAll()
      try? await cloud.shutdown()
      try? await storage.close()
      try? await database.drop()
      try result.get()
    }
  }

  /// An instance of the cloud.
  func makeCloud(_ storage: SQLStorage, amazonPort: Int) throws -> ReplenishCloud {
    var amazon = AmazonConfiguration(
      clientID: "amzn1.application-oa2-client.web", clientSecret: "client-s3cret")
    amazon.stand(at: "https://localhost:\(amazonPort)")
    amazon.authorities = amazonCertificate.authorityPEM
    amazon.isTestDevice = true
    amazon.deadline = 10
    var configuration = CloudConfiguration(
      publicAddress: "http://localhost", amazon: amazon, mailFolder: folder + "/mail")
    configuration.passwordLogN = 4
    configure(&configuration)
    configuration.connector?.service = "https://localhost:\(amazonPort)"
    let (clock, log) = (clock, log)
    let logger = Logger(label: "cloud") { _ in KeepingLogHandler(lines: log) }
    return try ReplenishCloud(configuration, storage: storage, signer: signer, logger: logger, now: { clock.now })
  }

  /// A client that is shut down at the end, however the test ends.
  func client(_ configuration: HTTPClient.Configuration) -> HTTPClient {
    let client = HTTPClient(configuration: configuration)
    clients.withLock { $0.append(client) }
    return client
  }

  func clientConfiguration(
    trusting authority: String, as identity: Maker.Identity? = nil
  ) throws -> HTTPClient.Configuration {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
    if let identity {
      tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificate.utf8)).map {
        .certificate($0)
      }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem))
    }
    var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    return configuration
  }
}

extension Result where Failure == any Error {
  init(_ work: () async throws -> Success) async {
    do { self = .success(try await work()) } catch { self = .failure(error) }
  }
}
