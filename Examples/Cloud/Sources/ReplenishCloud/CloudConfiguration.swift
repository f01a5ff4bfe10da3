import Foundation
import NIOSSL

/// Everything that is decided before the cloud starts.
public struct CloudConfiguration: Sendable {
  /// The name in the pages and mails.
  public var site = "Replenish Cloud"
  /// What browsers type, without a final slash; the return address at Amazon is below it.
  public var publicAddress: String
  /// Amazon, and who we are there.
  public var amazon: AmazonConfiguration
  /// Where mails are put.
  public var mailFolder: String
  /// Who the mails are from.
  public var mailSender = "replenish-cloud@localhost"
  /// Proxies of our own whose `X-Forwarded-For` is believed.
  public var proxies: Set<String> = []
  /// Who signs the devices' next keys; nil where none may be had.
  public var rekeying: RekeyAuthority?
  /// Whether devices may wait for commands, which is how an owner's page makes a light blink.
  public var offersDownlink = false
  /// How many devices may wait for commands at once; each holds a connection.
  public var mostWaitingDevices = 20_000
  /// Seconds between two looks for commands and revocations of other instances, while any device waits.
  public var commandRound = 1.0
  /// Whose notifications are taken; nil for nobody's.
  public var notifications: NotificationSource?
  /// The connector for AWS IoT managed integrations; nil for none.
  public var connector: ConnectorConfiguration?
  /// How presses are bounded.
  public var pressLimits = PressLimits()
  /// How long a device waits for the end of its press before it is told to ask again.
  public var pressPatience = 8.0
  /// Seconds between two looks for what is due.
  public var round = 2.0
  /// Seconds a request's head, and then its body, may take to arrive.
  public var headSeconds = 60.0
  /// Seconds a request's body may take to arrive.
  public var bodySeconds = 30.0
  /// Binds the forms of visitors who are not signed in; the same in each instance.
  public var formKey = KeyFile.draw().bytes
  /// The logarithm of scrypt's N for new passwords.
  public var passwordLogN = 15

  /// Creates a configuration.
  public init(publicAddress: String, amazon: AmazonConfiguration, mailFolder: String) {
    self.publicAddress = publicAddress
    self.amazon = amazon
    self.mailFolder = mailFolder
  }

  /// Whether browsers come over https.
  public var isSecure: Bool { publicAddress.hasPrefix("https://") }
}

/// What a listener shows, and whom it believes.
public struct ListenerCertificate: Sendable {
  /// The chain as PEM.
  public var chain: String
  /// The private key as PEM.
  public var privateKey: String

  /// Creates it.
  public init(chain: String, privateKey: String) {
    self.chain = chain
    self.privateKey = privateKey
  }

  func tls() throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(chain.utf8)).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(privateKey.utf8), format: .pem)))
    tls.minimumTLSVersion = .tlsv12
    tls.applicationProtocols = ["http/1.1"]
    return tls
  }

  /// For devices: no connection without a certificate of the maker's authority.
  func tls(makerAuthority: String) throws -> TLSConfiguration {
    var tls = try tls()
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(makerAuthority.utf8)))
    // A client's certificate has no host name; who it is, its key says.
    tls.certificateVerification = .noHostnameVerification
    return tls
  }
}

extension ListenerCertificate {
  /// Whether chain, key and authority can be used together.
  public func check(makerAuthority: String?) throws {
    let configuration = try makerAuthority.map { try tls(makerAuthority: $0) } ?? tls()
    _ = try NIOSSLContext(configuration: configuration)
  }
}
