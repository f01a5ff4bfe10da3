import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Mustache
import NIOCore

/// Renders HTML pages from mustache templates, with the headers every page of an authorization server needs.
///
/// The pages work without JavaScript; the content security policy forbids it.
public struct PageLibrary: Sendable {
  private var library: MustacheLibrary
  private let site: String
  private let style: String
  private let contentSecurityPolicy: String

  /// Creates the library with the pages for login, consent and device codes.
  ///
  /// - Parameters:
  ///   - site: The name in the page header.
  ///   - templates: Further templates by name; one with an existing name replaces it.
  ///   - style: Further rules after the library's own.
  public init(site: String, templates: [String: String] = [:], style further: String = "") throws {
    library = MustacheLibrary()
    self.site = site
    style = String(decoding: PackageResources.style_css, as: UTF8.self) + further
    // The style travels in the page, so its digest is named; form-action is left out because browsers would apply it
    // to the redirect that follows the consent form and stop it.
    let digest = Data(SHA256.hash(data: Data(style.utf8))).base64EncodedString()
    contentSecurityPolicy =
      "default-src 'none'; style-src 'sha256-\(digest)'; base-uri 'none'; frame-ancestors 'none'"
    let own = [
      "layout": PackageResources.layout_mustache, "sign-in": PackageResources.sign_in_mustache,
      "consent": PackageResources.consent_mustache, "code": PackageResources.code_mustache,
      "message": PackageResources.message_mustache,
    ]
    for (name, bytes) in own { try library.register(String(decoding: bytes, as: UTF8.self), named: name) }
    for (name, text) in templates { try library.register(text, named: name) }
  }

  /// Renders one page; `template`, `title`, `site` and `style` are what every layout can show.
  public func page(
    _ template: String, title: String, _ values: [String: Any] = [:], status: HTTPResponse.Status = .ok
  ) -> Response {
    var values = values
    values["template"] = template
    values["title"] = title
    values["site"] = site
    values["style"] = style
    let html = library.render(values, withTemplate: template) ?? "The page template \(template) is missing."
    var headers = Self.securityHeaders
    headers[.contentType] = "text/html; charset=utf-8"
    headers[.contentSecurityPolicy] = contentSecurityPolicy
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
  }

  /// A page with one message.
  public func message(_ text: String, title: String, status: HTTPResponse.Status) -> Response {
    page("message", title: title, ["message": text], status: status)
  }

  /// Sends the browser elsewhere with 303, so that it never repeats a posted password there (RFC 9700 section 4.12).
  public static func redirect(to location: String) -> Response {
    var headers = securityHeaders
    headers[.location] = location
    return Response(status: .seeOther, headers: headers)
  }

  /// A file that the browser keeps instead of showing it.
  public static func download(_ content: Data, name: String, type: String) -> Response {
    var headers = securityHeaders
    headers[.contentType] = type
    headers[.contentDisposition] = "attachment; filename=\"\(name)\""
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: content)))
  }

  /// No caching, no referrer, no frames, no guessing of types.
  static var securityHeaders: HTTPFields {
    var headers: HTTPFields = [.cacheControl: "no-store", .pragma: "no-cache", .xContentTypeOptions: "nosniff"]
    headers[.referrerPolicy] = "no-referrer"
    headers[.xFrameOptions] = "DENY"
    return headers
  }
}

extension HTTPField.Name {
  static var referrerPolicy: HTTPField.Name { named("Referrer-Policy") }
  static var xFrameOptions: HTTPField.Name { named("X-Frame-Options") }
  static var pragma: HTTPField.Name { named("Pragma") }

  private static func named(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is not a header name") }
    return name
  }
}
