import Foundation

extension AuthorizationServer {
  /// Finds and authenticates the client of a token, revocation or device request (RFC 6749 section 2.3).
  ///
  /// - Parameters:
  ///   - form: The request's body.
  ///   - authorization: The value of its `Authorization` header.
  public func authenticate(_ form: FormParameters, authorization: String?) async throws -> OAuthClient {
    let failed = OAuthError(
      .invalidClient, .clientAuthentication,
      "Client authentication failed; check the client identifier and, for a confidential client, its secret.")
    var id = form["client_id"]
    var secrets = form["client_secret"].map { [$0] } ?? []
    if let authorization {
      guard let basic = Self.basicCredentials(authorization) else { throw failed }
      // Two ways at once are forbidden, and so are two different identifiers.
      guard secrets.isEmpty, id == nil || id == basic.id else { throw failed }
      id = basic.id
      secrets = basic.secrets
    }
    guard let id else { throw OAuthError.missing("client_id") }
    guard let client = try await storage.client(id: id) else { throw failed }
    if client.isConfidential && secrets.isEmpty {
      throw OAuthError(
        .invalidClient, .missingClientSecret, "This client is confidential; send its secret to authenticate.")
    }
    guard client.isConfidential ? secrets.contains(where: client.accepts(secret:)) : secrets.isEmpty else {
      throw failed
    }
    return client
  }

  /// Reads `Basic` credentials.
  ///
  /// RFC 6749 section 2.3.1 has both halves form-encoded before they are joined, but many clients join them as they
  /// are; so a secret that reads differently both ways is returned in both readings.
  static func basicCredentials(_ header: String) -> (id: String, secrets: [String])? {
    let words = header.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "basic",
      let data = Data(base64Encoded: String(words[1]).trimmingCharacters(in: .whitespaces)),
      let text = String(validating: data, as: UTF8.self)
    else { return nil }
    let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2, let id = FormParameters.decode(halves[0]), !id.isEmpty else { return nil }
    let plain = String(halves[1])
    let decoded = FormParameters.decode(plain)
    let readings = decoded == plain ? [plain] : [decoded, plain].compactMap { $0 }
    return (id, readings.filter { !$0.isEmpty })
  }
}
