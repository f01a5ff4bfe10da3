import HTTPTypes

/// The headers of an AWS signature (SigV4). Any signature is taken, none is not: whether it is right, moto and the
/// published suite show elsewhere.
enum SignatureHeaders {
  /// Refuses a request without the headers, or for another region or service.
  static func check(_ headers: HTTPFields, region: String) throws {
    guard let authorization = headers[.authorization], let date = headers[.amzDate] else {
      throw ManagedError.accessDenied("Missing Authentication Token: send Authorization and X-Amz-Date (SigV4).")
    }
    let fields = authorization.wholeMatch(
      of: /AWS4-HMAC-SHA256 Credential=([A-Za-z0-9]+)\/([0-9]{8})\/([a-z0-9-]+)\/([a-z0-9]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=[0-9a-f]{64}/
    )
    guard let fields else { throw ManagedError.accessDenied("The Authorization header is not one of SigV4.") }
    guard date.wholeMatch(of: /([0-9]{8})T[0-9]{6}Z/)?.output.1 == fields.output.2 else {
      throw ManagedError.accessDenied("X-Amz-Date does not belong to the signature's scope.")
    }
    guard fields.output.3 == region, fields.output.4 == "iotmanagedintegrations" else {
      throw ManagedError.accessDenied("The signature is for another region or service than \(region), iotmanagedintegrations.")
    }
    let signed = fields.output.5.split(separator: ";")
    guard signed.contains("host"), signed.contains("x-amz-date") else {
      throw ManagedError.accessDenied("Host and X-Amz-Date must be signed.")
    }
  }
}
