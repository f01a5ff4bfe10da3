/// The addresses of Login with Amazon. All that are known stand here and nowhere else.
///
/// The pages of DRS only ever name the North American ones, for every country. That the others serve DRS is UNVERIFIED.
public struct LWAEndpoints: Equatable, Sendable {
  /// Where a person logs in and consents.
  public private(set) var authorize: String
  /// Where codes and refresh tokens are redeemed.
  public private(set) var token: String
  /// Where code-based linking begins.
  public private(set) var codePair: String

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

  /// The addresses for North America, the only ones documented for DRS.
  public static var northAmerica: LWAEndpoints { LWAEndpoints(.northAmerica) }
  /// The addresses for Europe. UNVERIFIED for DRS.
  public static var europe: LWAEndpoints { LWAEndpoints(.europe) }
  /// The addresses for the Far East. UNVERIFIED for DRS.
  public static var farEast: LWAEndpoints { LWAEndpoints(.farEast) }

  /// The same paths on other hosts; nil keeps a host.
  ///
  /// - Parameters:
  ///   - apiHost: for the token and code pair endpoints, `https://api.amazon.com` for instance.
  ///   - authorizeHost: for the page where a person consents, `https://www.amazon.com` for instance.
  public func replacing(apiHost: String?, authorizeHost: String?) throws(ServiceURL.Fault) -> LWAEndpoints {
    var replaced = self
    if let apiHost { replaced = LWAEndpoints(api: try ServiceURL(apiHost).text, authorize: authorize) }
    if let authorizeHost { replaced.authorize = composed("\(try ServiceURL(authorizeHost).text)/ap/oa") }
    return replaced
  }

  private init(api: String, authorize: String) {
    self.authorize = authorize
    token = composed("\(api)/auth/o2/token")
    codePair = composed("\(api)/auth/o2/create/codepair")
  }
}
