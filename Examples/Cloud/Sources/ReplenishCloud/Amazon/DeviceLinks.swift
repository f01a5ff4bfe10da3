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
    case noLongerOwned
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
    let attempt = LinkAttempt(
      session: session, ownership: ownership.id, device: ownership.device.id, verifier: verifier,
      expiresAt: now() + Self.lifetime)
    guard try await storage.insert(attempt, state: Fingerprint(of: state)) else { return .noLongerOwned }
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
      // Released or erased in this instant.
      try await takeBack(attempt, query)
      return .noLongerOwned
    }
    if let error = query["error"] {
      logger.notice("device \(ownership.device.id): Amazon refused the link: \(AmazonClient.word(error))")
      return error == "access_denied" ? .denied(ownership: ownership.id) : .failed(ownership: ownership.id)
    }
    guard let code = query["code"] else { return .failed(ownership: ownership.id) }
    guard let tokens = await redeem(code, attempt) else { return .failed(ownership: ownership.id) }
    guard let user = await userID(tokens.access, device: ownership.device.id) else {
      // Nobody can say whose account it is, so it is taken back.
      try await storage.abandon(
        tokens, ownership: ownership.id, device: ownership.device.id, clientID: amazon.configuration.clientID,
        at: now())
      return .failed(ownership: ownership.id)
    }
    let outcome = try await storage.link(
      ownership.id, device: ownership.device.id, clientID: amazon.configuration.clientID, amazonUser: user,
      tokens: tokens, at: now())
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

  /// Takes back what Amazon allowed for an account that was erased meanwhile; false when this is no such return.
  ///
  /// It asks for no session: those of the account are gone, and nothing comes of it but the end of a link.
  func arriveErased(_ query: FormParameters) async throws -> Bool {
    guard let state = query["state"], query.repeated.isEmpty,
      let attempt = try await storage.takeErasedAttempt(state: Fingerprint(of: state), at: now())
    else { return false }
    try await takeBack(attempt, query)
    return true
  }

  /// Amazon knows the device's registration since the customer allowed it; only its tokens can end it.
  private func takeBack(_ attempt: LinkAttempt, _ query: FormParameters) async throws {
    guard query["error"] == nil, let code = query["code"], let tokens = await redeem(code, attempt) else { return }
    try await storage.abandon(
      tokens, ownership: attempt.ownership, device: attempt.device, clientID: amazon.configuration.clientID, at: now())
  }

  private func redeem(_ code: String, _ attempt: LinkAttempt) async -> TokenPair? {
    let redeemed = await amazon.redeem(code: code, verifier: attempt.verifier, redirect: redirect(), now: now)
    if case .tokens(let tokens) = redeemed { return tokens }
    if case .failed(let reason) = redeemed { logger.warning("device \(attempt.device): \(reason)") }
    return nil
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
