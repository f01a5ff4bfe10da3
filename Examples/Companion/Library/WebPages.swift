import ReplenishCore

/// Fetches pages and posts forms as a browser does. Redirects are left to the caller.
public protocol WebPages: AnyObject {
  /// Fetches a page.
  func get(_ url: WebURL) throws(LinkingFailure) -> WebPage

  /// Posts a form.
  func post(_ url: WebURL, form: Secret) throws(LinkingFailure) -> WebPage
}

/// The answer to a request for a page.
public struct WebPage {
  /// The status code.
  public let status: Int
  /// The address that answered.
  public let url: WebURL
  /// Where a redirect leads; nil if this is none.
  public let location: WebURL?
  /// The page.
  public let text: String

  /// Makes an answer.
  public init(status: Int, url: WebURL, location: WebURL? = nil, text: String = "") {
    self.status = status
    self.url = url
    self.location = location
    self.text = text
  }
}
