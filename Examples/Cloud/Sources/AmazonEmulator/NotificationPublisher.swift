import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import OAuthServer

/// An address that was asked to confirm that it wants a topic.
public struct TopicSubscription: Codable, Sendable {
  /// The topic.
  public var topic: String
  /// Who was asked.
  public var to: String
  /// Whether the address in the question was fetched.
  public var isConfirmed: Bool
}

/// Stands in for Amazon's notification service: publishes to one address on this machine.
actor NotificationPublisher {
  /// A mistake in what was asked for.
  struct Mistake: Error {
    var message: String
  }

  private(set) var subscriptions: [TopicSubscription] = []
  private var tokens: [String: Int] = [:]
  private var made: NotificationSigner?
  private let clock: EmulatorClock

  init(clock: EmulatorClock) { self.clock = clock }

  /// Made when it is first needed, for an RSA key takes its time.
  var signer: NotificationSigner {
    get throws {
      if let made { return made }
      let signer = try NotificationSigner(now: clock.now)
      made = signer
      return signer
    }
  }

  func reset() {
    subscriptions = []
    tokens = [:]
  }

  /// Begins a subscription; returns the token that confirms it.
  func subscribe(_ to: String, topic: String) -> String {
    let token = randomText(bytes: 48)
    tokens[token] = subscriptions.count
    subscriptions.append(TopicSubscription(topic: topic, to: to, isConfirmed: false))
    return token
  }

  /// Confirms a subscription; false when topic and token are none of one.
  func confirm(topic: String, token: String) -> Bool {
    guard let index = tokens[token], subscriptions[index].topic == topic else { return false }
    subscriptions[index].isConfirmed = true
    return true
  }

  /// Posts a body some times, one after the other; returns the statuses of the answers.
  static func post(
    _ body: String, to address: String, headers: [(String, String)], times: Int
  ) async throws -> [Int] {
    guard isLocal(address) else {
      throw Mistake(message: "to is not http(s)://localhost:PORT/… or another loopback address")
    }
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .loopback)
    var statuses: [Int] = []
    var failure: (any Error)?
    do {
      for _ in 0..<times {
        var request = HTTPClientRequest(url: address)
        request.method = .POST
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await http.execute(request, timeout: .seconds(60))
        _ = try await response.body.collect(upTo: 1024 * 1024)
        statuses.append(Int(response.status.code))
      }
    } catch {
      failure = error
    }
    try await http.shutdown()
    if let failure { throw Mistake(message: "nothing was delivered to \(address): \(type(of: failure))") }
    return statuses
  }

  /// Whether an address is on this machine, whoever reads it.
  static func isLocal(_ address: String) -> Bool {
    address.utf8.allSatisfy { (0x21...0x7E).contains($0) }
      && address.wholeMatch(
        of: /https?:\/\/(localhost|127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}|\[::1\])(:[0-9]{1,5})?\/[^@\\#]*/) != nil
  }
}

extension HTTPClient.Configuration {
  /// For calls to this machine only: the other side's certificate is the maker's own, and is not looked at.
  static var loopback: HTTPClient.Configuration {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.certificateVerification = .none
    var settings = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
    settings.httpVersion = .http1Only
    settings.connectionPool.retryConnectionEstablishment = false
    return settings
  }
}
