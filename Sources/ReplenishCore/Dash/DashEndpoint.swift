/// The address of DRS.
///
/// One host is documented, for every country. No page names a European or Far Eastern one, so none is guessed here:
/// who learns of one gives it as a ``ServiceURL``. Whether the host still answers new devices is UNVERIFIED.
public struct DashEndpoint: Equatable, Sendable {
  /// What the paths of the operations are added to.
  public let base: String

  /// The documented host. Its name says North America; the pages give it for every country.
  public static var northAmerica: DashEndpoint { DashEndpoint("https://dash-replenishment-service-na.amazon.com") }

  /// Another host, a stand-in for tests for instance.
  public init(_ base: ServiceURL) { self.init(base.text) }

  private init(_ base: String) { self.base = base }
}
