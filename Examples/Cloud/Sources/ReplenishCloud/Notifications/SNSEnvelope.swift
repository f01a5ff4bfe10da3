import Foundation

/// What Amazon's notification service wraps around a message.
struct SNSEnvelope: Sendable, Equatable {
  enum Kind: String, Sendable {
    case notification = "Notification"
    case subscription = "SubscriptionConfirmation"
    case unsubscription = "UnsubscribeConfirmation"
  }

  var kind: Kind
  var messageID: String
  var topic: String
  var message: String
  /// As it is written, for that is what was signed.
  var timestamp: String
  var subject: String?
  /// Of confirmations only.
  var token: String?
  /// Of confirmations only.
  var subscribeURL: String?
  var signatureVersion: String
  var signature: Data
  var certificateURL: String

  /// Reads a body; nil when it is not an envelope, whole and in one of the three kinds.
  init?(_ body: Data) {
    guard let members = try? JSONDecoder().decode(Members.self, from: body), let kind = Kind(rawValue: members.Type),
      let signature = Data(base64Encoded: members.Signature), !signature.isEmpty
    else { return nil }
    let isConfirmation = kind != .notification
    guard isConfirmation == (members.Token != nil), isConfirmation == (members.SubscribeURL != nil) else { return nil }
    // Names and values are signed line by line. With a line break in one of these a value could pass for another.
    let lines = [
      members.MessageId, members.TopicArn, members.Timestamp, members.Subject, members.Token, members.SubscribeURL,
    ].compactMap(\.self)
    guard lines.allSatisfy({ !$0.isEmpty && $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } }),
      members.MessageId.utf8.count <= 128
    else { return nil }
    self.kind = kind
    self.signature = signature
    messageID = members.MessageId
    topic = members.TopicArn
    message = members.Message
    timestamp = members.Timestamp
    subject = members.Subject
    token = members.Token
    subscribeURL = members.SubscribeURL
    signatureVersion = members.SignatureVersion
    certificateURL = members.SigningCertURL
  }

  private struct Members: Decodable {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var `Type`, MessageId, TopicArn, Message, Timestamp, SignatureVersion, Signature, SigningCertURL: String
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var Subject, Token, SubscribeURL: String?
  }

  /// What was signed: each name and each value on a line of its own, the names in alphabetical order.
  var signedText: String {
    var fields = [("Message", message), ("MessageId", messageID)]
    switch kind {
    case .notification:
      if let subject { fields.append(("Subject", subject)) }
      fields += [("Timestamp", timestamp), ("TopicArn", topic), ("Type", kind.rawValue)]
    case .subscription, .unsubscription:
      fields += [
        ("SubscribeURL", subscribeURL ?? ""), ("Timestamp", timestamp), ("Token", token ?? ""), ("TopicArn", topic),
        ("Type", kind.rawValue),
      ]
    }
    return fields.map { "\($0)\n\($1)\n" }.joined()
  }

  /// When it was published; nil when that cannot be read.
  var publishedAt: Date? { Date(amazon: timestamp) }
}

extension Date {
  /// Reads `2015-06-05T12:30:00.000Z`, with or without the fraction.
  init?(amazon text: String) {
    guard text.utf8.count <= 32,
      let date = (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
        ?? (try? Date.ISO8601FormatStyle().parse(text))
    else { return nil }
    self = date
  }
}
