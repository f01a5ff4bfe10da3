import Foundation
import Testing

@testable import AWSRequests

/// The published test suite of Signature Version 4, and a request as botocore signs it.
@Suite("Signature Version 4")
struct SignatureTests {
  private struct Suite: Decodable {
    struct Context: Decodable {
      var accessKeyID: String
      var secretAccessKey: String
      var region: String
      var service: String
      var time: String
    }
    struct Case: Decodable {
      var name: String
      var request: String
      var canonicalRequest: String
      var stringToSign: String
      var signature: String
      var normalize: Bool?
      var signBody: Bool?
      var token: String?
      var omitSessionToken: Bool?
    }
    var context: Context
    var cases: [Case]
  }

  /// A request as the suite writes it: a line, headers with continuation lines, a body.
  private static func parse(_ text: String) throws -> SignatureV4.Request {
    let parts = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
    var lines = parts[0].split(separator: "\n").map(String.init)
    let first = lines.removeFirst()
    let method = String(first.prefix { $0 != " " })
    let target = String(first.dropFirst(method.count + 1).dropLast(" HTTP/1.1".count))
    var headers: [(name: String, value: String)] = []
    for line in lines {
      if line.hasPrefix(" "), let last = headers.popLast() {
        headers.append((last.name, last.value + "\n" + line))
      } else {
        let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        headers.append((halves[0], halves[1]))
      }
    }
    return SignatureV4.Request(
      method: method, target: target, headers: headers, body: Data((parts.count == 2 ? String(parts[1]) : "").utf8))
  }

  @Test("all 38 cases of the published suite: canonical request, string to sign, signature, headers")
  func publishedSuite() throws {
    let file = try #require(Bundle.module.url(forResource: "aws-signing-test-suite-v4", withExtension: "json"))
    let suite = try JSONDecoder().decode(Suite.self, from: try Data(contentsOf: file))
    #expect(suite.cases.count == 38)
    let date = try #require(AWSDates.iso8601(suite.context.time))
    for item in suite.cases {
      let credentials = AWSCredentials(
        accessKeyID: suite.context.accessKeyID, secretAccessKey: suite.context.secretAccessKey,
        sessionToken: item.token)
      var signer = SignatureV4(credentials: credentials, region: suite.context.region, service: suite.context.service)
      signer.normalizesPath = item.normalize ?? true
      signer.namesBodyDigest = item.signBody ?? false
      signer.addsTokenUnsigned = item.omitSessionToken ?? false
      let request = try Self.parse(item.request)
      let canonical = signer.canonicalRequest(request, at: date)
      #expect(canonical.text == item.canonicalRequest, "\(item.name)")
      let text = signer.stringToSign(canonical.text, at: date)
      #expect(text == item.stringToSign, "\(item.name)")
      #expect(signer.signature(of: text, at: date) == item.signature, "\(item.name)")
      let headers = signer.headers(for: request, at: date)
      let authorization = headers.first { $0.name == "Authorization" }?.value
      #expect(authorization?.hasSuffix("Signature=\(item.signature)") == true, "\(item.name)")
      #expect(headers.contains { $0.name == "X-Amz-Security-Token" } == (item.token != nil), "\(item.name)")
    }
  }

  @Test("a GetSecretValue as botocore signs it")
  func botocore() throws {
    let credentials = AWSCredentials(
      accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    let signer = SignatureV4(credentials: credentials, region: "us-east-1", service: "secretsmanager")
    let request = SignatureV4.Request(
      method: "POST", target: "/",
      headers: [
        ("Content-Type", "application/x-amz-json-1.1"), ("Host", "secretsmanager.us-east-1.amazonaws.com"),
        ("X-Amz-Target", "secretsmanager.GetSecretValue"),
      ], body: Data(#"{"SecretId":"lwa-oauth","VersionStage":"AWSCURRENT"}"#.utf8))
    let date = try #require(AWSDates.iso8601("2025-01-02T03:04:05Z"))
    let headers = signer.headers(for: request, at: date)
    #expect(headers.map(\.name) == ["X-Amz-Date", "Authorization"])
    #expect(
      headers[1].value
        == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250102/us-east-1/secretsmanager/aws4_request, "
        + "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
        + "Signature=0ecda9a6b33f19fcbf897ee8a8a918338ae4800d9d2af106d75dbf8247207ddf")
  }

  @Test("a description of credentials has the access key id and no secret")
  func description() throws {
    let credentials = AWSCredentials(accessKeyID: "AKID", secretAccessKey: "secret", sessionToken: "token")
    for text in ["\(credentials)", "\([credentials])", "\(credentials as AWSCredentials?)"] {
      #expect(text.contains("AKID") && !text.contains("secret") && !text.contains("token"), "\(text)")
    }
  }
}
