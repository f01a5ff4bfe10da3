import AWSRequests
import ArgumentParser
import Foundation
import LWASecrets

struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Prints an access token of Login with Amazon, and nothing else.",
    discussion: """
      The configuration has the shape of asp-cli's config/default.json; asp_cli.auth is secretsManager (a secret of AWS \
      Secrets Manager), oauthLocal (the file itself), or anything else: oauthLocal.access_token as it is. A token is kept \
      until five minutes before its end. A refresh token that changes is written back.

      AWS credentials come from the environment, the shared files and their profiles, a container's endpoint or an \
      instance's metadata service (version 2), in this order.

      EXIT CODES
        0   a token was printed
        64  the options are wrong
        69  the refresh token is refused: authorize again
        74  a file cannot be read or written
        75  try again later
        77  AWS or Login with Amazon does not know us, or does not let us
        78  the configuration or the secret is wrong
      """)

  @Option(help: ArgumentHelp("The configuration.", valueName: "file"))
  var config = "config/default.json"

  @Option(
    help: ArgumentHelp(
      "Where lock, journal and access token are kept. Default: the configuration's path and .state.",
      valueName: "folder"))
  var stateFolder: String?

  @Flag(help: "Ask for a new token, because the one at hand was refused.")
  var fresh = false

  @Option(
    help: ArgumentHelp("The profile in the AWS files; the variables with keys do not count then.", valueName: "name"))
  var profile: String?

  @Option(help: ArgumentHelp("LWA's token endpoint of another region, for oauthLocal.", valueName: "address"))
  var tokenAddress = TokenEndpoint.standard

  @Option(
    name: .customLong("amazon-ca"),
    help: ArgumentHelp("Authorities to trust for the token endpoint instead of the system's.", valueName: "pem file"))
  var amazonCA: String?

  @Flag(help: "For development: the token endpoint may be https://localhost:PORT, such as the emulator.")
  var allowLoopback = false

  func run() async throws {
    var options = TokenSource.Options()
    options.stateFolder = stateFolder
    options.tokenAddress = tokenAddress
    options.allowsLoopback = allowLoopback
    options.authorities = try amazonCA.map { try text(of: $0, option: "--amazon-ca") }
    options.environment = AWSEnvironment(profile: profile)
    do {
      let source = try TokenSource(configuration: config, options)
      let token = try await source.token(fresh: fresh)
      for warning in await source.warnings { complain(warning) }
      print(token)
    } catch {
      complain(error.description)
      throw ExitCode(Self.code(error.kind))
    }
  }

  private func complain(_ line: String) {
    FileHandle.standardError.write(Data("replenish-cloud token: \(line)\n".utf8))
  }

  /// As sysexits.h has them.
  private static func code(_ kind: SecretsFailure.Kind) -> Int32 {
    switch kind {
    case .unlinked: EX_UNAVAILABLE
    case .files: EX_IOERR
    case .temporary: EX_TEMPFAIL
    case .denied: EX_NOPERM
    case .configuration: EX_CONFIG
    }
  }
}
