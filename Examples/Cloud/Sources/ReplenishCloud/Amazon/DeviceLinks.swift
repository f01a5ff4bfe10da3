import Foundation
import Logging
import OAuthServer

/// The way of an owner's browser to Amazon and back.
struct DeviceLinks: Sendable {
  /// What came of setting out.
  enum Departure: Equatable {
    case to(String)
    case alreadyLinked
    case unlinkUnderWay
  }

  /// What came of the return.
  enum Arrival: Equatable {
    case linked(ownership: Int64)
    /// No way that this browser set out on.
    case unknown
    case denied(ownership: Int64)
    case otherOwner(ownership: Int64)
    case alreadyLinked(ownership: Int64)
    case noLongerOwned
    case failed(ownership: Int64)
  }

  private static let lifetime = 600.0

  let storage: any CloudStorage
  let amazon: AmazonClient
  let calls: DashCalls
  let logger: Logger
  let redirect: @Sendable () -> String
  let now: @Sendable () -> Date

  /// Begins a link; the browser goes where this says.
  func depart(_ ownership: Ownership, session: Fingerprint) async throws -> Departure {
    if let last = try await storage.latestRegistration(ownership: ownership.id), last.state == .live {
      return .alreadyLinked
    }
    // Amazon knows one registration of a device and an account: taking back the old one would take the new one too.
    if try await storage.hasOpenRegistration(device: ownership.device.id) { return .unlinkUnderWay }
    let state = randomText(bytes: 32)
    let verifier = randomText(bytes: 32)
    try await storage.insert(
      LinkAttempt(
        session: session, ownership: ownership.id, verifier: verifier, expiresAt: now() + Self.lifetime),
      state: Fingerprint(of: state))
    return .to(
      amazon.authorizeAddress(
        model: ownership.device.model, serial: ownership.device.serial, state: state, verifier: verifier,
        redirect: redirect()))
  }

  /// Ends a link that this browser began for this owner.
  func arrive(_ query: FormParameters, owner: Owner.ID, session: Fingerprint) async throws -> Arrival {
    guard let state = query["state"], query.repeated.isEmpty,
      let attempt = try await storage.takeAttempt(state: Fingerprint(of: state), session: session, at: now())
    else { return .unknown }
    guard let ownership = try await storage.ownership(attempt.ownership), ownership.owner == owner else {
      return .noLongerOwned
    }
    if let error = query["error"] {
      logger.notice("device \(ownership.device.id): Amazon refused the link: \(AmazonClient.word(error))")
      return error == "access_denied" ? .denied(ownership: ownership.id) : .failed(ownership: ownership.id)
    }
    guard let code = query["code"] else { return .failed(ownership: ownership.id) }
    let redeemed = await amazon.redeem(code: code, verifier: attempt.verifier, redirect: redirect(), now: now)
    guard case .tokens(let tokens) = redeemed else {
      if case .failed(let reason) = redeemed { logger.warning("device \(ownership.device.id): \(reason)") }
      return .failed(ownership: ownership.id)
    }
    guard let user = await userID(tokens.access, device: ownership.device.id) else {
      // Nobody can say whose account it is, so it is taken back.
      try await storage.abandon(
        tokens, ownership: ownership.id, clientID: amazon.configuration.clientID, at: now())
      return .failed(ownership: ownership.id)
    }
    let outcome = try await storage.link(
      ownership.id, clientID: amazon.configuration.clientID, amazonUser: user, tokens: tokens, at: now())
    switch outcome {
    case .otherOwner: return .otherOwner(ownership: ownership.id)
    case .alreadyLinked: return .alreadyLinked(ownership: ownership.id)
    case .noLongerOwned: return .noLongerOwned
    case .linked(let registration):
      // The page after this one shows them; without them it says that they are not known yet.
      _ = try await calls.updateSlots(of: registration)
      return .linked(ownership: ownership.id)
    }
  }

  private func userID(_ access: String, device: CloudDevice.ID) async -> String? {
    for attempt in 0..<3 {
      if attempt > 0 { try? await Task.sleep(for: .milliseconds(300)) }
      switch await amazon.userID(access: access) {
      case .success(let id): return id
      case .failure(let failure): logger.warning("device \(device): \(failure.text)")
      }
    }
    return nil
  }
}
