import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOSSL
import SwiftASN1
import Testing
import X509

@testable import AmazonEmulator

/// What only a real connection shows: TLS, cut connections, the Date header.
@Suite("Connections", .timeLimit(.minutes(10)))
struct ConnectionTests {
  let fixture: EmulatorFixture
  let certificate: ServerCertificate

  init() throws {
    fixture = try EmulatorFixture()
    certificate = try ServerCertificate(names: ["dash.example"])
  }

  /// One connection for each call, as the device of these tests would make.
  private struct Connections: Sendable {
    let number: Int
    let tls: TLSConfiguration

    func execute(
      _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: ByteBuffer? = nil,
      serverName: String = "localhost", authority: String? = nil
    ) async throws -> Answer {
      let configuration = TestClient.Configuration(tlsConfiguration: tls, serverName: serverName)
      return try await TestClient.withClient(host: "127.0.0.1", port: number, configuration: configuration) { client in
        let request = TestClient.Request(
          path, method: method, authority: authority ?? "localhost:\(number)", headers: headers,
          body: body ?? ByteBuffer())
        let response = try await client.execute(request)
        return Answer(status: response.status, headers: response.headers, body: response.body ?? ByteBuffer())
      }
    }
  }

  private var clientTLS: TLSConfiguration {
    get throws {
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificate.authorityPEM.utf8)))
      return tls
    }
  }

  private func run(_ test: @Sendable @escaping (Amazon, Connections) async throws -> Void) async throws {
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    let application = try fixture.emulator.application(port: 0, certificate: certificate) { port in
      continuation.yield(port)
    }
    let tls = try clientTLS
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await application.run() }
      guard let port = await ports.first(where: { _ in true }) else { return }
      let connections = Connections(number: port, tls: tls)
      let result = await Result {
        let amazon = Amazon { try await connections.execute($0, $1, headers: $2, body: $3) }
        try await test(amazon, connections)
      }
      group.cancelAll()
      try? await group.waitForAll()
      try result.get()
    }
  }

  @Test("the certificate names this machine and what was asked for, nothing else, and is a server's only")
  func names() throws {
    guard case .certificate(let used)? = certificate.tls.certificateChain.first else {
      Issue.record("no certificate")
      return
    }
    let parsed = try Certificate(derEncoded: try used.toDERBytes())
    let names = try #require(try parsed.extensions.subjectAlternativeNames)
    #expect(names.map(\.description).sorted().joined(separator: " ").contains("dash.example"))
    #expect(names.count == 4)
    #expect(try parsed.extensions.basicConstraints == .notCertificateAuthority)
    #expect(try parsed.extensions.extendedKeyUsage.map(Array.init) == [.serverAuth])
  }

  @Test("a client that trusts this run's authority connects, one that trusts another run's does not")
  func certificates() async throws {
    try await run { amazon, connections in
      let page = try await amazon.send(.get, "/")
      #expect(page.status == .ok)
      for name in ["localhost", "dash.example"] {
        let answer = try await connections.execute(.get, "/emulator/settings", serverName: name)
        #expect(answer.status == .ok)
      }
      var stranger = TLSConfiguration.makeClientConfiguration()
      let other = try ServerCertificate()
      stranger.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(other.authorityPEM.utf8)))
      let wary = Connections(number: connections.number, tls: stranger)
      await #expect(throws: (any Error).self) {
        _ = try await wary.execute(.get, "/", serverName: "localhost")
      }
      #expect(fixture.emulator.publicAddress == "https://localhost:\(connections.number)")
    }
  }

  @Test(
    "a connection that is cut tells the device nothing, whether or not the order was placed",
    arguments: [("loseAnswer", 1), ("cutBody", 1), ("dropRequest", 0)])
  func cuts(kind: String, orders: Int) async throws {
    try await run { amazon, _ in
      let token = try await amazon.link().access_token
      let added = try await amazon.control("faults", #"{"operation":"replenish","kind":"\#(kind)"}"#)
      #expect(added.status == .created)
      await #expect(throws: (any Error).self) {
        _ = try await amazon.dash(.replenish, "/replenish/coffee", token)
      }
      let state = try await amazon.state()
      #expect(state.orders.count == orders)
      #expect(state.requests.last?.fault == kind)
      #expect((state.requests.last?.status == nil) == (kind != "cutBody"))
      let again = try await amazon.replenish("coffee", token)
      #expect(again.detailCode == (orders == 1 ? "ORDER_INPROGRESS" : "TEST_ORDER_PLACED"))
    }
  }

  @Test("a delayed answer comes, and the order was placed before the wait")
  func delay() async throws {
    try await run { amazon, _ in
      let token = try await amazon.link().access_token
      _ = try await amazon.control("faults", #"{"operation":"replenish","kind":"delayAnswer","seconds":0.2}"#)
      _ = try await amazon.control("faults", #"{"operation":"subscriptionInfo","kind":"delay","seconds":0.2}"#)
      let order = try await amazon.replenish("coffee", token)
      #expect(order.detailCode == "TEST_ORDER_PLACED")
      let slots = try await amazon.dash(.subscriptionInfo, "/subscriptionInfo", token)
      #expect(slots.status == .ok)
      #expect(try await amazon.state().requests.suffix(2).map(\.fault) == ["delayAnswer", "delay"])
    }
  }

  @Test("the Date header follows the skew")
  func dateHeader() async throws {
    try await run { amazon, _ in
      let set = try await amazon.control("settings", #"{"clockSkewSeconds":10}"#)
      #expect(set.headers[.date] == "Fri, 15 Jan 2027 08:00:10 GMT")
    }
  }

  @Test("another host name on the loopback interface is kept out of the control endpoint")
  func rebinding() async throws {
    try await run { _, connections in
      let answer = try await connections.execute(.get, "/emulator/state", authority: "evil.example")
      #expect(answer.status == .forbidden)
    }
  }
}

extension Result where Failure == any Error {
  /// The outcome of an asynchronous piece of work.
  init(_ work: () async throws -> Success) async {
    do {
      self = .success(try await work())
    } catch {
      self = .failure(error)
    }
  }
}
