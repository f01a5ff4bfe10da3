import AsyncHTTPClient
import BoundedHTTP
import Foundation
import Logging
import NIOCore
import NIOHTTP1

/// Passes an envelope on to the cloud, over https, with the envelope's own token as bearer.
final class Forwarder: Sendable {
  /// Something in the environment that cannot be used.
  struct Failure: Error, CustomStringConvertible {
    /// One line: what is wrong, and what to do.
    let description: String
  }

  /// What came of an envelope.
  enum Outcome: Sendable, Equatable {
    /// The cloud's answer, to be handed back as it is.
    case answer(Data)
    /// There is none; it is to be asked again.
    case failure(type: String, message: String)
  }

  /// As long as the cloud takes it.
  private static let limit = 64 * 1024
  /// What must be left of a call for handing the answer back, in seconds.
  private static let margin = 0.15

  private let address: String
  private let longest: Double
  private let http: HTTPClient

  /// Reads `REPLENISH_CONNECTOR_URL` and `REPLENISH_CONNECTOR_CA`.
  convenience init(environment: [String: String]) throws {
    guard let address = environment["REPLENISH_CONNECTOR_URL"], let url = URL(string: address), url.scheme == "https",
      url.host?.isEmpty == false, url.user == nil, url.fragment == nil
    else {
      throw Failure(
        description: "REPLENISH_CONNECTOR_URL is not https://HOST/connector; tokens are not sent without TLS.")
    }
    let authorities = try environment["REPLENISH_CONNECTOR_CA"].map { file in
      guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
        throw Failure(description: "Cannot read \(file) (REPLENISH_CONNECTOR_CA): is it there?")
      }
      return text
    }
    try self.init(address: address, authorities: authorities)
  }

  /// - Parameters:
  ///   - address: The cloud's connector.
  ///   - authorities: Whom to trust for it, as PEM; nil for the system's.
  ///   - longest: Seconds that the cloud has; managed integrations waits two.
  init(address: String, authorities: String?, longest: Double = 1.8) throws {
    self.address = address
    self.longest = longest
    guard let settings = try? HTTPClient.Configuration.bounded(authorities: authorities) else {
      throw Failure(description: "REPLENISH_CONNECTOR_CA has no certificate in PEM.")
    }
    http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
  }

  func shutdown() async throws { try await http.shutdown() }

  /// Passes an envelope on, and gives up before the call is ended.
  func forward(_ envelope: Data, deadline: Date?) async -> Outcome {
    guard envelope.count <= Self.limit else {
      return .failure(type: "Connector.TooLong", message: "The envelope is longer than \(Self.limit) bytes.")
    }
    var request = HTTPClientRequest(url: address)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    if let token = Self.token(in: envelope) { request.headers.add(name: "Authorization", value: "Bearer " + token) }
    request.body = .bytes(ByteBuffer(bytes: envelope))
    let left = deadline.map { $0.timeIntervalSinceNow - Self.margin } ?? longest
    let seconds = min(longest, max(left, 0.01))
    let (http, prepared) = (http, request)
    let late = Outcome.failure(type: "Connector.Timeout", message: "The cloud did not answer in time.")
    return await within(seconds, orElse: late) { await Self.exchange(prepared, http, seconds) }
  }

  private static func exchange(_ request: HTTPClientRequest, _ http: HTTPClient, _ seconds: Double) async -> Outcome {
    do {
      // A little longer than it is waited for, so that a cloud that is slow does not look like one that is not there.
      let response = try await http.execute(request, timeout: .milliseconds(Int64((seconds + 1) * 1000)))
      let body = try await response.body.collect(upTo: limit)
      guard response.status == .ok, (try? JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView))) != nil
      else {
        return .failure(type: "Connector.Status", message: "The cloud answered with status \(response.status.code).")
      }
      return .answer(Data(body.readableBytesView))
    } catch {
      // The kind of the error only: nothing of the request is in it.
      return .failure(type: "Connector.Unreachable", message: "The cloud was not reached: \(Swift.type(of: error)).")
    }
  }

  /// The least that makes an answer one of a connector.
  private struct Answer: Decodable {
    struct Header: Decodable { var responseCode: Int }

    var header: Header
  }

  /// The access token of an envelope that has one which can be in a header (RFC 6750 section 2.1).
  private static func token(in envelope: Data) -> String? {
    struct Members: Decodable {
      struct Header: Decodable { var auth: Auth }

      struct Auth: Decodable { var token: String? }

      var header: Header
    }
    guard let token = (try? JSONDecoder().decode(Members.self, from: envelope))?.header.auth.token,
      token.wholeMatch(of: /[A-Za-z0-9\-._~+\/]+=*/) != nil
    else { return nil }
    return token
  }
}

/// The life of the function: one call after the other.
struct FunctionLoop: Sendable {
  let api: RuntimeAPI
  let forwarder: Forwarder
  let logger: Logger

  /// Takes one call and answers it.
  func turn() async {
    do {
      let call = try await api.next()
      switch await forwarder.forward(call.event, deadline: call.deadline) {
      case .answer(let answer): try await api.respond(to: call.id, answer)
      case .failure(let type, let message):
        logger.error("\(call.id): \(type): \(message)")
        try await api.fail(call.id, type: type, message)
      }
    } catch {
      logger.error("\(error)")
      // Lambda restarts what keeps failing; until then it need not burn.
      try? await Task.sleep(for: .milliseconds(200))
    }
  }
}
