import Foundation
import Logging
import NIOHTTP1
import OAuthServer

/// Sends events to managed integrations: one instance at a time for each, as long as the grant stands.
struct ConnectorWork: Sendable {
  /// Longer than one exchange may take.
  static let leaseTime = 60.0

  let configuration: ConnectorConfiguration
  let storage: any CloudStorage
  let grants: any AccessGrants
  /// Nil where devices have no downlink.
  let commands: (any CommandStorage)?
  let signer: any RequestSigner
  let amazon: AmazonClient
  let logger: Logger
  let now: @Sendable () -> Date

  /// Works on everything that is due.
  func sweep() async throws {
    while true {
      let due = try await storage.dueConnectorEvents(at: now(), limit: 100)
      try await withThrowingDiscardingTaskGroup { group in
        for event in due { group.addTask { try await work(on: event.id) } }
      }
      // What follows an event is due at once.
      if due.isEmpty { return }
    }
  }

  /// Works on one event, unless somebody else does.
  func work(on id: ConnectorEvent.ID) async throws {
    let lease = randomText(bytes: 12)
    guard
      let event = try await storage.leaseConnectorEvent(id, lease: lease, until: now() + Self.leaseTime, at: now())
    else { return }
    func end(_ state: ConnectorEvent.State, then next: ConnectorEvent? = nil) async throws {
      try await storage.finish(event, lease: lease, state, then: next, at: now())
    }
    guard event.expiresAt > now() else {
      logger.error("connector: \(event.kind.rawValue) \(Self.name(event)): not sent in its time")
      return try await end(.dropped)
    }
    let news: (body: ConnectorEventBody, next: ConnectorEvent?)
    switch try await self.news(of: event) {
    case .news(let body, let next): news = (body, next)
    case .wait: return try await storage.postpone(event, lease: lease, until: now() + 1, wasSent: false)
    case .nothing: return try await end(.dropped)
    }
    // The last look before it leaves: what was revoked a moment ago is not sent.
    guard try await grants.isStanding(event.grant) else {
      logger.info("connector: \(event.kind.rawValue) \(Self.name(event)): dropped, the grant is gone")
      return try await end(.dropped)
    }
    switch await send(news.body, connector: event.connector) {
    case .taken: try await end(.sent, then: news.next)
    case .refused(let reason):
      logger.error("connector: \(event.kind.rawValue) \(Self.name(event)): managed integrations refused: \(reason)")
      try await end(.dropped)
    case .unknown(let reason):
      logger.warning("connector: \(event.kind.rawValue) \(Self.name(event)): not sent yet: \(reason)")
      // 2, 4, 8 … seconds, two minutes at most, and once more at the end.
      let wait = min(120, pow(2, Double(min(event.attempts, 7) + 1)))
      let last = max(event.expiresAt - 1, now() + 1)
      try await storage.postpone(event, lease: lease, until: min(now() + wait, last), wasSent: true)
    }
  }

  // MARK: What is told

  private enum News {
    case news(ConnectorEventBody, next: ConnectorEvent?)
    /// The device has yet to do it.
    case wait
    case nothing
  }

  private func news(of event: ConnectorEvent) async throws -> News {
    switch event.kind {
    case .discovery:
      var count: [String: Int] = [:]
      let devices = try await storage.sharedDevices(of: event.owner).map { shared in
        let model = shared.ownership.device.model
        count[model, default: 0] += 1
        return ConnectorEventBody.Device(
          ConnectorDeviceId: shared.id, ConnectorDeviceName: ConnectorEventBody.name(of: model, count[model] ?? 1))
      }
      return .news(ConnectorEventBody(found: devices, for: event), next: nil)
    case .response:
      guard let command = event.command else { return .nothing }
      let state = try await commands?.commandState(command, at: now()) ?? .over
      guard state != .open else { return .wait }
      let isDone = state == .done
      return .news(
        ConnectorEventBody(result: isDone, of: event), next: isDone ? event.followed(by: .identifying) : nil)
    case .identifying: return .news(ConnectorEventBody(identifying: event), next: nil)
    }
  }

  // MARK: Sending

  private enum Outcome {
    case taken
    /// It will not be taken: the same again would bring the same.
    case refused(String)
    /// Later, perhaps.
    case unknown(String)
  }

  private func send(_ news: ConnectorEventBody, connector: String) async -> Outcome {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let body = try? encoder.encode(news), let host = URL(string: configuration.service)?.authority else {
      return .refused("it cannot be written")
    }
    let target = "/connector-event/" + connector
    var headers = [(name: "Content-Type", value: "application/json"), (name: "Host", value: host)]
    do {
      headers += try await signer.headers(method: "POST", target: target, headers: headers, body: body, at: now())
    } catch {
      return .unknown("it cannot be signed: \(error)")
    }
    let sent = HTTPHeaders(headers.map { ($0.name, $0.value) })
    let text = String(decoding: body, as: UTF8.self)
    switch await amazon.send(.POST, configuration.service + target, headers: sent, body: text) {
    case .none(let reason): return .unknown(reason)
    case .answer(let status, let type, _):
      let reason = "\(status) \(type)"
      switch status {
      case 200..<300: return .taken
      // Throttled, or the clock or the credentials are wrong, which somebody may mend.
      case 401, 403, 408, 429, 500...: return .unknown(reason)
      default: return .refused(reason)
      }
    }
  }

  /// Its reference, fit for a log.
  private static func name(_ event: ConnectorEvent) -> String { AmazonClient.name(event.reference) }
}

extension URL {
  /// Host and port as a `Host` header has them.
  fileprivate var authority: String? { host.map { host in port.map { "\(host):\($0)" } ?? host } }
}
