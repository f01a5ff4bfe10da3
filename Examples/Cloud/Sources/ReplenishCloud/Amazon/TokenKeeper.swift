import Foundation
import Logging
import OAuthServer

/// Keeps access tokens fresh: one refresh for each registration at a time, whichever instance makes it.
///
/// The lease is a field of the row. No transaction is open while Login with Amazon is asked. Only a refused refresh
/// token ends a link, and only while few are refused: a wave of them is not about the customers.
struct TokenKeeper: Sendable {
  /// What came of asking for an access token.
  enum Access: Sendable {
    /// Use this one.
    case token(String)
    /// The link is gone.
    case ended
    /// Not now; the reason is for the log.
    case unavailable(String)
  }

  /// Refresh when less than this is left.
  static let ahead = 300.0
  /// Longer than one exchange may take.
  static let leaseTime = 60.0

  let storage: any CloudStorage
  let amazon: AmazonClient
  let logger: Logger
  let now: @Sendable () -> Date

  /// An access token of a registration.
  ///
  /// - Parameters:
  ///   - id: The registration.
  ///   - generation: The generation the caller has in mind.
  ///   - bad: An access token that Amazon refused: another one is needed, whatever the clock says.
  ///   - seen: The registration as the caller has just read it, so that it is not read again.
  func access(
    _ id: Registration.ID, generation: Int64, except bad: String? = nil, seen: Registration? = nil
  ) async throws -> Access {
    let lease = randomText(bytes: 12)
    var seen = seen
    // The one who has the lease needs half a minute at most.
    for _ in 0..<200 {
      let latest: Registration?
      if let seen { latest = seen } else { latest = try await storage.registration(id) }
      seen = nil
      guard let row = latest, row.generation == generation, let tokens = row.tokens else { return .ended }
      let isUsable = tokens.access != bad && tokens.expiresAt > now()
      if isUsable && tokens.expiresAt > now() + Self.ahead { return .token(tokens.access) }
      guard row.clientID == amazon.configuration.clientID else {
        return .unavailable("registration \(id) belongs to another client id than the one configured")
      }
      if let until = row.refreshAfter, until > now() {
        return isUsable ? .token(tokens.access) : .unavailable(Self.kept)
      }
      if try await storage.leaseRefresh(row, lease: lease, until: now() + Self.leaseTime, at: now()) {
        return try await refresh(row, lease: lease, except: bad)
      }
      if isUsable { return .token(tokens.access) }
      try await Task.sleep(for: .milliseconds(200))
    }
    return .unavailable("somebody else has been refreshing registration \(id) for too long")
  }

  private func refresh(_ seen: Registration, lease: String, except bad: String?) async throws -> Access {
    // Between the look and the lease somebody may have refreshed already.
    guard let row = try await storage.registration(seen.id), row.generation == seen.generation,
      let tokens = row.tokens
    else { return .ended }
    if tokens.access != bad && tokens.expiresAt > now() + Self.ahead {
      try await storage.giveBackRefresh(row, lease: lease)
      return .token(tokens.access)
    }
    let isUsable = tokens.access != bad && tokens.expiresAt > now()
    if let until = row.refreshAfter, until > now() {
      try await storage.giveBackRefresh(row, lease: lease)
      return isUsable ? .token(tokens.access) : .unavailable(Self.kept)
    }
    switch await amazon.refresh(tokens.refresh, now: now) {
    case .tokens(let new):
      guard try await storage.storeTokens(new, of: row, lease: lease) else {
        return .unavailable("the link of registration \(row.id) changed during a refresh")
      }
      return .token(new.access)
    case .invalidGrant:
      try await noticeEndOfWave()
      switch try await storage.endLink(refusedBy: row, at: now()) {
      case .ended:
        logger.notice("registration \(row.id): Amazon says that the link is gone (invalid_grant); it is ended here")
        return .ended
      case .replaced:
        try await storage.giveBackRefresh(row, lease: lease)
        return .unavailable("a refresh token that was replaced meanwhile was refused")
      case .kept(let wave):
        if let wave { alarm(wave) }
        try await storage.giveBackRefresh(row, lease: lease)
        return isUsable ? .token(tokens.access) : .unavailable(Self.kept)
      }
    case .failed(let reason):
      try await storage.giveBackRefresh(row, lease: lease)
      return isUsable ? .token(tokens.access) : .unavailable(reason)
    }
  }

  // MARK: Waves

  private static let kept = "Amazon refuses the refresh tokens of many links; this one is kept, and tried again later"

  private func alarm(_ wave: RefusalWave) {
    logger.critical(
      """
      Amazon refused the refresh tokens of \(wave.refused) of \(wave.links) links within ten minutes \
      (invalid_grant); nothing is unlinked meanwhile. Check the LWA security profile (client id, client secret, \
      Allowed Return URLs) and Amazon's status.
      """)
  }

  /// Says, once, that a wave of refusals is over.
  func noticeEndOfWave() async throws {
    guard try await storage.endRefusalWave(at: now()) else { return }
    logger.notice(
      """
      The wave of refused refresh tokens is over: for ten minutes there were not too many; a link that Amazon says is \
      gone is ended again.
      """)
  }
}
