import Foundation

/// Where Login with Amazon and the replenishment service are, and who we are there.
public struct AmazonConfiguration: Sendable {
  /// The page where customers allow access.
  public var authorize = "https://www.amazon.com/ap/oa"
  /// The token endpoint.
  public var token = "https://api.amazon.com/auth/o2/token"
  /// The profile endpoint.
  public var profile = "https://api.amazon.com/user/profile"
  /// The replenishment service, without a final slash.
  public var service = "https://dash-replenishment-service-na.amazon.com"
  /// The client id of the maker's security profile.
  public var clientID: String
  /// Its secret.
  public var clientSecret: String
  /// What is asked for. The user id is needed to keep two owners off one Amazon account.
  public var scope = "dash:replenish profile:user_id"
  /// Registers devices as test devices: nothing is bought.
  public var isTestDevice = false
  /// Lets models register that Amazon has not certified yet.
  public var includesNonLive = false
  /// Authorities to trust instead of the system's, as PEM.
  public var authorities: String?
  /// How long one exchange may take from its first to its last byte.
  public var deadline = 30.0

  /// Creates the addresses of Amazon's own services in North America.
  public init(clientID: String, clientSecret: String) {
    self.clientID = clientID
    self.clientSecret = clientSecret
  }

  /// Points everything at one place, such as the Amazon emulator.
  public mutating func stand(at address: String) {
    authorize = address + "/ap/oa"
    token = address + "/auth/o2/token"
    profile = address + "/user/profile"
    service = address
  }
}
