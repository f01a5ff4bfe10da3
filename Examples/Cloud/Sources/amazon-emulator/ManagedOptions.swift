import AmazonEmulator
import ArgumentParser

/// The managed-integrations stand-in.
struct ManagedOptions: ParsableArguments {
  @Option(
    name: .customLong("connector-url"),
    help: ArgumentHelp(
      "Where the function of every connector is, in the place of AWS Lambda: an address on this machine.",
      valueName: "http://127.0.0.1:port/path"))
  var connectorURL: String?

  @Option(
    name: .customLong("managed-callback-url"),
    help: ArgumentHelp(
      "Where authorization servers send browsers back to, when the emulator is not reached under its own address.",
      valueName: "address"))
  var callbackURL: String?

  @Option(help: ArgumentHelp("The region in resource names and signatures.", valueName: "region"))
  var awsRegion = "us-east-1"

  @Flag(help: "Let an authorization server on this machine do without https, on which the service insists.")
  var allowHTTPAuthorization = false

  func validate() throws {
    if let connectorURL, !ManagedIntegrationsConfiguration.isLocal(connectorURL) {
      throw ValidationError("--connector-url \(connectorURL) is not http(s)://localhost:PORT/… or 127.0.0.1.")
    }
    guard awsRegion.wholeMatch(of: /[a-z0-9-]{1,32}/) != nil else {
      throw ValidationError("--aws-region \(awsRegion) is not a region such as us-east-1.")
    }
  }

  func configuration() -> ManagedIntegrationsConfiguration {
    var configuration = ManagedIntegrationsConfiguration()
    configuration.connectorURL = connectorURL
    configuration.callbackURL = callbackURL
    configuration.region = awsRegion
    configuration.allowsPlainHTTP = allowHTTPAuthorization
    return configuration
  }
}
