import AWSRequests
import BoundedHTTP
import Foundation
import HTTPTypes
import Testing

@testable import AmazonEmulator
@testable import ReplenishCloud
@testable import replenish_cloud

@Suite("Connector: who signs its events")
struct EventSignerTests {
  /// No source of credentials is asked over the network here.
  private struct Nobody: HTTPSender {
    func send(_ call: HTTPCall) async -> HTTPExchange { .none("not here") }
  }

  private func signer(_ variables: [String: String]) -> EventSigner {
    let environment = AWSEnvironment(variables: variables, home: "/nonexistent")
    return EventSigner(chain: CredentialChain(environment, http: Nobody()), region: "eu-west-1")
  }

  private func headers(_ signer: EventSigner, _ body: String) async throws -> [(name: String, value: String)] {
    try await signer.headers(
      method: "POST", target: "/connector-event/c", headers: [("Content-Type", "application/json"), ("Host", "h")],
      body: Data(body.utf8), at: Date(timeIntervalSince1970: 1_800_000_000))
  }

  @Test("the environment's credentials, in the region and for the service; the body counts")
  func signs() async throws {
    let signer = signer([
      "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "canary-secret", "AWS_SESSION_TOKEN": "session",
    ])
    let added = try await headers(signer, "{}")
    var fields = HTTPFields()
    for (name, value) in added { fields[try #require(HTTPField.Name(name))] = value }
    try SignatureHeaders.check(fields, region: "eu-west-1")
    #expect(throws: ManagedError.self) { try SignatureHeaders.check(fields, region: "us-east-1") }
    #expect(added.contains { $0.name == "X-Amz-Security-Token" && $0.value == "session" })
    #expect(!added.contains { $0.value.contains("canary") })
    let other = try await headers(signer, "{ }")
    #expect(other.first { $0.name == "Authorization" }?.value != fields[.authorization])
  }

  @Test("without credentials it says so, and signs nothing")
  func none() async throws {
    let signer = signer(["AWS_EC2_METADATA_DISABLED": "true"])
    let failure = await #expect(throws: AWSFailure.self) { try await headers(signer, "{}") }
    #expect(failure?.description.contains("AWS_ACCESS_KEY_ID") == true)
  }
}
