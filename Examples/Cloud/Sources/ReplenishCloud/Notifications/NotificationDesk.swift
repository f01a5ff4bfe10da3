import Foundation
import Logging
import NIOHTTP1

/// Takes Amazon's notifications: believes the signed ones of one topic, once each, and does what they are good for.
///
/// None of them ends a link or makes an order. What they say of an order is shown; everything else only leads to Amazon
/// being asked.
struct NotificationDesk: Sendable {
  /// What the sender is told.
  enum Verdict: Sendable, Equatable {
    /// Taken, or known, or of no use here: it need not come again.
    case done
    case malformed
    case forbidden
    /// It should come again.
    case unavailable
  }

  /// Older ones are not taken, for their numbers may be forgotten. The service itself gives up after hours.
  static let age = 7.0 * 86_400
  /// How far the service's clock may be ahead of this one.
  static let ahead = 3600.0

  let source: NotificationSource
  let storage: any CloudStorage
  let amazon: AmazonClient
  let calls: DashCalls
  let keeper: TokenKeeper
  let certificates: SNSCertificates
  let logger: Logger
  let now: @Sendable () -> Date

  /// Takes a body.
  func take(_ body: Data) async throws -> Verdict {
    guard let envelope = SNSEnvelope(body) else {
      logger.warning("a notification was refused: it is no envelope of SNS")
      return .malformed
    }
    if let refusal = await refusal(of: envelope) { return refusal }
    guard let published = envelope.publishedAt, published > now() - Self.age, published < now() + Self.ahead else {
      logger.notice("notification \(Self.name(envelope)): dropped, published too long ago or in the future")
      return .done
    }
    guard try await !storage.knowsNotification(envelope.messageID) else { return .done }
    switch envelope.kind {
    case .notification: try await act(on: envelope)
    case .subscription:
      guard let confirmed = await confirm(envelope) else { return .forbidden }
      guard confirmed else { return .unavailable }
      _ = try await note(envelope)
    case .unsubscription:
      // Subscribing again is the operator's to decide.
      logger.error("notifications: Amazon ended the subscription of this address; nothing more comes")
      _ = try await note(envelope)
    }
    return .done
  }

  /// Looks at where an envelope is from; nil when it is from the topic.
  private func refusal(of envelope: SNSEnvelope) async -> Verdict? {
    func refused(_ why: String) -> Verdict {
      logger.warning("notification \(Self.name(envelope)): refused: \(why)")
      return .forbidden
    }
    guard envelope.topic == source.topic.arn else { return refused("another topic") }
    guard source.isCertificate(envelope.certificateURL) else { return refused("its certificate is not at Amazon") }
    switch await certificates.certificate(at: envelope.certificateURL, now: now()) {
    case .refused(let why): return refused("its certificate: \(why)")
    case .unavailable(let why):
      logger.warning("notification \(Self.name(envelope)): its certificate is not to be had: \(why)")
      return .unavailable
    case .certificate(let certificate):
      return certificate.signed(envelope) ? nil : refused("its signature is not good")
    }
  }

  /// Says at Amazon that this address wants the topic; nil when the address to fetch is not Amazon's.
  private func confirm(_ envelope: SNSEnvelope) async -> Bool? {
    guard let address = envelope.subscribeURL, source.isConfirmation(address) else {
      logger.warning("notification \(Self.name(envelope)): refused: its SubscribeURL is not at Amazon")
      return nil
    }
    switch await amazon.send(.GET, address) {
    case .answer(200, _, _):
      logger.notice("notifications: the subscription to \(source.topic.arn) is confirmed")
      return true
    case .answer(let status, _, _): logger.warning("notifications: the subscription is not confirmed: \(status)")
    case .none(let reason): logger.warning("notifications: the subscription is not confirmed: \(reason)")
    }
    return false
  }

  private func act(on envelope: SNSEnvelope) async throws {
    func dropped(_ why: String) async throws {
      logger.notice("notification \(Self.name(envelope)): \(why)")
      _ = try await note(envelope)
    }
    guard let notification = DashNotification(envelope.message) else {
      return try await dropped("its message is none of DRS")
    }
    let type = AmazonClient.word(notification.type)
    guard let kind = notification.kind else { return try await dropped("\(type) is not known here") }
    guard let time = notification.time, let serial = notification.serial, let client = notification.clientID else {
      return try await dropped("\(type) lacks time, serial number or client id")
    }
    let found = try await storage.liveRegistrations(model: notification.model, serial: serial, clientID: client)
    guard let registration = found.first, found.count == 1 else {
      return try await dropped("\(type) is of no device that is linked here")
    }
    // It may be about whoever had the device before.
    guard time >= registration.linkedAt else {
      return try await dropped("\(type) is older than registration \(registration.id)")
    }
    var news: OrderNews?
    if let status = kind.orderStatus {
      guard let order = notification.instanceID else { return try await dropped("\(type) lacks the order") }
      news = OrderNews(
        device: registration.device.id, registration: registration.id, eventInstanceID: order, status: status,
        at: min(time, now()))
    }
    guard try await note(envelope, news) else { return }
    let version = notification.version.map { " v\($0.rawValue)" } ?? ""
    logger.info("registration \(registration.id): \(type)\(version)")
    switch kind {
    case .subscriptionChanged: inBackground { _ = try await calls.updateSlots(of: registration) }
    case .deviceDeregistered: inBackground { try await prove(registration) }
    case .deviceRegistered, .orderPlaced, .itemShipped, .orderCancelled: break
    }
  }

  /// Has Amazon say whether the link is still good: only its `invalid_grant` ends it.
  private func prove(_ registration: Registration) async throws {
    let access = try await keeper.access(
      registration.id, generation: registration.generation, except: registration.tokens?.access)
    switch access {
    case .token: logger.notice("registration \(registration.id): Amazon says that it is still good")
    case .ended: break
    case .unavailable(let reason):
      logger.warning("registration \(registration.id): whether it is still good is not known: \(reason)")
    }
  }

  /// The service waits 15 seconds for an answer, and some work takes longer. What is lost with the process is found out
  /// later: a dead token when it is next refreshed, other slots when they are next looked at.
  private func inBackground(_ work: @escaping @Sendable () async throws -> Void) {
    Task {
      do {
        try await work()
      } catch {
        logger.error("notifications: \(error)")
      }
    }
  }

  private func note(_ envelope: SNSEnvelope, _ news: OrderNews? = nil) async throws -> Bool {
    try await storage.note(notification: envelope.messageID, until: now() + Self.age + 86_400, news)
  }

  /// Its number, fit for a log.
  private static func name(_ envelope: SNSEnvelope) -> String { AmazonClient.name(envelope.messageID) }
}
