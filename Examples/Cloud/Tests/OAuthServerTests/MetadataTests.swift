import Foundation
import Testing

@testable import OAuthServer

@Suite("Metadata")
struct MetadataTests {
  private func metadata(_ server: AuthorizationServer, _ paths: OAuthPaths) throws -> [String: Any] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let data = try encoder.encode(
      ServerMetadata(server, paths: paths, address: "https://auth.example", scopes: ["order"]))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test("it names what is there")
  func all() throws {
    var paths = OAuthPaths()
    paths.introspect = "/introspect"
    let found = try metadata(OAuthFixture(issuer: { "https://auth.example" }).server, paths)
    #expect(found["issuer"] as? String == "https://auth.example")
    #expect(found["authorization_endpoint"] as? String == "https://auth.example/authorize")
    #expect(found["introspection_endpoint"] as? String == "https://auth.example/introspect")
    #expect(found["device_authorization_endpoint"] as? String == "https://auth.example/device_authorization")
    #expect((found["grant_types_supported"] as? [String])?.contains("refresh_token") == true)
    #expect(found["code_challenge_methods_supported"] as? [String] == ["S256"])
    #expect(found["authorization_response_iss_parameter_supported"] as? Bool == true)
    #expect(found["scopes_supported"] as? [String] == ["order"])
  }

  @Test("it does not name what is not there")
  func none() throws {
    let server = AuthorizationServer(storage: InMemoryAuthorizationStorage(clients: []))
    var paths = OAuthPaths()
    paths.revoke = nil
    let found = try metadata(server, paths)
    for name in ["revocation", "introspection", "device_authorization"] {
      #expect(!found.keys.contains { $0.hasPrefix(name) }, "\(name)")
    }
    #expect(found["grant_types_supported"] as? [String] == ["authorization_code", "refresh_token"])
    #expect(found["authorization_response_iss_parameter_supported"] as? Bool == false)
  }
}
