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
    var secret = form["client_secret"]
    if let authorization {
      guard let basic = Self.basicCredentials(authorization) else { throw failed }
      // Two ways at once are forbidden, and so are two different identifiers.
      guard secret == nil, id == nil || id == basic.id else { throw failed }
      id = basic.id
      secret = basic.secret
    }
    guard let id else { throw OAuthError.missing("client_id") }
    guard let client = try await storage.client(id: id) else { throw failed }
    switch (client.isConfidential, secret) {
    case (true, let secret?):
      guard client.accepts(secret: secret) else { throw failed }
    case (true, nil):
      throw OAuthError(
        .invalidClient, .missingClientSecret, "This client is confidential; send its secret to authenticate.")
    case (false, nil), (false, ""): break
    case (false, _):
      throw failed
    }
    return client
  }

  /// Reads `Basic` credentials, whose halves are form-encoded before they are joined (RFC 6749 section 2.3.1).
  static func basicCredentials(_ header: String) -> (id: String, secret: String?)? {
    let words = header.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "basic",
      let data = Data(base64Encoded: String(words[1]).trimmingCharacters(in: .whitespaces)),
      let text = String(validating: data, as: UTF8.self)
    else { return nil }
    let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2, let id = FormParameters.decode(halves[0]),
      let secret = FormParameters.decode(halves[1]), !id.isEmpty
    else { return nil }
    return (id, secret.isEmpty ? nil : secret)
  }
}
