import OAuthServer

/// Everything that is decided before an emulator starts.
public struct EmulatorConfiguration: Sendable {
  /// Somebody who can log in.
  public struct Customer: Sendable {
    /// The e-mail address.
    public var email: String
    /// The password.
    public var password: String
    /// The name in the profile.
    public var name: String
    /// The postal code in the profile.
    public var postalCode: String

    /// Creates a customer.
    public init(email: String, password: String, name: String = "Sample Customer", postalCode: String = "98109") {
      self.email = email
      self.password = password
      self.name = name
      self.postalCode = postalCode
    }

    /// The identifier that programs get instead of the address.
    public var userID: String { "amzn1.account." + LWA.identifier(from: email, length: 28) }
  }

  /// One slot that the product model has.
  public struct Slot: Sendable, Equatable {
    /// The slot identifier.
    public var id: String
    /// The product the customer chose; nil when none was, so that the slot is not subscribed.
    public var asin: String?

    /// Creates a slot.
    public init(id: String, asin: String?) {
      self.id = id
      self.asin = asin
    }
  }

  /// Who can log in.
  public var customers: [Customer]
  /// The programs that may ask for access.
  public var clients: [OAuthClient]
  /// The slots of every device.
  public var slots: [Slot] = [
    Slot(id: "coffee", asin: "B00COFFEE1"), Slot(id: "water-filter", asin: "B00FILTER1"),
    Slot(id: "descaler", asin: nil),
  ]
  /// Whether a device that does not call itself a test device may be registered.
  public var allowsRealOrders = false
  /// The numbers and switches of the authorization server.
  public var policy = ServerPolicy()
  /// The managed-integrations stand-in.
  public var managedIntegrations = ManagedIntegrationsConfiguration()

  /// Creates a configuration with LWA's habits: an hour's access, five minutes for a code, no rotation. A web
  /// application on this machine may use any port, which LWA itself would not let it.
  public init(customers: [Customer], clients: [OAuthClient]) {
    self.customers = customers
    self.clients = clients
    policy.rotation = .off
    policy.confidentialMayVaryLoopbackPort = true
  }

  /// The scopes the emulator knows.
  public static let scopes: Set<String> = ["dash:replenish", "profile", "profile:user_id", "postal_code"]
}
