import BoundedHTTP
import Foundation
import NIOHTTP1

/// The endpoint that ECS, EKS and Greengrass give to a container.
struct ContainerCredentials: CredentialSource {
  let environment: AWSEnvironment
  let http: any HTTPSender
  let sleep: @Sendable (Double) async throws -> Void

  private static let taskHost = "169.254.170.2"
  /// The hosts that may be asked without https.
  private static let plainHosts: Set = [taskHost, "169.254.170.23", "[fd00:ec2::23]", "localhost", "[::1]"]

  func load() async throws -> AWSCredentials? {
    guard let address = try address() else { return nil }
    var reason = ""
    for attempt in 0..<3 {
      if attempt > 0 { try await sleep(1) }
      var headers: HTTPHeaders = ["Accept": "application/json"]
      // The file is written anew before the token in it ends, so it is read each time.
      if let token = try token() { headers.add(name: "Authorization", value: token) }
      switch await http.send(HTTPCall(.GET, address, headers: headers, seconds: 2)) {
      case .none(let text): reason = text
      case .answer(let answer) where answer.status == 200:
        return try CredentialAnswer.read(answer, from: "the container's credential endpoint")
      case .answer(let answer): reason = "status \(answer.status)"
      }
    }
    throw AWSFailure(.noCredentials, "the container's credential endpoint gave no AWS credentials: \(reason)")
  }

  private func address() throws -> String? {
    if let relative = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
      guard relative.hasPrefix("/"), Self.isPlain(relative) else {
        throw AWSFailure(.configuration, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path; it begins with a slash")
      }
      return "http://\(Self.taskHost)\(relative)"
    }
    guard let full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] else { return nil }
    guard let parts = full.wholeMatch(of: /(https?):\/\/([A-Za-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?([\/?].*)?/),
      Self.isPlain(full)
    else { throw AWSFailure(.configuration, "AWS_CONTAINER_CREDENTIALS_FULL_URI is not http(s)://HOST/PATH") }
    let host = parts.2.lowercased()
    guard parts.1 == "https" || Self.plainHosts.contains(host) || Self.isLoopback(host) else {
      throw AWSFailure(
        .configuration,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI leads to \(host), which may be asked over https only")
    }
    return full
  }

  private func token() throws -> String? {
    let token: String
    if let path = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
        throw AWSFailure(.noCredentials, "\(path) (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE) cannot be read")
      }
      token = text
    } else if let value = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] {
      token = value
    } else {
      return nil
    }
    // A line break would end the header, and begin another one.
    guard Self.isPlain(token) else {
      throw AWSFailure(.noCredentials, "the container's authorization token has line breaks or control characters")
    }
    return token
  }

  private static func isPlain(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) }
  }

  private static func isLoopback(_ host: String) -> Bool {
    host.wholeMatch(of: /127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}/) != nil
  }
}
