import Foundation
import Testing

@testable import AWSRequests

/// Region and address.
@Suite("Where a service is asked")
struct PlaceTests {
  private func place(_ region: String?, _ variables: [String: String] = [:]) throws -> AWSPlace {
    try AWSPlace(
      service: "secretsmanager", identifier: "secrets_manager", region: region, environment: environment(variables))
  }

  @Test("the configuration's region, then AWS_REGION, AWS_DEFAULT_REGION, the profile's; partitions and variants")
  func regions() throws {
    let folder = try Folder()
    let config = try folder.write("config", "[default]\nregion = eu-west-3\n[profile work]\nregion=ap-south-1\n")
    let all = ["AWS_REGION": "us-west-1", "AWS_DEFAULT_REGION": "us-west-2", "AWS_CONFIG_FILE": config]
    #expect(try place("us-east-1", all).address == "https://secretsmanager.us-east-1.amazonaws.com")
    #expect(try place(nil, all).region == "us-west-1")
    #expect(try place(nil, all.filter { $0.key != "AWS_REGION" }).region == "us-west-2")
    #expect(try place(nil, ["AWS_CONFIG_FILE": config]).region == "eu-west-3")
    #expect(try place(nil, ["AWS_CONFIG_FILE": config, "AWS_PROFILE": "work"]).region == "ap-south-1")
    #expect(try place("cn-north-1").address == "https://secretsmanager.cn-north-1.amazonaws.com.cn")
    #expect(try place("us-gov-west-1").address == "https://secretsmanager.us-gov-west-1.amazonaws.com")
    #expect(
      try place("us-east-1", ["AWS_USE_FIPS_ENDPOINT": "true"]).address
        == "https://secretsmanager-fips.us-east-1.amazonaws.com")
    #expect(
      try place("us-east-1", ["AWS_USE_DUALSTACK_ENDPOINT": "true"]).address
        == "https://secretsmanager.us-east-1.api.aws")
  }

  @Test(
    "a region that is none goes into no host name",
    arguments: ["", "evil.example/", "us-east-1.evil.example", "US-EAST-1", "us", "a@b", "us-east-1#"])
  func noRegion(region: String) throws {
    try #require(throws: AWSFailure.self) { _ = try place(region) }
  }

  @Test("without any region the error says where to put one")
  func missing() throws {
    let failure = try #require(throws: AWSFailure.self) { _ = try place(nil) }
    #expect(failure.kind == .configuration && failure.description.contains("AWS_REGION"))
  }

  @Test("an address of one's own: the service's before the general one, variables before the profile")
  func custom() throws {
    let folder = try Folder()
    let config = try folder.write(
      "config",
      """
      [default]
      services = local
      endpoint_url = https://general.example
      [services local]
      sts =
        endpoint_url = https://sts.example
      secrets_manager =
        endpoint_url = https://secrets.example
      [profile plain]
      endpoint_url = https://plain.example/
      """)
    let variables = [
      "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://localhost:5000", "AWS_ENDPOINT_URL": "https://all.example:8443/",
      "AWS_CONFIG_FILE": config,
    ]
    func address(_ removed: String..., and more: [String: String] = [:]) throws -> String {
      try place("us-east-1", variables.filter { !removed.contains($0.key) }.merging(more) { $1 }).address
    }
    #expect(try address() == "http://localhost:5000")
    #expect(try address("AWS_ENDPOINT_URL_SECRETS_MANAGER") == "https://all.example:8443")
    let both = ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL")
    #expect(try address(both.0, both.1) == "https://secrets.example")
    #expect(try address(both.0, both.1, and: ["AWS_PROFILE": "plain"]) == "https://plain.example")
    #expect(
      try address(and: ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"])
        == "https://secretsmanager.us-east-1.amazonaws.com")
  }

  @Test(
    "an address that would carry a signature in the clear, or is none, is refused",
    arguments: [
      "http://secrets.example", "http://127.0.0.1.evil.example", "ftp://localhost", "https://user@host",
      "https://host/path", "localhost:5000", "https://",
    ])
  func refused(address: String) throws {
    let failure = try #require(throws: AWSFailure.self) {
      _ = try place("us-east-1", ["AWS_ENDPOINT_URL": address])
    }
    #expect(failure.kind == .configuration && failure.description.contains("AWS_ENDPOINT_URL"))
  }
}
