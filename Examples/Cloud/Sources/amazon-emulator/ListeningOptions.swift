import AmazonEmulator
import ArgumentParser
import Foundation
import Logging

/// Where and how the emulator listens.
struct ListeningOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The address to listen on.", valueName: "address"))
  var host = "127.0.0.1"

  @Option(help: ArgumentHelp("The port; 0 lets the system choose a free one.", valueName: "port"))
  var port = 8443

  @Flag(help: "Plain http instead of https, for clients that cannot be given a certificate authority.")
  var http = false

  @Option(
    name: .customLong("ca-out"),
    help: ArgumentHelp("Write the certificate authority of this run to this PEM file.", valueName: "file"))
  var caOut: String?

  @Option(
    help: ArgumentHelp(
      "A further host name or IP address in the server certificate; may be repeated.", valueName: "name"))
  var name: [String] = []

  @Option(help: ArgumentHelp("Write the port to this file once the emulator listens.", valueName: "file"))
  var readyFile: String?

  func validate() throws {
    guard (0...65535).contains(port) else { throw ValidationError("--port must be from 0 to 65535, not \(port).") }
    if http && caOut != nil { throw ValidationError("--http has no certificate, so leave out --ca-out.") }
  }

  /// The certificate of this run, its authority written out; nil for plain http.
  func certificate() throws -> ServerCertificate? {
    guard !http else { return nil }
    let certificate = try ServerCertificate(names: name)
    if let caOut { try write(certificate.authorityPEM, to: caOut, option: "--ca-out") }
    return certificate
  }

  /// Writes the port; whoever waits for the file never sees it half written.
  func announce(port: Int, logger: Logger) {
    guard let readyFile else { return }
    do {
      try write("\(port)\n", to: readyFile, option: "--ready-file")
    } catch {
      logger.error("\(error)")
    }
  }

  private func write(_ text: String, to file: String, option: String) throws {
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    } catch {
      throw ValidationError("Cannot write \(file) (\(option)): does its folder exist, and may you write there?")
    }
  }
}
