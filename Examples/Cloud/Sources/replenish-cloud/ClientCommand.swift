import ArgumentParser
import Foundation
import OAuthServer
import ReplenishCloud

struct ClientCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "client", abstract: "Enters, lists and removes apps that may ask owners for access.",
    discussion: """
      An app is a client of this cloud's authorization server (OAuth 2.0, authorization code with PKCE). A running \
      cloud knows of a change at once.

      EXAMPLES
        replenish-cloud client add --name "Kitchen Hub" --redirect-uri https://hub.example/return \\
          --scope devices:read --scope devices:identify
            A server; prints its client id, and its secret, once.
        replenish-cloud client add --public --name "Kitchen App" --redirect-uri com.example.kitchen:/return \\
          --redirect-uri http://127.0.0.1/return --scope devices:read
            An app on phones and desktops, without a secret; on 127.0.0.1 it may use any port.
        replenish-cloud client add --may-introspect --name "Device gateway"
            A resource server of your own, which may ask what a token allows.
      """,
    subcommands: [Add.self, List.self, Remove.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Enters an app, and prints its client id, and its secret, once.")

    @OptionGroup var storage: StorageOptions
    @Option(help: "The name on the consent page.") var name: String
    @Option(
      name: .customLong("redirect-uri"),
      help: ArgumentHelp(
        "A return address, exactly as the app sends it, without a fragment; may be repeated.", valueName: "address"))
    var redirectURIs: [String] = []
    @Option(
      name: .customLong("scope"),
      help: ArgumentHelp(
        "What it may ask for: \(CloudScope.allCases.map(\.rawValue).joined(separator: ", ")); may be repeated.",
        valueName: "scope"))
    var scopes: [String] = []
    @Flag(name: .customLong("public"), help: "It runs on people's devices and can keep no secret.") var isPublic = false
    @Flag(help: "It is a resource server and may ask about the tokens of every app (RFC 7662).") var mayIntrospect =
      false

    func run() async throws {
      let (client, secret) = try explained {
        try ClientEntry.draw(
          name: name, redirectURIs: redirectURIs, scopes: scopes, isPublic: isPublic, mayIntrospect: mayIntrospect)
      }
      guard try await storage.open().enter(client, at: .now) else {
        throw Refusal("The identifier that was drawn is taken; try again.")
      }
      print("client id:     \(client.id)")
      if let secret { print("client secret: \(secret)") }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists apps: identifier, kind, scopes, name, addresses.")

    @OptionGroup var storage: StorageOptions

    func run() async throws {
      for client in try await storage.open().clients() {
        let kind = client.mayIntrospect ? "may-introspect" : client.isConfidential ? "confidential" : "public"
        print("\(client.id) \(kind) [\(client.scopes.sorted().joined(separator: " "))] \(client.name)")
        for uri in client.redirectURIs { print("  \(uri)") }
      }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Removes an app, and ends everything that owners allowed it, at once.")

    @OptionGroup var storage: StorageOptions
    @Argument(help: ArgumentHelp("Its client id.", valueName: "id")) var client: String

    func run() async throws {
      guard try await storage.open().removeClient(client) else {
        throw Refusal("There is no app \(client); see client list.")
      }
    }
  }
}
