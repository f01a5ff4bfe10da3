import Foundation
import Hummingbird

/// What tests see and change of the managed-integrations stand-in.
struct ManagedControlRoutes: Sendable {
  let managed: ManagedIntegrations

  /// What it remembers that no operation of the service shows.
  struct State: Codable, Sendable {
    var settings: ManagedSettings
    var notifications: [ManagedNotification]
    var invocations: [ConnectorInvocation]
  }

  /// A version of a secret and its text, in the place of AWS Secrets Manager.
  struct Secret: Decodable {
    var arn: String
    var versionId: String
    var secretString: String
  }

  func add(to control: RouterGroup<EmulatorContext>) {
    control.get("managed-integrations") { _, _ in Response.json(await state()) }
    control.post("managed-integrations/settings") { request, _ in
      try await ControlBody.with(ManagedSettings.self, request) { change in
        if let problem = change.problem { throw ControlError(message: problem) }
        await managed.change(change)
        return Response.json(await managed.settings)
      }
    }
    control.post("managed-integrations/secrets") { request, _ in
      try await ControlBody.with(Secret.self, request) { secret in
        let problem =
          TextRule.secretARN.problem(secret.arn).map { "arn " + $0 }
          ?? TextRule.secretVersion.problem(secret.versionId).map { "versionId " + $0 }
        if let problem { throw ControlError(message: problem) }
        await managed.setSecret(
          secret.secretString, of: SecretReference(arn: secret.arn, versionId: secret.versionId))
        return Response.json(["stored": true], status: .created)
      }
    }
  }

  private func state() async -> State {
    State(
      settings: await managed.settings, notifications: await managed.notifications,
      invocations: await managed.invocations)
  }
}
