import Foundation
import OAuthServer
import TextEncodings

/// How apps are entered.
public enum ClientEntry {
  /// Something an operator got wrong.
  public struct Mistake: Error, CustomStringConvertible {
    /// One line: what is wrong and what to do.
    public let description: String
  }

  /// Makes a client.
  ///
  /// - Parameters:
  ///   - name: What owners read on the consent page, 80 characters at most.
  ///   - redirectURIs: Where answers may go, exactly as the app sends them.
  ///   - scopes: What it may ask for.
  ///   - isPublic: Whether it is an app in people's hands, which can keep no secret.
  ///   - mayIntrospect: Whether it is a resource server, which may ask about every app's tokens.
  /// - Returns: The client, and its secret, of which only the SHA-256 is kept; nil for a public one.
  /// - Throws: `Mistake`.
  public static func draw(
    name: String, redirectURIs: [String], scopes: [String], isPublic: Bool, mayIntrospect: Bool
  ) throws -> (client: OAuthClient, secret: String?) {
    let secret = isPublic ? nil : randomText(bytes: 32)
    let client = OAuthClient(
      // On a command line, a name that may begin with a hyphen would be taken for an option.
      id: randomHexadecimal(bytes: 12), name: name,
      kind: secret.map { .confidential(secretDigest: SecretDigest($0).bytes) } ?? .public,
      redirectURIs: redirectURIs, scopes: Set(scopes), mayIntrospect: mayIntrospect)
    if let problem = problem(of: client) { throw Mistake(description: problem) }
    return (client, secret)
  }

  /// What is wrong with a client; nil when nothing is.
  public static func problem(of client: OAuthClient) -> String? {
    let isPlain = client.name.unicodeScalars.allSatisfy {
      !$0.properties.isDefaultIgnorableCodePoint && $0.value > 0x1F
    }
    if client.name.trimmingCharacters(in: .whitespaces).isEmpty || client.name.count > 80 || !isPlain {
      return "The name must have 1 to 80 visible characters."
    }
    if let bad = client.redirectURIs.first(where: { !RedirectURI.isWellFormed($0) || $0.contains("\n") }) {
      return """
        The return address \(bad) is none: https://HOST/PATH, http://127.0.0.1/PATH for an app on the owner's own \
        machine, or an app's own scheme such as com.example.app:/return; without a fragment (#).
        """
    }
    let known = Set(CloudScope.allCases.map(\.rawValue))
    if let bad = client.scopes.subtracting(known).sorted().first {
      return "There is no scope \(bad); there are \(known.sorted().joined(separator: ", "))."
    }
    if client.mayIntrospect && !client.isConfidential {
      return "A public client has no secret to prove itself with, so it may not introspect."
    }
    if client.redirectURIs.isEmpty != client.scopes.isEmpty {
      return "Return addresses and scopes go together: an app needs both, a resource server needs neither."
    }
    if client.scopes.isEmpty && !client.mayIntrospect { return "An app needs a return address and a scope." }
    return nil
  }
}
