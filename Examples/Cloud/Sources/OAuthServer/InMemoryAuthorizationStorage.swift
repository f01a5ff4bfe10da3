import Foundation

/// Keeps the authorization server's state in memory, for tests, emulators and demonstrations.
public actor InMemoryAuthorizationStorage: AuthorizationStorage, DeviceAuthorizationStorage, BrowserSessionStorage {
  private var clients: [String: OAuthClient]
  private var grants: [Grant.ID: Grant] = [:]
  private var codes: [SecretDigest: (code: AuthorizationCode, isUsed: Bool)] = [:]
  private var accessTokens: [SecretDigest: AccessToken] = [:]
  private var refreshTokens: [SecretDigest: RefreshToken] = [:]
  private var devices: [SecretDigest: DeviceAuthorization] = [:]
  private var sessions: [SecretDigest: BrowserSession] = [:]

  /// Creates a storage that knows these clients.
  public init(clients: [OAuthClient]) {
    self.clients = Dictionary(clients.map { ($0.id, $0) }) { _, last in last }
  }

  /// Adds or replaces a client.
  public func register(_ client: OAuthClient) {
    clients[client.id] = client
  }

  /// Makes every living access token expire; returns how many there were.
  public func expireAccessTokens(at date: Date) -> Int {
    let living = accessTokens.filter { $0.value.expiresAt > date }.keys
    for digest in living { accessTokens[digest]?.expiresAt = date }
    return living.count
  }

  /// Forgets everything but the clients.
  public func reset() {
    grants = [:]
    codes = [:]
    accessTokens = [:]
    refreshTokens = [:]
    devices = [:]
    sessions = [:]
  }

  /// The client with this identifier.
  public func client(id: String) -> OAuthClient? { clients[id] }

  /// Stores a new family.
  public func insert(_ grant: Grant) { grants[grant.id] = grant }

  /// The family with this identifier.
  public func grant(id: Grant.ID) -> Grant? { grants[id] }

  /// Every family about one resource.
  public func grants(resource: String) -> [Grant] { grants.values.filter { $0.resource == resource } }

  /// Kills a family and with it all its codes and tokens; the first date stays.
  public func revokeGrant(id: Grant.ID, at date: Date) {
    if grants[id]?.revokedAt == nil { grants[id]?.revokedAt = date }
  }

  /// Kills every family about a resource; returns how many were alive.
  @discardableResult
  public func revokeGrants(resource: String, at date: Date) -> Int {
    let living = grants(resource: resource).filter { $0.revokedAt == nil }
    for grant in living { revokeGrant(id: grant.id, at: date) }
    return living.count
  }

  /// Notes that a family was used.
  public func noteUse(of grant: Grant.ID, at date: Date) { grants[grant]?.lastUsedAt = date }

  /// Stores a new authorization code.
  public func insert(_ code: AuthorizationCode, _ digest: SecretDigest) { codes[digest] = (code, false) }

  /// Returns a code and marks it used; `isFirst` is true for exactly one caller.
  public func claimAuthorizationCode(_ digest: SecretDigest) -> (code: AuthorizationCode, isFirst: Bool)? {
    guard let entry = codes[digest] else { return nil }
    codes[digest]?.isUsed = true
    return (entry.code, !entry.isUsed)
  }

  /// Stores a new access token.
  public func insert(_ token: AccessToken, _ digest: SecretDigest) { accessTokens[digest] = token }

  /// The access token with this digest.
  public func accessToken(_ digest: SecretDigest) -> AccessToken? { accessTokens[digest] }

  /// Forgets one access token.
  public func removeAccessToken(_ digest: SecretDigest) { accessTokens[digest] = nil }

  /// Stores a new refresh token.
  public func insert(_ token: RefreshToken, _ digest: SecretDigest) { refreshTokens[digest] = token }

  /// The refresh token with this digest.
  public func refreshToken(_ digest: SecretDigest) -> RefreshToken? { refreshTokens[digest] }

  /// Marks a refresh token replaced; true for exactly one caller.
  public func claimRefreshToken(_ digest: SecretDigest, at date: Date) -> Bool {
    guard let token = refreshTokens[digest], token.replacedAt == nil else { return false }
    refreshTokens[digest]?.replacedAt = date
    return true
  }

  /// Notes that a refresh token arrived at its client: the one before it and the others that followed that one are
  /// replaced now. False when it was replaced itself.
  public func confirmRefreshToken(_ digest: SecretDigest, at date: Date) -> Bool {
    guard let token = refreshTokens[digest], token.replacedAt == nil else { return false }
    guard let predecessor = token.predecessor else { return true }
    for (other, record) in refreshTokens where other != digest && record.replacedAt == nil {
      if other == predecessor || record.predecessor == predecessor { refreshTokens[other]?.replacedAt = date }
    }
    return true
  }

  /// Stores a new device authorization; false when the user code is taken.
  public func insert(_ authorization: DeviceAuthorization, _ deviceCode: SecretDigest) -> Bool {
    guard deviceAuthorization(userCode: authorization.userCode) == nil else { return false }
    devices[deviceCode] = authorization
    return true
  }

  /// The device authorization with this device code.
  public func deviceAuthorization(_ deviceCode: SecretDigest) -> DeviceAuthorization? { devices[deviceCode] }

  /// The device authorization with this user code.
  public func deviceAuthorization(userCode: String) -> DeviceAuthorization? {
    devices.values.first { $0.userCode == userCode }
  }

  /// Stores the person's decision; false when there was one already.
  public func decideDeviceAuthorization(userCode: String, _ decision: DeviceAuthorization.Decision) -> Bool {
    guard let (digest, found) = devices.first(where: { $0.value.userCode == userCode }),
      case .pending = found.decision
    else { return false }
    devices[digest]?.decision = decision
    return true
  }

  /// Notes a poll and the interval that counts from now on.
  public func noteDevicePoll(_ deviceCode: SecretDigest, at date: Date, interval: Int) {
    devices[deviceCode]?.lastPoll = date
    devices[deviceCode]?.interval = interval
  }

  /// Marks an allowed pair redeemed and returns its family; non-nil for exactly one caller.
  public func claimDeviceAuthorization(_ deviceCode: SecretDigest) -> Grant.ID? {
    guard case .allowed(let grantID)? = devices[deviceCode]?.decision else { return nil }
    devices[deviceCode]?.decision = .redeemed
    return grantID
  }

  /// Stores a browser session.
  public func insert(_ session: BrowserSession, _ digest: SecretDigest) { sessions[digest] = session }

  /// The browser session with this digest.
  public func session(_ digest: SecretDigest) -> BrowserSession? { sessions[digest] }

  /// Forgets a browser session.
  public func removeSession(_ digest: SecretDigest) { sessions[digest] = nil }

  /// Forgets what died before `date` and can no longer matter.
  public func removeExpired(before date: Date) {
    accessTokens = accessTokens.filter { $0.value.expiresAt >= date }
    devices = devices.filter { $0.value.expiresAt >= date }
    sessions = sessions.filter { $0.value.expiresAt >= date }
    // A used code must be remembered as long as its family lives: its second use revokes the family.
    codes = codes.filter { entry in
      entry.value.code.expiresAt >= date || (entry.value.isUsed && grants[entry.value.code.grantID]?.revokedAt == nil)
    }
  }
}
