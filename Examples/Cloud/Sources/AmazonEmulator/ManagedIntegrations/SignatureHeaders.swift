import HTTPTypes

/// The headers of an AWS signature (SigV4). Any signature is taken, none is not: whether it is right, moto and the
/// published suite show elsewhere.
enum SignatureHeaders {
  /// Refuses a request without the headers, or for another region or service.
  static func check(_ headers: HTTPFields, region: String) throws {
    guard let authorization = headers[.authorization], let date = headers[.amzDate] else {
      throw ManagedError.accessDenied("Missing Authentication Token: send Authorization and X-Amz-Date (SigV4).")
    }
    let name = "[A-Za-z0-9]+"
    let scope = "(?<day>[0-9]{8})/(?<region>[a-z0-9-]+)/(?<service>[a-z0-9]+)/aws4_request"
    let pattern =
      "AWS4-HMAC-SHA256 Credential=\(name)/\(scope), ?SignedHeaders=(?<signed>[a-z0-9;-]+), ?Signature=[0-9a-f]{64}"
    let fields = try Regex(pattern).wholeMatch(in: authorization)
    func field(_ name: String) -> String { String(fields?[name]?.substring ?? "") }
    guard fields != nil else { throw ManagedError.accessDenied("The Authorization header is not one of SigV4.") }
    guard date.wholeMatch(of: /([0-9]{8})T[0-9]{6}Z/)?.output.1 == Substring(field("day")) else {
      throw ManagedError.accessDenied("X-Amz-Date does not belong to the signature's scope.")
    }
    guard field("region") == region, field("service") == "iotmanagedintegrations" else {
      throw ManagedError.accessDenied(
        "The signature is for another region or service than \(region), iotmanagedintegrations.")
    }
    let signed = field("signed").split(separator: ";")
    guard signed.contains("host"), signed.contains("x-amz-date") else {
      throw ManagedError.accessDenied("Host and X-Amz-Date must be signed.")
    }
  }
}
