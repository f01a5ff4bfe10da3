import BoundedHTTP
import Foundation
import NIOHTTP1
import Testing

@testable import AWSRequests

/// The credential chain, source by source.
@Suite("AWS credentials")
struct CredentialTests {
  private let clock = TestClock()
  private let silence = StandIn { _, _ in .none("no network") }

  private func find(
    _ variables: [String: String], profile: String? = nil, http: StandIn? = nil
  ) async throws -> AWSCredentials {
    try await CredentialChain(environment(variables, profile: profile), http: http ?? silence, clock: clock.clock)
      .credentials()
  }

  private func failure(
    _ variables: [String: String], profile: String? = nil, http: StandIn? = nil
  ) async throws -> AWSFailure {
    try await #require(throws: AWSFailure.self) { _ = try await find(variables, profile: profile, http: http) }
  }

  private static let keys = ["AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "se"]
  private static func answer(_ id: String, expires: Date? = nil) -> String {
    let end = expires.map { #","Expiration":"\#($0.formatted(.iso8601))""# } ?? ""
    return #"{"AccessKeyId":"\#(id)","SecretAccessKey":"s","Token":"t"\#(end)}"#
  }

  @Test("order: variables, credentials file, config file, container, instance; a named profile turns variables off")
  func order() async throws {
    let folder = try Folder()
    let files = [
      "AWS_SHARED_CREDENTIALS_FILE": try folder.write(
        "credentials",
        """
        # keys
        [default]
        AWS_Access_Key_Id = AKSHARED
        aws_secret_access_key=a=b#c
        aws_session_token : tok
        """),
      "AWS_CONFIG_FILE": try folder.write(
        "config",
        """
        [default]
        aws_access_key_id = AKCONFIG
        aws_secret_access_key = sc
        [profile "two words"]
        aws_access_key_id = AKTWO
        aws_secret_access_key = st
        """),
    ]
    let container = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/role"]
    let http = StandIn { call, _ in
      if call.method == .PUT { return .json("imds-token") }
      if call.address.hasSuffix("/security-credentials/") { return .json("role\n") }
      return .json(Self.answer(call.address == "http://169.254.170.2/role" ? "AKCONTAINER" : "AKINSTANCE"))
    }
    let all = Self.keys.merging(files) { $1 }.merging(container) { $1 }
    #expect(try await find(all, http: http).accessKeyID == "AKENV")
    let shared = try await find(files.merging(container) { $1 }, http: http)
    #expect(shared == AWSCredentials(accessKeyID: "AKSHARED", secretAccessKey: "a=b#c", sessionToken: "tok"))
    #expect(try await find(all, profile: "default", http: http).accessKeyID == "AKSHARED")
    #expect(try await find(all, profile: "two words", http: http).accessKeyID == "AKTWO")
    // As in botocore, a profile chosen by a variable does not turn keys in variables off.
    #expect(try await find(all.merging(["AWS_PROFILE": "two words"]) { $1 }, http: http).accessKeyID == "AKENV")
    let config = files.filter { $0.key == "AWS_CONFIG_FILE" }
    #expect(try await find(config.merging(container) { $1 }, http: http).accessKeyID == "AKCONFIG")
    #expect(try await find(container, http: http).accessKeyID == "AKCONTAINER")
    #expect(http.calls.count == 1)
    #expect(try await find([:], http: http).accessKeyID == "AKINSTANCE")
    let none = try await failure(["AWS_EC2_METADATA_DISABLED": "TRUE"], http: http)
    #expect(none.kind == .noCredentials && none.description.contains("AWS_PROFILE"))
  }

  @Test("half a pair of keys, an unknown profile and a profile that needs another service are named, not passed over")
  func halves() async throws {
    #expect(try await failure(["AWS_ACCESS_KEY_ID": "AK"]).description.contains("AWS_SECRET_ACCESS_KEY"))
    let folder = try Folder()
    let path = try folder.write(
      "config",
      """
      [default]
      aws_access_key_id = AK
      [profile role]
      role_arn = arn:aws:iam::123456789012:role/r
      source_profile = default
      [profile sso]
      sso_session = corp
      [profile process]
      credential_process = /bin/true
      """)
    let files = ["AWS_CONFIG_FILE": path]
    #expect(try await failure(files).description.contains("aws_secret_access_key"))
    #expect(try await failure(files, profile: "none").description.contains("the AWS profile none is neither in"))
    for (profile, word) in [("role", "role_arn"), ("sso", "sso_session"), ("process", "credential_process")] {
      #expect(try await failure(files, profile: profile).description.contains(word))
    }
    let broken = ["AWS_CONFIG_FILE": try folder.write("broken", "[default]\nregion = x\nwhat is this\n")]
    #expect(try await failure(broken).description.contains("broken, line 3"))
    let web = ["AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r"]
    #expect(try await failure(web).description.contains("AWS_WEB_IDENTITY_TOKEN_FILE"))
  }

  @Test("container: the token file is read on every fetch and wins; three tries")
  func container() async throws {
    let folder = try Folder()
    let file = try folder.write("token", "first")
    let http = StandIn { call, number in
      number < 2
        ? .json("busy", status: 500) : .json(Self.answer("AK\(number)", expires: Date(timeIntervalSince1970: 0)))
    }
    let variables = [
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:51679/creds?id=1",
      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "other",
    ]
    let source = ContainerCredentials(environment: environment(variables), http: http, sleep: clock.clock.sleep)
    #expect(try await source.load()?.accessKeyID == "AK2")
    #expect(http.calls.map { $0.headers.first(name: "Authorization") } == ["first", "first", "first"])
    #expect(http.calls.allSatisfy { $0.address == "http://127.0.0.1:51679/creds?id=1" && $0.seconds == 2 })
    _ = try folder.write("token", "second")
    #expect(try await source.load()?.accessKeyID == "AK3")
    #expect(http.calls.last?.headers.first(name: "Authorization") == "second")
    _ = try folder.write("token", "evil\r\nHost: other")
    let failure = try await #require(throws: AWSFailure.self) { _ = try await source.load() }
    #expect(failure.description.contains("line breaks") && http.calls.count == 4)
  }

  @Test(
    "container: hosts that are neither Amazon's nor this machine are asked over https only",
    arguments: [
      ("http://evil.example/c", false), ("http://169.254.170.2.evil.example/c", false),
      ("https://evil.example/c", true),
      ("http://169.254.170.23/v1", true), ("http://[fd00:ec2::23]/v1", true), ("http://localhost/c", true),
      ("http://127.1.2.3/c", true), ("http://user@127.0.0.1/c", false), ("http://169.254.169.254/c", false),
    ])
  func containerHosts(address: String, isAllowed: Bool) async throws {
    let http = StandIn { _, _ in .json(Self.answer("AK")) }
    let variables = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": address]
    if isAllowed {
      #expect(try await find(variables, http: http).accessKeyID == "AK")
    } else {
      #expect(try await failure(variables, http: http).kind == .configuration)
      #expect(http.calls.isEmpty)
    }
  }

  @Test("instance: version 2 with its token; version 1 is refused, whatever it would have given")
  func instance() async throws {
    let good = StandIn { call, _ in
      if call.method == .PUT { return .json("imds-token") }
      return .json(call.address.hasSuffix("/") ? "my role" : Self.answer("AK"))
    }
    #expect(try await find([:], http: good).accessKeyID == "AK")
    #expect(
      good.calls.map(\.address).map { $0.replacing("http://169.254.169.254/latest/", with: "") } == [
        "api/token", "meta-data/iam/security-credentials/", "meta-data/iam/security-credentials/my%20role",
      ])
    #expect(good.calls[0].headers.first(name: "x-aws-ec2-metadata-token-ttl-seconds") == "21600")
    #expect(good.calls.dropFirst().allSatisfy { $0.headers.first(name: "x-aws-ec2-metadata-token") == "imds-token" })
    for status: UInt in [403, 404, 405] {
      let old = StandIn { call, _ in
        call.method == .PUT ? .json("no-token", status: status) : .json(Self.answer("AK"))
      }
      #expect(try await failure([:], http: old).description.contains("version 1"))
      #expect(old.calls.count == 1)
    }
    let bare = StandIn { call, _ in call.method == .PUT ? .json("tok") : .json("", status: 404) }
    #expect(try await failure([:], http: bare).description.contains("no AWS credentials"))
    let six = StandIn { _, _ in .none("no route") }
    _ = try await failure(["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"], http: six)
    #expect(six.calls.map(\.address) == ["http://[fd00:ec2::254]/latest/api/token"])
  }

  @Test("instance: credentials that have ended are used a while longer, for the service has trouble then")
  func staticStability() async throws {
    let end = clock.now - 60
    let http = StandIn { call, _ in
      call.method == .PUT ? .json("t") : .json(call.address.hasSuffix("/") ? "r" : Self.answer("AK", expires: end))
    }
    let found = try await find([:], http: http)
    #expect(found.expiration == clock.now + 900 + 600)
  }

  @Test("credentials that end are fetched again in time; a failure counts only when little is left")
  func expiry() async throws {
    let start = clock.now
    let http = StandIn { _, number in
      number == 1 ? .none("down") : .json(Self.answer("AK\(number)", expires: start + Double(3600 * (number + 1))))
    }
    let chain = CredentialChain(
      sources: [
        ContainerCredentials(
          environment: environment(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/r"]), http: http,
          sleep: { _ in throw CancellationError() })
      ], now: { [clock] in clock.now })
    #expect(try await chain.credentials().accessKeyID == "AK0")
    clock.advance(2600)
    #expect(try await chain.credentials().accessKeyID == "AK0" && http.calls.count == 1)
    // Less than 15 minutes left: tried, and the old ones do.
    clock.advance(200)
    #expect(try await chain.credentials().accessKeyID == "AK0" && http.calls.count == 2)
    clock.advance(300)
    #expect(try await chain.credentials().accessKeyID == "AK2" && http.calls.count == 3)
    let ended = ["AWS_CREDENTIAL_EXPIRATION": "2001-01-01T00:00:00Z"].merging(Self.keys) { $1 }
    #expect(try await failure(ended).description.contains("have ended"))
  }
}
