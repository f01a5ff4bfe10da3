import Crypto
import Foundation
import OwnerOnlyFiles
import TextEncodings

/// What is kept between two runs, in a folder that only its owner may use: the lock, the journal, the access token.
struct StateFiles: Sendable {
  /// A refresh token that is not on record yet.
  struct Rotation: Codable, Equatable {
    /// SHA-256 of the refresh token on record when this one was handed out.
    var replaces: String
    /// The refresh token.
    var refreshToken: String
  }

  /// An access token, in the shape of asp-cli's token file and a little more.
  struct Cached: Codable {
    var access_token: String
    var expire_date: String
    /// When it was asked for: a clock that shows less has been set back.
    var asked_date: String
    /// Which record it came from.
    var record: String
  }

  let folder: String
  let identity: String
  /// Nil when access tokens are not to be written down.
  let tokenFile: String?

  init(folder: String, identity: String, tokenFile: String?) throws {
    try PrivateFile.folder(folder, what: "state folder")
    self.folder = folder
    self.identity = Self.digest(identity)
    self.tokenFile = tokenFile.map { $0.hasPrefix("/") ? $0 : folder + "/" + $0 }
  }

  static func digest(_ text: String) -> String {
    hexadecimal(SHA256.hash(data: Data(text.utf8)))
  }

  var lock: String { folder + "/lock" }
  /// Each record has a journal of its own, so that no token goes into another one's secret.
  var journal: String { folder + "/rotation-\(identity.prefix(16)).json" }

  // MARK: The journal

  func rotation() throws -> Rotation? {
    guard FileManager.default.fileExists(atPath: journal) else { return nil }
    let text = try PrivateFile.read(journal, what: "journal of refresh tokens", hint: "it is this program's own")
    guard let found = try? JSONDecoder().decode(Rotation.self, from: Data(text.utf8)),
      LoginCredentials.isToken(found.refreshToken)
    else {
      throw SecretsFailure(
        .files,
        "\(journal): this is no journal; if the refresh token on record still works, remove the file")
    }
    return found
  }

  func note(_ rotation: Rotation) throws {
    try PrivateFile.replace(journal, try Self.text(rotation), what: "journal of refresh tokens")
  }

  func forgetRotation() throws {
    guard FileManager.default.fileExists(atPath: journal) else { return }
    try PrivateFile.remove(journal, what: "journal of refresh tokens")
  }

  // MARK: The access token

  /// The token in the file, if it is this record's and nobody else could have written it.
  func cached() -> AccessToken? {
    guard let tokenFile,
      let text = try? PrivateFile.read(tokenFile, what: "access token", hint: ""),
      let found = try? JSONDecoder().decode(Cached.self, from: Data(text.utf8)), found.record == identity,
      let asked = Self.date(found.asked_date), let expires = Self.date(found.expire_date),
      LoginCredentials.isToken(found.access_token)
    else { return nil }
    return AccessToken(text: found.access_token, askedAt: asked, expiresAt: expires)
  }

  func keep(_ token: AccessToken) throws {
    guard let tokenFile else { return }
    let cached = Cached(
      access_token: token.text, expire_date: Self.text(token.expiresAt), asked_date: Self.text(token.askedAt),
      record: identity)
    try PrivateFile.replace(tokenFile, try Self.text(cached), what: "access token")
  }

  private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  private static func date(_ text: String) -> Date? { try? Date(text, strategy: style) }

  private static func text(_ date: Date) -> String { date.formatted(style) }

  private static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }
}
