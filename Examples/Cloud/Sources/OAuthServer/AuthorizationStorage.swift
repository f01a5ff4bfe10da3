import Foundation

/// Where the authorization server keeps clients, grants, codes and tokens.
///
/// Codes and tokens are looked up by digest, so a stolen database hands out nothing usable. The calls whose names begin
/// with `claim` or `confirm` decide races: each must be atomic, also between several servers on one database.
public protocol AuthorizationStorage: Sendable {
  /// The client with this identifier.
  func client(id: String) async throws -> OAuthClient?

  /// Stores a new family.
  func insert(_ grant: Grant) async throws
  /// The family with this identifier.
  func grant(id: Grant.ID) async throws -> Grant?
  /// Kills a family and with it all its codes and tokens; the first date stays. A storage may forget it altogether.
  func revokeGrant(id: Grant.ID, at date: Date) async throws
  /// Notes that a family was used.
  func noteUse(of grant: Grant.ID, at date: Date) async throws

  /// Stores a new authorization code, unless its family is gone.
  func insert(_ code: AuthorizationCode, _ digest: SecretDigest) async throws
  /// Returns a code and marks it used; `isFirst` is true for exactly one caller.
  func claimAuthorizationCode(_ digest: SecretDigest) async throws -> (code: AuthorizationCode, isFirst: Bool)?

  /// Stores a new access token, unless its family is gone.
  func insert(_ token: AccessToken, _ digest: SecretDigest) async throws
  /// The access token with this digest; for a while also one that expired, so that it can still be revoked.
  func accessToken(_ digest: SecretDigest) async throws -> AccessToken?
  /// Forgets one access token.
  func removeAccessToken(_ digest: SecretDigest) async throws

  /// Stores a new refresh token, unless its family is gone.
  func insert(_ token: RefreshToken, _ digest: SecretDigest) async throws
  /// The refresh token with this digest.
  func refreshToken(_ digest: SecretDigest) async throws -> RefreshToken?
  /// Marks a refresh token replaced; true for exactly one caller.
  func claimRefreshToken(_ digest: SecretDigest, at date: Date) async throws -> Bool
  /// Notes that a refresh token arrived at its client: the one before it and the others that followed that one are
  /// replaced now. False when it was replaced itself.
  func confirmRefreshToken(_ digest: SecretDigest, at date: Date) async throws -> Bool
}

/// Where device authorizations in progress are kept (RFC 8628); a server without one has no device grant.
public protocol DeviceAuthorizationStorage: Sendable {
  /// Stores a new device authorization; false when the user code is taken.
  func insert(_ authorization: DeviceAuthorization, _ deviceCode: SecretDigest) async throws -> Bool
  /// The device authorization with this device code.
  func deviceAuthorization(_ deviceCode: SecretDigest) async throws -> DeviceAuthorization?
  /// The device authorization with this user code.
  func deviceAuthorization(userCode: String) async throws -> DeviceAuthorization?
  /// Stores the person's decision; false when there was one already.
  func decideDeviceAuthorization(userCode: String, _ decision: DeviceAuthorization.Decision) async throws -> Bool
  /// Notes a poll and the interval that counts from now on.
  func noteDevicePoll(_ deviceCode: SecretDigest, at date: Date, interval: Int) async throws
  /// Marks an allowed pair redeemed and returns its family; non-nil for exactly one caller.
  func claimDeviceAuthorization(_ deviceCode: SecretDigest) async throws -> Grant.ID?
}

/// Where the browser sessions of this library's own pages are kept, by digest.
public protocol BrowserSessionStorage: Sendable {
  /// Stores a browser session.
  func insert(_ session: BrowserSession, _ digest: SecretDigest) async throws
  /// The browser session with this digest.
  func session(_ digest: SecretDigest) async throws -> BrowserSession?
  /// Forgets a browser session.
  func removeSession(_ digest: SecretDigest) async throws
}
