import Foundation
import OAuthServer

extension SQLStorage {
  /// Enters a client; false when its identifier is taken.
  public func enter(_ client: OAuthClient, at now: Date) async throws -> Bool {
    var secret: Data?
    if case .confidential(let digest) = client.kind { secret = Data(digest) }
    let values: [(any SQLConvertible)?] = [
      client.id, client.name, secret, client.redirectURIs.joined(separator: "\n"),
      client.scopes.sorted().joined(separator: " "), client.mayIntrospect, now.seconds,
    ]
    return try await database.write { db in
      try db.execute(
        """
        INSERT INTO oauth_client (id, name, secret, redirect_uris, scopes, may_introspect, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """, values) == 1
    }
  }

  /// All clients, by name.
  public func clients() async throws -> [OAuthClient] {
    try await database.read { db in
      try db.rows("SELECT * FROM oauth_client ORDER BY name, id").map(OAuthClient.init(row:))
    }
  }

  /// The client with this identifier.
  public func client(id: String) async throws -> OAuthClient? {
    try await database.read { db in
      try db.row("SELECT * FROM oauth_client WHERE id = ?", [id]).map(OAuthClient.init(row:))
    }
  }

  /// Removes a client with everything that it was allowed; false when there is none.
  public func removeClient(_ id: String) async throws -> Bool {
    try await database.write { db in try db.execute("DELETE FROM oauth_client WHERE id = ?", [id]) == 1 }
  }
}

extension OAuthClient {
  fileprivate init(row: SQLRow) {
    let secret: Data? = row["secret"]
    let uris: String = row["redirect_uris"]
    let scopes: String = row["scopes"]
    self.init(
      id: row["id"], name: row["name"],
      kind: secret.map { .confidential(secretDigest: Array($0)) } ?? .public,
      redirectURIs: uris.split(separator: "\n").map(String.init),
      scopes: Set(scopes.split(separator: " ").map(String.init)), mayIntrospect: row["may_introspect"])
  }
}
