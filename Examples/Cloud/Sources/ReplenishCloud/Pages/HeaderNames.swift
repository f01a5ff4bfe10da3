import HTTPTypes

extension HTTPField.Name {
  static var xForwardedFor: HTTPField.Name { named("X-Forwarded-For") }
  static var secFetchSite: HTTPField.Name { named("Sec-Fetch-Site") }
  static var strictTransportSecurity: HTTPField.Name { named("Strict-Transport-Security") }
  static var snsRawDelivery: HTTPField.Name { named("x-amz-sns-rawdelivery") }

  private static func named(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is not a header name") }
    return name
  }
}
