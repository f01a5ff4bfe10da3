/// One HTTPS request that the core wants made.
public final class HTTPRequest {
  /// The request methods that Login with Amazon, DRS and the maker's cloud use.
  public enum Method {
    /// GET.
    case get
    /// POST; an absent body is sent as an empty one (`Content-Length: 0`).
    case post
    /// PUT; as POST, but the same thing however often it is sent (RFC 9110, 9.2.2).
    case put
    /// DELETE.
    case delete
  }

  /// A header field that is not secret.
  public struct Header: Equatable {
    /// The field name as the service documents it.
    public let name: String
    /// The value; never with a line break.
    public let value: String

    /// Makes a header field.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The method.
  public let method: Method
  /// The whole URL, `https://…`. Never holds a secret.
  public let url: String
  /// The header fields besides `Authorization` and `Content-Type`.
  public let headers: [Header]
  /// The access token for `Authorization: Bearer`; nil sends no such header.
  public let bearer: Secret?
  /// The media type of the body; nil where there is no body.
  public let contentType: String?
  /// The body; nil where there is none.
  public let body: Secret?
  /// Whether the service may hold the answer back for minutes, until there is something to say (a long poll).
  package var isHeld = false

  /// Makes a request.
  public init(
    _ method: Method, _ url: String, headers: [Header] = [], bearer: Secret? = nil, contentType: String? = nil,
    body: Secret? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.bearer = bearer
    self.contentType = contentType
    self.body = body
  }
}
