import Foundation

/// Everything about the managed-integrations stand-in that is decided before it starts.
public struct ManagedIntegrationsConfiguration: Sendable {
  /// The region in its resource names and signatures.
  public var region = "us-east-1"
  /// The account in its resource names.
  public var account = "123456789012"
  /// Where the function of every connector is: an address on this machine, in the place of AWS Lambda.
  public var connectorURL: String?
  /// Another address for the browser to come back to than the emulator's own.
  public var callbackURL: String?
  /// Whether an authorization server on this machine may be reached without TLS; the service insists on https.
  public var allowsPlainHTTP = false
  /// Secrets of destinations, in the place of AWS Secrets Manager: the text of each version.
  public var secrets: [SecretReference: String] = [:]

  /// Creates the default configuration.
  public init() {}

  /// Whether an address is on this machine, whoever reads it.
  public static func isLocal(_ address: String) -> Bool { NotificationPublisher.isLocal(address) }
}

/// What the control endpoint may change, as JSON shows it; nil leaves a value as it is.
struct ManagedSettings: Codable, Sendable {
  /// Where the functions are.
  var connectorURL: String?
  /// Seconds until a call of a connector is given up.
  var invocationSeconds: Double?
  /// How often a call that failed is made again.
  var invocationRetries: Int?
  /// Seconds before its end from which on a token is refreshed.
  var refreshAheadSeconds: Double?
  /// Whether tokens must be the Base64 of UTF-8 text, as the service asks of authorization servers.
  var requiresBase64Tokens: Bool?
  /// Whether authorization servers on this machine may do without TLS.
  var allowsPlainHTTP: Bool?

  /// What is wrong with them; nil when nothing is.
  var problem: String? {
    if let connectorURL, !NotificationPublisher.isLocal(connectorURL) {
      return "connectorURL is not http(s)://localhost:PORT/… or another loopback address"
    }
    if let invocationSeconds, !(0.01...60).contains(invocationSeconds) {
      return "invocationSeconds must be from 0.01 to 60"
    }
    if let invocationRetries, !(0...20).contains(invocationRetries) { return "invocationRetries must be from 0 to 20" }
    if let refreshAheadSeconds, !(0...86_400).contains(refreshAheadSeconds) {
      return "refreshAheadSeconds must be from 0 to 86400"
    }
    return nil
  }

  mutating func change(_ other: ManagedSettings) {
    connectorURL = other.connectorURL ?? connectorURL
    invocationSeconds = other.invocationSeconds ?? invocationSeconds
    invocationRetries = other.invocationRetries ?? invocationRetries
    refreshAheadSeconds = other.refreshAheadSeconds ?? refreshAheadSeconds
    requiresBase64Tokens = other.requiresBase64Tokens ?? requiresBase64Tokens
    allowsPlainHTTP = other.allowsPlainHTTP ?? allowsPlainHTTP
  }

  /// The service's own numbers: two seconds for each try, five more tries.
  init(_ configuration: ManagedIntegrationsConfiguration) {
    connectorURL = configuration.connectorURL
    invocationSeconds = 2
    invocationRetries = 5
    refreshAheadSeconds = 60
    requiresBase64Tokens = true
    allowsPlainHTTP = configuration.allowsPlainHTTP
  }
}
