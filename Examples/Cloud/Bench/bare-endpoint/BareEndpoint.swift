import ArgumentParser
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOFoundationCompat
import NIOSSL
import ServiceLifecycle
import ServiceProgram
import UnixSignals

/// The yardstick of `make bench-cloud`: what a press costs at the very least, written as plainly as the same libraries
/// allow. It knows no owners, no links, no leases and no second try.
@main
struct BareEndpoint: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Takes presses as replenish-cloud does, with one insert, one call and one update, and nothing else.")

  @Option(help: "The SQLite database; made when it is not there.")
  var database: String

  @Option(help: "Certificate chain shown to devices, in PEM.")
  var certificate: String

  @Option(help: "The key of --certificate.")
  var privateKey: String

  @Option(name: .customLong("maker-ca"), help: "The authority that signs the devices' certificates.")
  var makerCA: String

  @Option(help: "The replenishment service: https://host:port.")
  var amazon: String

  @Option(name: .customLong("amazon-ca"), help: "The authority to trust for it.")
  var amazonCA: String

  @Option(help: "A file with an access token on each line; a press names its line in the header X-Device.")
  var accessTokens: String

  @Option(help: "The port is written to this file once it listens.")
  var readyFile: String

  func run() async throws {
    LoggingSystem.bootstrap { _ in LineLogHandler() }
    let presses = try BarePresses(path: database)
    let service = try BareService(
      address: amazon, authority: try text(amazonCA), tokens: try text(accessTokens).split(separator: "\n"))
    guard let device = HTTPField.Name("X-Device") else { return }
    let router = Router()
    router.put("v1/presses/:id") { request, context in
      let id = try context.parameters.require("id")
      let body = try await request.body.collect(upTo: 4096)
      let press = try JSONDecoder().decode(BarePress.self, from: body)
      guard let line = request.headers[device].flatMap(Int.init) else { throw HTTPError(.badRequest) }
      try await presses.insert(id, press)
      let answer = try await service.replenish(press.slot, device: line)
      try await presses.update(id, answer)
      return BareAnswer(id: id, slot: press.slot, state: "ordered", detailCode: answer.detailCode)
    }
    let readyFile = readyFile
    var quiet = Logger(label: "bare-endpoint.http")
    quiet.logLevel = .critical
    let application = Application(
      router: router, server: try .tls(.http1(), tlsConfiguration: try tls()),
      configuration: .init(address: .hostname("127.0.0.1", port: 0), serverName: nil),
      onServerRunning: { channel in
        let port = channel.localAddress?.port ?? 0
        try? Data("\(port)\n".utf8).write(to: URL(fileURLWithPath: readyFile), options: .atomic)
      }, logger: quiet)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(service: application), .init(service: PromptExit()),
          .init(service: StandardInputWatch(), successTerminationBehavior: .gracefullyShutdownGroup),
        ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    try await group.run()
    try await service.shutdown()
  }

  /// As the cloud's listener of devices has it.
  private func tls() throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem)))
    tls.minimumTLSVersion = .tlsv12
    tls.applicationProtocols = ["http/1.1"]
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(makerCA))
    tls.certificateVerification = .noHostnameVerification
    return tls
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
}

struct BarePress: Decodable {
  var slot: String
  var ageSeconds: Double?
}

struct BareAnswer: ResponseEncodable {
  var id: String
  var slot: String
  var state: String
  var detailCode: String
}
