import BoundedHTTP
import Foundation
import NIOHTTP1

/// Reads error answers of AWS's JSON protocol, and survives XML, HTML and nothing at all.
enum AWSErrorAnswer {
  /// The codes that mean "wait, and ask again", as botocore's standard mode has them. `LimitExceededException` can also be
  /// a quota that waiting does not change; attempts are bounded.
  private static let throttling: Set = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
    "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
    "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown", "PriorRequestNotComplete",
    "EC2ThrottledException",
  ]
  private static let transient: Set = [
    "RequestTimeout", "RequestTimeoutException", "InternalFailure", "InternalServiceError", "InternalServerError",
    "InternalError", "ServiceUnavailable", "ServiceUnavailableException",
  ]
  private static let expired: Set = ["ExpiredToken", "ExpiredTokenException"]
  /// A wrong signature is a wrong clock or a wrong key; the other side's `Date` tells which.
  private static let skewed: Set = [
    "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException",
    "SignatureDoesNotMatch", "AuthFailure",
  ]
  private static let denied: Set = [
    "AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId",
    "IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken",
    "MissingAuthenticationTokenException", "NotAuthorized", "OptInRequired", "UnauthorizedOperation",
  ]

  /// What an answer other than success means.
  ///
  /// - Parameters:
  ///   - answer: The answer.
  ///   - operation: What was asked, for the text.
  static func failure(_ answer: HTTPAnswer, to operation: String) -> AWSFailure {
    let members = answer.members
    let text = String(decoding: answer.body.prefix(16 * 1024), as: UTF8.self)
    let named =
      members["__type"] as? String ?? members["code"] as? String ?? answer.headers.first(name: "x-amzn-errortype")
      ?? element("Code", of: text) ?? ""
    let code = plain(bare(named), limit: 64)
    let kind = kind(code: code, status: answer.status)
    var line = "AWS answered \(operation) with \(code.isEmpty ? "status \(answer.status)" : code)"
    // The text of a refused signature repeats what was signed, a session token with it.
    if !skewed.contains(code), !code.isEmpty {
      let message =
        members["message"] as? String ?? members["Message"] as? String ?? element("Message", of: text) ?? ""
      if !message.isEmpty { line += ": \(plain(message, limit: 300))" }
    }
    if let hint = hint(kind, code: code) { line += "; \(hint)" }
    return AWSFailure(kind, code: code, line)
  }

  private static func kind(code: String, status: UInt) -> AWSFailure.Kind {
    if throttling.contains(code) { return .throttled }
    if transient.contains(code) { return .transient }
    if expired.contains(code) { return .expiredCredentials }
    if skewed.contains(code) { return .skewedClock }
    if denied.contains(code) { return .denied }
    if code == "ResourceNotFoundException" { return .notFound }
    if code == "ResourceExistsException" { return .exists }
    // No code that is known: a proxy's page, or trouble before the service. Only then the status has a say.
    return [500, 502, 503, 504].contains(status) ? .transient : .refused
  }

  private static func hint(_ kind: AWSFailure.Kind, code: String) -> String? {
    switch kind {
    case .expiredCredentials: "renew the AWS credentials"
    case .skewedClock: "check this machine's clock, and the secret access key"
    case .denied: "check the AWS credentials and their policy"
    case .notFound: "check the secret's name, its version stage and the region"
    default: nil
    }
  }

  /// `ns#Code:url` without the parts around the code.
  private static func bare(_ type: String) -> String {
    let afterHash = type.split(separator: "#").last.map(String.init) ?? ""
    return String(afterHash.prefix { $0 != ":" })
  }

  /// The text of an XML element; bodies are too small and too odd for a parser.
  private static func element(_ name: String, of text: String) -> String? {
    guard let start = text.range(of: "<\(name)>"), let end = text.range(of: "</\(name)>"),
      start.upperBound <= end.lowerBound
    else { return nil }
    return String(text[start.upperBound..<end.lowerBound])
  }

  /// Fit for one line.
  private static func plain(_ text: String, limit: Int) -> String {
    let printable = text.unicodeScalars.map { $0.isASCII && $0.value >= 0x20 && $0.value < 0x7F ? Character($0) : " " }
    return String(printable.prefix(limit)).split(separator: " ").joined(separator: " ")
  }
}
