import ArgumentParser
import Foundation
import NIOSSL

/// The devices, each with what it proves itself with.
struct Fleet {
  private struct Device: Decodable {
    var certificate: String
    var key: String
  }

  /// What each device opens its connections with.
  let contexts: [NIOSSLContext]

  init(_ options: FleetOptions) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: options.fleet))
    let devices = try JSONDecoder().decode([Device].self, from: data).prefix(options.devices)
    let authority = try NIOSSLCertificate.fromPEMFile(options.authority)
    contexts = try devices.map { device in
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.minimumTLSVersion = .tlsv12
      tls.trustRoots = .certificates(authority)
      tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(device.certificate.utf8)).map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(device.key.utf8), format: .pem))
      return try NIOSSLContext(configuration: tls)
    }
  }
}

/// Which devices, and whom they speak to.
struct FleetOptions: ParsableArguments {
  @Option(help: "A JSON list of devices, each with certificate and key in PEM.")
  var fleet: String

  @Option(help: "How many of them, from the first.")
  var devices: Int

  @Option(help: "The authority of the cloud's certificate.")
  var authority: String

  @Option(help: "The port of the devices' listener; several for several instances.")
  var port: [Int]
}
