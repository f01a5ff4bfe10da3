/// The addresses of Login with Amazon. All that are known stand here and nowhere else.
///
/// The pages of DRS only ever name the North American ones, for every country. That the others serve DRS is UNVERIFIED.
public struct LWAEndpoints: Equatable, Sendable {
  /// Where a person logs in and consents.
  public let authorize: String
  /// Where codes and refresh tokens are redeemed.
  public let token: String
  /// Where code-based linking begins.
  public let codePair: String

  /// The regions Amazon's pages name.
  public enum Region: CaseIterable, Sendable {
    /// North America, and the only one documented for DRS.
    case northAmerica
    /// Europe. UNVERIFIED for DRS; its authorize address comes from a community page.
    case europe
    /// Far East. UNVERIFIED for DRS; its authorize address comes from a community page.
    case farEast
  }

  /// The addresses of a region.
  public init(_ region: Region) {
    switch region {
    case .northAmerica:
      self.init(api: "https://api.amazon.com", authorize: "https://www.amazon.com/ap/oa")
    case .europe:
      self.init(api: "https://api.amazon.co.uk", authorize: "https://eu.account.amazon.com/ap/oa")
    case .farEast:
      self.init(api: "https://api.amazon.co.jp", authorize: "https://apac.account.amazon.com/ap/oa")
    }
  }

  /// Addresses of one's own: a stand-in for tests, or a region that Amazon adds. `api` is what the paths of the token
  /// and code pair endpoints are added to.
  public init(api: ServiceURL, authorize: ServiceURL) {
    self.init(api: api.text, authorize: authorize.text)
  }

  private init(api: String, authorize: String) {
    self.authorize = authorize
    token = api + "/auth/o2/token"
    codePair = api + "/auth/o2/create/codepair"
  }
}
