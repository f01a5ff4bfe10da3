import Foundation
import OAuthServer

/// A topic of Amazon's notification service (SNS).
public struct SNSTopic: Sendable, Equatable {
  /// Its whole name: `arn:aws:sns:REGION:ACCOUNT:NAME`.
  public let arn: String
  /// Scheme and host of the service in the topic's region.
  let origin: String

  /// Takes a name; nil when it is none of a topic that delivers over HTTP.
  public init?(arn: String) {
    guard arn.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
      let parts = arn.wholeMatch(
        of: /arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2,3}(?:-[a-z]+){1,3}-[0-9]{1,2}):[0-9]{12}:[A-Za-z0-9_-]{1,256}/)
    else { return nil }
    let region = parts.output.2
    let isChina = parts.output.1 == "aws-cn"
    guard isChina == region.hasPrefix("cn-"), (parts.output.1 == "aws-us-gov") == region.hasPrefix("us-gov-") else {
      return nil
    }
    self.arn = arn
    origin = "https://sns.\(region).amazonaws.com" + (isChina ? ".cn" : "")
  }
}

/// Whose notifications are taken, and the only addresses that may be fetched for them.
///
/// Addresses are compared as text, not taken apart: there is exactly one spelling, and whatever another reader of
/// addresses might see in a different one does not matter.
public struct NotificationSource: Sendable, Equatable {
  /// The one topic.
  public let topic: SNSTopic
  let origin: String

  /// Takes a topic of Amazon.
  public init(topic: SNSTopic) {
    self.topic = topic
    origin = topic.origin
  }

  /// For development: certificates and confirmations are fetched from a program on this machine instead of Amazon.
  /// Nil unless the origin is `https://localhost:PORT` or `https://127.0.0.1:PORT`.
  public init?(topic: SNSTopic, developmentOrigin: String) {
    guard developmentOrigin.wholeMatch(of: /https:\/\/(localhost|127\.0\.0\.1)(:[1-9][0-9]{0,4})?/) != nil else {
      return nil
    }
    self.topic = topic
    origin = developmentOrigin
  }

  /// Whether a signing certificate may be fetched from here.
  func isCertificate(_ address: String) -> Bool {
    guard let rest = Self.rest(of: address, after: origin + "/SimpleNotificationService-"), rest.hasSuffix(".pem")
    else { return false }
    let name = rest.utf8.dropLast(4)
    return (1...64).contains(name.count) && name.allSatisfy(Self.isWord)
  }

  /// Whether a subscription to the topic is confirmed by fetching this.
  func isConfirmation(_ address: String) -> Bool {
    guard let query = Self.rest(of: address, after: origin + "/?"), query.utf8.count <= 2048,
      query.utf8.allSatisfy({ Self.isWord($0) || "%&=:.~".utf8.contains($0) }),
      let fields = FormParameters(urlEncoded: query), fields.repeated.isEmpty
    else { return false }
    return fields["Action"] == "ConfirmSubscription" && fields["TopicArn"] == topic.arn && fields["Token"] != nil
  }

  /// Byte by byte: two texts may be equal and not the same.
  private static func rest(of address: String, after beginning: String) -> String? {
    guard address.utf8.starts(with: beginning.utf8) else { return nil }
    return String(address.utf8.dropFirst(beginning.utf8.count))
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
