import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// The Runtime API of AWS Lambda (2018-06-01): where a custom runtime gets its calls and leaves its answers.
struct RuntimeAPI: Sendable {
  /// One call of the function.
  struct Invocation: Sendable {
    /// `Lambda-Runtime-Aws-Request-Id`.
    var id: String
    /// `Lambda-Runtime-Deadline-Ms`: when the function is ended.
    var deadline: Date?
    /// What the function is called with.
    var event: Data
  }

  /// The API did something else than its documents say.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Lambda's own limit for an event.
  private static let limit = 6 * 1024 * 1024
  private let base: String

  /// An API at `HOST:PORT`; nil when that is no address.
  init?(address: String) {
    guard address.wholeMatch(of: /[A-Za-z0-9.-]+(:[0-9]{1,5})?/) != nil else { return nil }
    base = "http://\(address)/2018-06-01/runtime/"
  }

  /// Waits for a call, however long there is none.
  func next() async throws -> Invocation {
    let response = try await HTTPClient.shared.execute(
      HTTPClientRequest(url: base + "invocation/next"), deadline: .distantFuture)
    guard response.status == .ok, let id = response.headers.first(name: "Lambda-Runtime-Aws-Request-Id"),
      id.wholeMatch(of: /[A-Za-z0-9-]{1,128}/) != nil
    else { throw Failure(description: "the Runtime API answered \(response.status.code) without a call") }
    let body = try await response.body.collect(upTo: Self.limit)
    let milliseconds = response.headers.first(name: "Lambda-Runtime-Deadline-Ms").flatMap(Double.init)
    return Invocation(
      id: id, deadline: milliseconds.map { Date(timeIntervalSince1970: $0 / 1000) }, event: Data(body.readableBytesView)
    )
  }

  /// Hands back what the function answers.
  func respond(to id: String, _ answer: Data) async throws { try await post("invocation/\(id)/response", answer) }

  /// Hands back that the function failed; nothing secret is in `message`.
  func fail(_ id: String, type: String, _ message: String) async throws {
    try await post("invocation/\(id)/error", Self.error(type, message), type: type)
  }

  /// Says that there will be no calls, before the program ends.
  func failInitialization(_ message: String) async {
    try? await post("init/error", Self.error("Runtime.Configuration", message), type: "Runtime.Configuration")
  }

  private static func error(_ type: String, _ message: String) -> Data {
    struct Body: Encodable {
      var errorMessage, errorType: String
      var stackTrace: [String] = []
    }
    return (try? JSONEncoder().encode(Body(errorMessage: message, errorType: type))) ?? Data("{}".utf8)
  }

  private func post(_ path: String, _ body: Data, type: String? = nil) async throws {
    var request = HTTPClientRequest(url: base + path)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    if let type { request.headers.add(name: "Lambda-Runtime-Function-Error-Type", value: type) }
    request.body = .bytes(ByteBuffer(bytes: body))
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(5))
    guard response.status == .accepted || response.status == .ok else {
      throw Failure(description: "the Runtime API answered \(response.status.code) to \(path)")
    }
  }
}
