import Foundation
import OwnerOnlyFiles

/// Hands out access tokens of Login with Amazon, and keeps the refresh token on record up to date.
///
/// One refresh at a time: callers in this process wait for the one that is under way, other processes for the lock.
public actor AccessTokens {
  private let store: any SecretStore
  private let files: StateFiles
  private let refresh: TokenRefresh
  private let clock: SecretsClock
  private var held: AccessToken?
  private var renewing: (task: Task<AccessToken, any Error>, isFresh: Bool)?
  /// What did not work and does not keep the token from its user; one line each.
  public private(set) var warnings: [String] = []

  init(store: any SecretStore, files: StateFiles, refresh: TokenRefresh, clock: SecretsClock) {
    self.store = store
    self.files = files
    self.refresh = refresh
    self.clock = clock
  }

  /// An access token with at least five minutes left, if Login with Amazon gives such.
  ///
  /// - Parameter fresh: Asks for a new one, because the one at hand was refused.
  public func token(fresh: Bool = false) async throws(SecretsFailure) -> String {
    if !fresh, let held, held.isUsable(at: clock.now()) { return held.text }
    // One that is under way may end with the token that was refused.
    while fresh, let renewing, !renewing.isFresh { _ = await renewing.task.result }
    let task = renewing?.task ?? Task { try await self.renew(fresh: fresh) }
    if renewing == nil { renewing = (task, fresh) }
    let result = await task.result
    if renewing?.task == task { renewing = nil }
    do {
      return try result.get().text
    } catch {
      throw SecretsFailure(error)
    }
  }

  // MARK: Under the lock

  private func renew(fresh: Bool) async throws -> AccessToken {
    let lock = try await takeLock()
    defer { withExtendedLifetime(lock) {} }
    // Whoever had the lock before may have asked already.
    if !fresh, let cached = files.cached(), cached.isUsable(at: clock.now()) {
      held = cached
      return cached
    }
    let token = try await refreshed()
    held = token
    do { try files.keep(token) } catch { warn(error) }
    return token
  }

  /// Waits longer than the holder needs at most.
  private func takeLock() async throws -> FileLock {
    for _ in 0..<1800 {
      if let lock = try FileLock(files.lock) { return lock }
      try await clock.sleep(0.1)
    }
    throw SecretsFailure(
      .temporary, "\(files.lock): another process has been refreshing for three minutes; is it stuck?")
  }

  private func refreshed() async throws -> AccessToken {
    var stored = try await store.read()
    var candidate = try await settleJournal(&stored)
    var tried: Set<String> = []
    while true {
      tried.insert(candidate)
      let askedAt = clock.now()
      switch try await refresh.send(stored.credentials, refreshToken: candidate) {
      case .tokens(let access, let lifetime, let next):
        let token = AccessToken(text: access, askedAt: askedAt, expiresAt: askedAt + lifetime)
        let next = next ?? candidate
        if next == stored.credentials.refreshToken {
          forgetRotation()
        } else {
          await record(next, over: stored)
        }
        return token
      case .invalidGrant:
        // Another machine may have put its successor on record meanwhile; each token is tried once.
        stored = try await store.read()
        guard !tried.contains(stored.credentials.refreshToken) else {
          throw SecretsFailure(
            .unlinked,
            """
            Login with Amazon refuses the refresh token on record (invalid_grant): access was revoked, or it belongs to \
            another client; authorize again and store the new refresh token
            """)
        }
        candidate = stored.credentials.refreshToken
      case .refused(let status, let word):
        throw Self.refusal(status, word, stored.credentials)
      case .unreadable(let text): throw SecretsFailure(.temporary, text)
      }
    }
  }

  private static func refusal(_ status: UInt, _ word: String, _ credentials: LoginCredentials) -> SecretsFailure {
    let answer = "Login with Amazon answered \(status) \(word)"
    if status == 429 || status == 408 || status >= 500 {
      return SecretsFailure(.temporary, "\(answer); try again later")
    }
    switch word {
    case "invalid_client", "unauthorized_client":
      return SecretsFailure(.denied, "\(answer); check client id \(credentials.clientID) and its client secret")
    case "invalid_scope":
      return SecretsFailure(.configuration, "\(answer); lwa-auth-scope is not what the refresh token was given for")
    default: return SecretsFailure(.configuration, "\(answer); check the token endpoint and the secret")
    }
  }

  // MARK: Rotation

  /// Brings a refresh token on record that an earlier run could only note; returns the one to be used.
  private func settleJournal(_ stored: inout StoredCredentials) async throws -> String {
    guard let noted = try files.rotation() else { return stored.credentials.refreshToken }
    let onRecord = stored.credentials.refreshToken
    guard noted.refreshToken != onRecord, noted.replaces == StateFiles.digest(onRecord) else {
      // It arrived, or somebody put yet another one there since.
      forgetRotation()
      return onRecord
    }
    guard await writeBack(noted.refreshToken, over: stored) else { return noted.refreshToken }
    stored = try await store.read()
    return stored.credentials.refreshToken
  }

  /// Keeps a refresh token that is new: first here, then on record. Where one fails there is still the other.
  private func record(_ refreshToken: String, over stored: StoredCredentials) async {
    do {
      try files.note(
        StateFiles.Rotation(
          replaces: StateFiles.digest(stored.credentials.refreshToken), refreshToken: refreshToken))
    } catch {
      warn(error)
    }
    _ = await writeBack(refreshToken, over: stored)
  }

  /// Whether what is on record counts from now on: this refresh token, or what somebody else put there first.
  private func writeBack(_ refreshToken: String, over stored: StoredCredentials) async -> Bool {
    do {
      if try await !store.write(refreshToken: refreshToken, over: stored) {
        guard try await store.read().version != stored.version else {
          throw SecretsFailure(
            .configuration, "the version after this one exists already, as if the secret had been set back")
        }
      }
    } catch {
      let isNoted = (try? files.rotation())?.refreshToken == refreshToken
      warn(
        error,
        isNoted
          ? "the new refresh token waits in \(files.journal) until it can be put on record: "
          : "the new refresh token is LOST, authorize again if the one on record is refused: ")
      return false
    }
    forgetRotation()
    return true
  }

  private func forgetRotation() {
    do { try files.forgetRotation() } catch { warn(error) }
  }

  private func warn(_ error: any Error, _ prefix: String = "") {
    let line = prefix + SecretsFailure(error).description
    if !warnings.contains(line) { warnings.append(line) }
  }
}

/// Time, which tests take into their hands.
struct SecretsClock: Sendable {
  var now: @Sendable () -> Date = { Date() }
  var sleep: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
}
