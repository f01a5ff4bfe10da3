import Foundation
import OAuthServer

extension SQLStorage {
  /// What is inserted for a grant that is gone is not stored: it was born dead.
  private static let ifGrantLives = "WHERE EXISTS (SELECT 1 FROM access_grant WHERE id = ?)"

  // MARK: Codes

  /// Stores a new authorization code, unless its grant is gone.
  public func insert(_ code: AuthorizationCode, _ digest: SecretDigest) async throws {
    try await database.write { db in
      try db.execute(
        """
        INSERT INTO authorization_code
        (digest, access_grant, redirect_uri, challenge, challenge_method, expires_at) SELECT ?, ?, ?, ?, ?, ?
        \(Self.ifGrantLives)
        """,
        [
          digest.stored, code.grantID, code.redirectURI, code.challenge?.value, code.challenge?.method.rawValue,
          code.expiresAt.seconds, code.grantID,
        ])
    }
  }

  /// Returns a code and marks it used; `isFirst` is true for exactly one caller.
  public func claimAuthorizationCode(
    _ digest: SecretDigest
  ) async throws -> (code: AuthorizationCode, isFirst: Bool)? {
    try await database.write { db in
      let isFirst =
        try db.execute("UPDATE authorization_code SET is_used = 1 WHERE digest = ? AND is_used = 0", [digest.stored])
        == 1
      let row = try db.row(
        """
        SELECT authorization_code.*, client FROM authorization_code
        JOIN access_grant ON access_grant.id = authorization_code.access_grant WHERE digest = ?
        """, [digest.stored])
      guard let row else { return nil }
      return (try AuthorizationCode(row: row), isFirst)
    }
  }

  // MARK: Access tokens

  /// Stores a new access token, unless its grant is gone.
  public func insert(_ token: AccessToken, _ digest: SecretDigest) async throws {
    try await database.write { db in
      try db.execute(
        "INSERT INTO access_token (digest, access_grant, scope, expires_at) SELECT ?, ?, ?, ? \(Self.ifGrantLives)",
        [digest.stored, token.grantID, token.scope.description, token.expiresAt.seconds, token.grantID])
    }
  }

  /// The access token with this digest; for a while also one that expired, so that it can still be revoked.
  public func accessToken(_ digest: SecretDigest) async throws -> AccessToken? {
    try await database.read { db in
      try db.row("SELECT * FROM access_token WHERE digest = ?", [digest.stored]).map { row in
        AccessToken(grantID: row["access_grant"], scope: try row.scope("scope"), expiresAt: row.date("expires_at"))
      }
    }
  }

  /// Forgets one access token.
  public func removeAccessToken(_ digest: SecretDigest) async throws {
    try await database.write { db in try db.execute("DELETE FROM access_token WHERE digest = ?", [digest.stored]) }
  }

  // MARK: Refresh tokens

  /// Stores a new refresh token, unless its grant is gone.
  public func insert(_ token: RefreshToken, _ digest: SecretDigest) async throws {
    try await database.write { db in
      try db.execute(
        """
        INSERT INTO refresh_token (digest, access_grant, predecessor, replaced_at) SELECT ?, ?, ?, ?
        \(Self.ifGrantLives)
        """, [digest.stored, token.grantID, token.predecessor?.stored, token.replacedAt?.seconds, token.grantID])
    }
  }

  /// The refresh token with this digest.
  public func refreshToken(_ digest: SecretDigest) async throws -> RefreshToken? {
    try await database.read { db in
      try db.row(
        """
        SELECT refresh_token.*, client FROM refresh_token
        JOIN access_grant ON access_grant.id = refresh_token.access_grant WHERE digest = ?
        """, [digest.stored]
      ).map { row in
        let predecessor: Data? = row["predecessor"]
        return RefreshToken(
          grantID: row["access_grant"], clientID: row["client"],
          predecessor: predecessor.map { SecretDigest(stored: $0) }, replacedAt: row.dateIfAny("replaced_at"))
      }
    }
  }

  /// Marks a refresh token replaced; true for exactly one caller.
  public func claimRefreshToken(_ digest: SecretDigest, at date: Date) async throws -> Bool {
    try await database.write { db in
      try db.execute(
        "UPDATE refresh_token SET replaced_at = ? WHERE digest = ? AND replaced_at IS NULL",
        [date.seconds, digest.stored]) == 1
    }
  }

  /// Notes that a refresh token arrived at its client: the one before it and the others that followed that one are
  /// replaced now. False when it was replaced itself.
  public func confirmRefreshToken(_ digest: SecretDigest, at date: Date) async throws -> Bool {
    try await database.write { db in
      let row = try db.row(
        "SELECT predecessor FROM refresh_token WHERE digest = ? AND replaced_at IS NULL", [digest.stored])
      guard let row else { return false }
      if let predecessor: Data = row["predecessor"] {
        try db.execute(
          """
          UPDATE refresh_token SET replaced_at = ?
          WHERE replaced_at IS NULL AND digest <> ? AND (digest = ? OR predecessor = ?)
          """, [date.seconds, digest.stored, predecessor, predecessor])
      }
      return true
    }
  }
}

extension SecretDigest {
  fileprivate var stored: Data { Data(bytes) }
}

extension AuthorizationCode {
  fileprivate init(row: SQLRow) throws {
    var challenge: CodeChallenge?
    if let value: String = row["challenge"] {
      // A challenge that cannot be read must not become none.
      guard let name: String = row["challenge_method"], let method = CodeChallenge.Method(rawValue: name),
        let known = CodeChallenge(value: value, method: method)
      else { throw SQLStorage.Failure(description: "The challenge of an authorization code cannot be read.") }
      challenge = known
    }
    self.init(
      grantID: row["access_grant"], clientID: row["client"], redirectURI: row["redirect_uri"], challenge: challenge,
      expiresAt: row.date("expires_at"))
  }
}
