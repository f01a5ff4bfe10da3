import BoundedHTTP
import Foundation
import NIOHTTP1
import TextEncodings

/// The instance metadata service of EC2, in version 2 only: version 1 gives credentials to whoever can make this machine
/// send a GET.
struct InstanceCredentials: CredentialSource {
  let environment: AWSEnvironment
  let http: any HTTPSender
  let now: @Sendable () -> Date
  /// A random number from a range.
  let random: @Sendable (ClosedRange<Double>) -> Double

  private static let roles = "/latest/meta-data/iam/security-credentials/"

  func load() async throws -> AWSCredentials? {
    if environment.isTrue("AWS_EC2_METADATA_DISABLED") { return nil }
    let base = try base()
    let asked = HTTPCall(
      .PUT, base + "/latest/api/token", headers: ["x-aws-ec2-metadata-token-ttl-seconds": "21600"], seconds: 1)
    // No answer: this is no instance, or a container on one that is a hop too far.
    guard case .answer(let granted) = await http.send(asked) else { return nil }
    let token = String(decoding: granted.body, as: UTF8.self)
    guard granted.status == 200, !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw AWSFailure(
        .noCredentials,
        "the instance metadata service gave no token (status \(granted.status)); version 1 is not used")
    }
    func get(_ path: String) async throws -> HTTPAnswer? {
      let call = HTTPCall(.GET, base + path, headers: ["x-aws-ec2-metadata-token": token], seconds: 1)
      guard case .answer(let answer) = await http.send(call) else {
        throw AWSFailure(.noCredentials, "the instance metadata service stopped answering")
      }
      if answer.status == 404 { return nil }
      guard answer.status == 200 else {
        throw AWSFailure(.noCredentials, "the instance metadata service answered \(answer.status)")
      }
      return answer
    }
    guard let listed = try await get(Self.roles),
      let role = String(decoding: listed.body, as: UTF8.self).split(whereSeparator: \.isNewline).first,
      let answer = try await get(Self.roles + percentEncoded(role))
    else { return nil }
    var credentials = try CredentialAnswer.read(answer, from: "the instance metadata service")
    // When the service has trouble it hands out what has ended; AWS goes on taking it. Asking again at once would not help.
    if let expiration = credentials.expiration, expiration < now() + CredentialChain.mandatory {
      credentials.expiration = now() + CredentialChain.advisory + random(120...600)
    }
    return credentials
  }

  private func base() throws -> String {
    guard let custom = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] else {
      let mode = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased()
      return mode == "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
    }
    guard custom.wholeMatch(of: /https?:\/\/([A-Za-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?\/?/) != nil else {
      throw AWSFailure(.configuration, "AWS_EC2_METADATA_SERVICE_ENDPOINT is not http://HOST or http://HOST:PORT")
    }
    return custom.hasSuffix("/") ? String(custom.dropLast()) : custom
  }
}
