import Foundation
import Logging

/// Answers what managed integrations asks of a connector: at once, for the service waits two seconds and then asks again.
/// What takes longer is put on disk, and goes out through `ConnectorWork`.
struct ConnectorDesk: Sendable {
  /// Seconds that an event about a search may wait for the service.
  static let discoveryLife = 600.0
  /// Seconds that the result of a command may wait after the command's own end.
  static let responseLife = 600.0

  let configuration: ConnectorConfiguration
  let storage: any CloudStorage
  let grants: any AccessGrants
  /// Nil where devices have no downlink.
  let commands: (any CommandStorage)?
  let logger: Logger
  let now: @Sendable () -> Date
  /// Told that an event is on disk, so that it does not wait for the next round.
  let hurry: @Sendable () -> Void

  /// Answers an envelope.
  ///
  /// - Parameter bearer: The token in the `Authorization` header, where there is one: it must be the envelope's.
  /// - Throws: When nothing can be said now; it is to be asked again.
  func answer(_ body: Data, bearer: String?) async throws -> ConnectorAnswer {
    guard let envelope = ConnectorEnvelope(body) else {
      return refusal(ConnectorCode.malformed, "The envelope is not valid")
    }
    guard configuration.connectorID == nil || configuration.connectorID == envelope.connector else {
      return refusal(ConnectorCode.forbidden, "The envelope is for another connector")
    }
    let token: String
    switch envelope.authorization {
    case .token(let presented): token = presented
    case .general:
      return refusal(ConnectorCode.unsupported, "GeneralAuthorization is not supported, link the account by OAuth 2.0")
    case .unknown: return refusal(ConnectorCode.malformed, "The type of authorization is not known")
    }
    guard bearer == nil || bearer == token else {
      return refusal(ConnectorCode.unauthorized, "The bearer token is not the one in the envelope")
    }
    guard let operation = envelope.operation else {
      return refusal(ConnectorCode.malformed, "The operation is not known")
    }
    guard let grant = try await grants.grant(accessToken: token) else {
      // An expired token still names what is to be revoked; one that is revoked already is no mistake.
      if operation == .deactivateUser { return try await deactivate(token) }
      return refusal(ConnectorCode.unauthorized, "The access token expired, was revoked, or never was one")
    }
    guard grant.clientID == configuration.clientID else {
      return refusal(ConnectorCode.forbidden, "The access token was given to another client")
    }
    switch operation {
    case .activateUser: return activate(grant)
    case .deactivateUser: return try await deactivate(token)
    case .discoverDevices: return try await discover(envelope, grant)
    case .sendCommand: return try await send(envelope, grant)
    }
  }

  private func refusal(_ code: Int, _ message: String) -> ConnectorAnswer {
    logger.notice("connector: refused: \(code) \(message)")
    return ConnectorAnswer(code: code, message: message)
  }

  private func activate(_ grant: AccessGrant) -> ConnectorAnswer {
    // One that does not fit would be refused with every event, when nobody remembers why.
    guard ConnectorEnvelope.Limits.user.allows(grant.userID) else {
      logger.error("connector: the user id of grant \(AmazonClient.name(grant.id)) does not fit managed integrations")
      return ConnectorAnswer(code: ConnectorCode.unsupported, message: "The user id does not fit")
    }
    return ConnectorAnswer(code: ConnectorCode.done, message: "Activated", userID: grant.userID)
  }

  private func deactivate(_ token: String) async throws -> ConnectorAnswer {
    try await grants.revoke(grantOf: token, to: configuration.clientID)
    return ConnectorAnswer(code: ConnectorCode.done, message: "Deactivated")
  }

  private func discover(_ envelope: ConnectorEnvelope, _ grant: AccessGrant) async throws -> ConnectorAnswer {
    guard let discovery = envelope.payload.deviceDiscoveryId else {
      return refusal(ConnectorCode.malformed, "deviceDiscoveryId is missing")
    }
    guard grant.scope.contains(configuration.discoverScope) else { return outsideConsent }
    let event = ConnectorEvent.about(
      .discovery, discovery, under: grant, connector: envelope.connector, until: now() + Self.discoveryLife)
    guard try await storage.note(event, at: now()) else {
      return refusal(ConnectorCode.unauthorized, "The account is deleted")
    }
    hurry()
    return ConnectorAnswer(code: ConnectorCode.done, message: "Discovery began")
  }

  private func send(_ envelope: ConnectorEnvelope, _ grant: AccessGrant) async throws -> ConnectorAnswer {
    let payload = envelope.payload
    guard let device = payload.connectorDeviceId, let trace = payload.traceId else {
      return refusal(ConnectorCode.malformed, "connectorDeviceId or traceId is missing")
    }
    guard grant.scope.contains(configuration.identifyScope) else { return outsideConsent }
    guard let commands else { return refusal(ConnectorCode.unsupported, "Devices take no commands here") }
    // Ordering is never a command, nor is anything else.
    guard let seconds = Matter.identify(payload.commands) else {
      return refusal(ConnectorCode.unsupported, "The only command is Identify, cluster 0x0003, command 0x00")
    }
    // Another owner's device and none at all have the same answer.
    guard let shared = try await storage.sharedDevices(of: grant.owner).first(where: { $0.id == device }) else {
      return noSuchDevice
    }
    var event = ConnectorEvent.about(
      .response, trace, under: grant, connector: envelope.connector,
      until: now() + configuration.commandSeconds + Self.responseLife)
    // The same for a retry of the same request: a device shows itself once.
    let command = DeviceCommand(
      id: String(event.id.prefix(32)), ownership: shared.ownership.id, action: .identify(seconds: seconds),
      expiresAt: now() + configuration.commandSeconds)
    guard try await commands.note(command, at: now()) else { return noSuchDevice }
    event.device = shared.id
    event.command = command.id
    event.seconds = seconds
    guard try await storage.note(event, at: now()) else {
      return refusal(ConnectorCode.unauthorized, "The account is deleted")
    }
    hurry()
    return ConnectorAnswer(code: ConnectorCode.done, message: "The command is on its way")
  }

  private var outsideConsent: ConnectorAnswer {
    refusal(ConnectorCode.forbidden, "The owner did not allow this")
  }

  private var noSuchDevice: ConnectorAnswer {
    refusal(ConnectorCode.notFound, "There is no such device in this account")
  }
}
