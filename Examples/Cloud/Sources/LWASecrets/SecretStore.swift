/// Credentials as they stand on record.
struct StoredCredentials: Sendable, CustomStringConvertible {
  var credentials: LoginCredentials
  /// What the store needs to see that nobody else wrote meanwhile.
  var version: String
  /// The whole record, to be written back with one text changed.
  var document: String

  var description: String { "version \(StateFiles.digest(version).prefix(8)) of \(credentials)" }
}

/// Where the credentials are on record, and where a refresh token that changed goes back to.
protocol SecretStore: Sendable {
  /// Tells this record from others on one machine.
  var identity: String { get }

  /// Reads the record.
  func read() async throws -> StoredCredentials

  /// Puts a refresh token into the record, if it is still the one that was read; false when somebody else wrote first.
  func write(refreshToken: String, over stored: StoredCredentials) async throws -> Bool
}
