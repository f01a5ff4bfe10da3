import ArgumentParser
import Foundation
import LWASecrets
import NIOSSL
import ReplenishCloud

/// The listener of the pages.
struct PageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What browsers type; the return address at Amazon is this and /link/return.", valueName: "https://host"))
  var publicAddress: String

  @Option(help: ArgumentHelp("The address to listen on for browsers.", valueName: "address"))
  var host = "127.0.0.1"

  @Option(help: ArgumentHelp("The port for browsers; 0 lets the system choose one.", valueName: "port"))
  var port = 8080

  @Option(
    help: ArgumentHelp(
      "Certificate chain for browsers. Without it: plain http, for a proxy in front.", valueName: "pem file"))
  var certificate: String?

  @Option(help: ArgumentHelp("The key of --certificate.", valueName: "pem file"))
  var privateKey: String?

  @Option(
    help: ArgumentHelp("A proxy of yours whose X-Forwarded-For is believed; may be repeated.", valueName: "address"))
  var proxy: [String] = []

  @Option(help: ArgumentHelp("Mails to owners are put here, one file each.", valueName: "folder"))
  var mailFolder = "mail"

  @Option(help: ArgumentHelp("The sender of the mails.", valueName: "e-mail"))
  var mailSender = "replenish-cloud@localhost"

  @Option(help: ArgumentHelp("The name in pages and mails.", valueName: "text"))
  var site = "Replenish Cloud"

  func validate() throws {
    guard (certificate == nil) == (privateKey == nil) else {
      throw ValidationError("--certificate and --private-key go together.")
    }
    guard let url = URL(string: publicAddress), let host = url.host, url.path.isEmpty, url.query == nil,
      url.scheme == "https" || (url.scheme == "http" && ["localhost", "127.0.0.1"].contains(host))
    else {
      throw ValidationError(
        "--public-address \(publicAddress) is not https://HOST without a path (http is for localhost only).")
    }
    guard !site.contains(where: \.isNewline), !mailSender.contains(where: \.isNewline) else {
      throw ValidationError("--site and --mail-sender are one line each.")
    }
  }
}

/// The listener of the devices.
struct DeviceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The address to listen on for devices.", valueName: "address"))
  var deviceHost = "127.0.0.1"

  @Option(help: ArgumentHelp("The port for devices; 0 lets the system choose one.", valueName: "port"))
  var devicePort = 8444

  @Option(help: ArgumentHelp("Certificate chain shown to devices.", valueName: "pem file"))
  var deviceCertificate: String

  @Option(help: ArgumentHelp("The key of --device-certificate.", valueName: "pem file"))
  var devicePrivateKey: String

  @Option(
    name: .customLong("maker-ca"),
    help: ArgumentHelp("The authority that signs the devices' certificates.", valueName: "pem file"))
  var makerCA: String

  @Option(
    help: ArgumentHelp(
      "An intermediate of the maker's authority that signs devices' next keys. Without it: none.",
      valueName: "pem file"))
  var rekeyCertificate: String?

  @Option(help: ArgumentHelp("The key of --rekey-certificate.", valueName: "pem file"))
  var rekeyPrivateKey: String?

  @Flag(
    help: """
      Let devices wait for commands, each with a request that is held for minutes. An owner's page then has a button \
      that makes the device's light blink.
      """)
  var downlink = false

  @Option(help: ArgumentHelp("How many devices may wait at once; each holds a connection.", valueName: "number"))
  var mostWaitingDevices = 20_000

  func validate() throws {
    guard mostWaitingDevices > 0 else { throw ValidationError("--most-waiting-devices is 1 or more.") }
    guard (rekeyCertificate == nil) == (rekeyPrivateKey == nil) else {
      throw ValidationError("--rekey-certificate and --rekey-private-key go together.")
    }
  }

  /// Who signs devices' next keys.
  func rekeying() throws -> RekeyAuthority? {
    guard let rekeyCertificate, let rekeyPrivateKey else { return nil }
    let chain = try text(of: rekeyCertificate, option: "--rekey-certificate")
    let key = try text(of: rekeyPrivateKey, option: "--rekey-private-key")
    return try explained { try RekeyAuthority(chain: chain, privateKey: key) }
  }
}

/// Login with Amazon and the replenishment service.
struct AmazonOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The client id of the LWA security profile.", valueName: "id"))
  var clientID: String?

  @Option(help: ArgumentHelp("The file of its secret, readable by its owner only.", valueName: "file"))
  var clientSecretFile: String?

  @Option(
    name: .customLong("aws-secret"),
    help: ArgumentHelp(
      """
      Instead of the two: a secret of AWS Secrets Manager with the keys lwa-client-id and lwa-client-secret, read once at \
      the start.
      """, valueName: "name or arn"))
  var awsSecret: String?

  @Option(help: ArgumentHelp("What is asked for.", valueName: "scopes"))
  var scope = "dash:replenish profile:user_id"

  @Option(
    help: ArgumentHelp("Another place for all of Amazon's services, such as the emulator.", valueName: "https://host"))
  var amazon: String?

  @Option(
    name: .customLong("amazon-ca"),
    help: ArgumentHelp("Authorities to trust for it instead of the system's.", valueName: "pem file"))
  var amazonCA: String?

  @Option(help: ArgumentHelp("LWA's authorize page, of another region.", valueName: "address"))
  var authorizeAddress: String?

  @Option(help: ArgumentHelp("LWA's token endpoint, of another region.", valueName: "address"))
  var tokenAddress: String?

  @Option(help: ArgumentHelp("LWA's profile endpoint, of another region.", valueName: "address"))
  var profileAddress: String?

  @Option(help: ArgumentHelp("The replenishment service.", valueName: "https://host"))
  var serviceAddress: String?

  @Flag(help: "Register devices as test devices (is_test_device): nothing is bought.")
  var testDevices = false

  @Flag(help: "Let models register that Amazon has not certified yet (should_include_non_live).")
  var nonLive = false

  func validate() throws {
    guard (clientID == nil) == (clientSecretFile == nil), (clientID == nil) != (awsSecret == nil) else {
      throw ValidationError("Give --client-id and --client-secret-file, or --aws-secret.")
    }
  }

  /// The id and the secret of the security profile.
  private func client() async throws -> (id: String, secret: String) {
    if let clientID, let clientSecretFile {
      return (clientID, try explained { try ClientSecret.read(clientSecretFile) })
    }
    let found = try await explained { try await LoginClient(awsSecret: awsSecret ?? "") }
    return (found.id, found.secret)
  }

  func configuration() async throws -> AmazonConfiguration {
    let client = try await client()
    var result = AmazonConfiguration(clientID: client.id, clientSecret: client.secret)
    if let amazon { result.stand(at: amazon) }
    if let authorizeAddress { result.authorize = authorizeAddress }
    if let tokenAddress { result.token = tokenAddress }
    if let profileAddress { result.profile = profileAddress }
    if let serviceAddress { result.service = serviceAddress }
    for address in [result.authorize, result.token, result.profile, result.service] where !address.hasPrefix("https://")
    {
      throw ValidationError("\(address) is not https; secrets are not sent without it.")
    }
    result.scope = scope
    result.isTestDevice = testDevices
    result.includesNonLive = nonLive
    if let amazonCA { result.authorities = try text(of: amazonCA, option: "--amazon-ca") }
    return result
  }
}

/// Amazon's notifications.
struct NotificationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The topic at Amazon SNS that DRS publishes to. Subscribe the address of the pages and /notifications/amazon to \
      it, without raw delivery. Without it: notifications are not taken.
      """, valueName: "arn"))
  var snsTopic: String?

  @Option(
    help: ArgumentHelp(
      "For development: where certificates and confirmations come from, such as the emulator, instead of SNS.",
      valueName: "https://localhost:port"))
  var snsOrigin: String?

  /// Whose notifications are taken.
  func source() throws -> NotificationSource? {
    guard let snsTopic else {
      guard snsOrigin == nil else { throw ValidationError("--sns-origin goes with --sns-topic.") }
      return nil
    }
    guard let topic = SNSTopic(arn: snsTopic) else {
      throw ValidationError("--sns-topic \(snsTopic) is not arn:aws:sns:REGION:ACCOUNT:NAME.")
    }
    guard let snsOrigin else { return NotificationSource(topic: topic) }
    guard let source = NotificationSource(topic: topic, developmentOrigin: snsOrigin) else {
      throw ValidationError("--sns-origin \(snsOrigin) is not https://localhost:PORT.")
    }
    return source
  }
}
