import AsyncHTTPClient
import ChildProcesses
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import ReplenishCloud

/// What stands between the world and the routes: certificates, limits, deadlines.
@Suite("Listeners", .timeLimit(.minutes(10)))
struct ListenerTests {
  @Test("no certificate, another authority's, and a known name with an unknown key: refused")
  func strangers() async throws {
    try await CloudFixture().run { cloud in
      let device = try await cloud.device("SN1")
      let impostor = try await cloud.device("SN1", isEntered: false)
      let foreign = try cloud.device("SN1", try Maker().identity("CoffeeMaker-9000/SN1"))
      let bare = Device(
        serial: "", claimCode: "", identity: device.identity,
        http: HTTPClient(
          configuration: try cloud.fixture.clientConfiguration(trusting: cloud.fixture.maker.authority)),
        address: device.address)
      try await cloud.with(device, impostor, foreign, bare) {
        #expect(try await device.send(.GET, "/v1/device").status == 200)
        let refused = try await impostor.send(
          .GET, "/v1/device",
          headers: [
            "X-Client-Cert": device.identity.certificate.replacing("\n", with: " "), "X-SSL-Client-S-DN": "SN1",
          ])
        #expect(refused.status == 403 && refused.members["error"] as? String == "unknownDevice")
        await #expect(throws: (any Error).self) { _ = try await foreign.send(.GET, "/v1/device") }
        await #expect(throws: (any Error).self) { _ = try await bare.send(.GET, "/v1/device") }
      }
    }
  }

  @Test("header spoofing through a proxy: certificates, names and addresses in headers are nobody's identity")
  func spoofing() async throws {
    try await CloudFixture { $0.proxies = ["127.0.0.1"] }.run { cloud in
      let (device, other) = (try await cloud.device("SN1"), try await cloud.device("SN2"))
      let browser = try await cloud.owner()
      let pem = other.identity.certificate
      let escaped = pem.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      let flat = pem.split(separator: "\n").dropFirst().dropLast().joined()
      let lies: HTTPHeaders = [
        "X-SSL-Client-Cert": escaped, "X-SSL-Client-Verify": "SUCCESS", "X-SSL-Client-S-DN": "CN=SN2",
        "X-SSL-Client-Serial": "SN2", "SSL_CLIENT_CERT": flat, "X-Client-Cert": flat, "X-Client-Verify": "SUCCESS",
        "X-Forwarded-Client-Cert": "Cert=\"\(escaped)\"", "Client-Cert": ":\(flat):", "X-ARR-ClientCert": flat,
        "X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1;proto=https", "X-Real-IP": "127.0.0.1",
        "X-Forwarded-User": "owner@example.com", "Remote-User": "owner@example.com",
        "X-Forwarded-Email": "owner@example.com", "X-Original-URL": "/v1/commands", "X-HTTP-Method-Override": "DELETE",
      ]
      try await cloud.with(device, other) {
        let answer = try await device.send(.GET, "/v1/device", headers: lies)
        #expect(answer.members["serial"] as? String == "SN1")
        #expect(try await cloud.storage.setState(.revoked, model: "CoffeeMaker-9000", serial: "SN1"))
        #expect(try await device.send(.GET, "/v1/device", headers: lies).status == 403)
        let nobody = cloud.browser()
        #expect(try await nobody.get(cloud.pages + "/account", headers: lies).status == 303)
        #expect(try await browser.get(cloud.pages + "/account", headers: lies).status == 200)
      }
    }
  }

  @Test("revoked certificate on a live connection: refused there, and on a new one")
  func revoked() async throws {
    try await CloudFixture().run { cloud in
      let device = try await cloud.device("SN1")
      try await cloud.with(device) {
        let first = try await device.send(.GET, "/v1/device")
        #expect(first.status == 200)
        #expect(try await cloud.storage.setState(.revoked, model: "CoffeeMaker-9000", serial: "SN1"))
        for _ in 0..<2 { #expect(try await device.send(.GET, "/v1/device").status == 403) }
        #expect(try await device.press().status == 403)
        #expect(try await cloud.storage.setState(.active, model: "CoffeeMaker-9000", serial: "SN1"))
        #expect(try await device.send(.GET, "/v1/device").status == 200)
      }
    }
  }

  @Test(
    "revoked certificate on a resumed session: it is resumed, and the request refused",
    arguments: ["-tls1_2", "-tls1_3"])
  func resumed(version: String) async throws {
    try await CloudFixture().run { cloud in
      let device = try await cloud.device("SN1")
      try await cloud.with(device) {
        let folder = cloud.fixture.folder
        try device.identity.certificate.write(toFile: folder + "/device.pem", atomically: true, encoding: .utf8)
        try device.identity.key.write(toFile: folder + "/device.key", atomically: true, encoding: .utf8)
        try cloud.fixture.maker.authority.write(toFile: folder + "/maker.pem", atomically: true, encoding: .utf8)
        func connect(_ session: String) async throws -> String {
          try await Self.openssl(
            """
            printf 'GET /v1/device HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' | \
            timeout 60 openssl s_client -ign_eof -connect localhost:\(cloud.devicePort) \(version) -CAfile maker.pem \
            -cert device.pem -key device.key \(session) session.pem 2>&1
            """, in: folder)
        }
        let first = try await connect("-sess_out")
        #expect(first.contains("200 OK"), "\(first)")
        #expect(try await cloud.storage.setState(.revoked, model: "CoffeeMaker-9000", serial: "SN1"))
        let second = try await connect("-sess_in")
        #expect(second.contains("Reused, TLSv1"), "\(second)")
        #expect(second.contains("403 Forbidden") && !second.contains("200 OK"), "\(second)")
      }
    }
  }

  private static func openssl(_ script: String, in folder: String) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(with: Result { try ChildProcess.run("/bin/sh", ["-c", script], in: folder).output })
      }
    }
  }

  @Test("slow headers and slow bodies, and slow handshakes: however steadily they drip, the connection is closed")
  func slow() async throws {
    try await CloudFixture {
      $0.headSeconds = 0.5
      $0.bodySeconds = 0.5
    }.run { cloud in
      let port = try #require(URL(string: cloud.pages)?.port)
      let head = "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      for (port, start) in [
        (port, []), (port, Array((head + "Cookie: session=x\r\nContent-Length: 10000\r\n\r\n").utf8)),
        // A record of a handshake, 16 KiB long.
        (cloud.devicePort, [0x16, 3, 1, 0x40, 0]),
      ] {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(
          host: "127.0.0.1", port: port
        ).get()
        let drip = Task {
          try await channel.writeAndFlush(ByteBuffer(bytes: start)).get()
          while !Task.isCancelled {
            try await channel.writeAndFlush(ByteBuffer(string: "x")).get()
            try await Task.sleep(for: .milliseconds(50))
          }
        }
        // Without a deadline this would never end, and the suite's limit would say so.
        try await channel.closeFuture.get()
        drip.cancel()
      }
    }
  }

  @Test("an answer of Amazon's that drips without end ends at the deadline, and is no answer")
  func drippingAnswer() async throws {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).childChannelInitializer {
      channel in
      channel.eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(20), delay: .milliseconds(20)) { task in
        guard channel.isActive else { return task.cancel() }
        channel.writeAndFlush(ByteBuffer(string: "x"), promise: nil)
      }
      channel.eventLoop.execute {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
        channel.writeAndFlush(ByteBuffer(string: head), promise: nil)
      }
      return channel.eventLoop.makeSucceededVoidFuture()
    }.bind(host: "127.0.0.1", port: 0).get()
    var configuration = AmazonConfiguration(clientID: "c", clientSecret: "s")
    configuration.deadline = 0.5
    let client = try AmazonClient(configuration)
    let port = try #require(server.localAddress?.port)
    // Without the deadline this would go on for half an hour, and the suite's limit would say so.
    guard case .none = await client.send(.GET, "http://127.0.0.1:\(port)/") else {
      Issue.record("half an answer was taken for one")
      return
    }
    try await client.shutdown()
    try await server.close()
  }

  @Test("pages carry the headers that keep them out of frames, caches and other sites, and no JavaScript")
  func headers() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, path) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        for path in [
          "/", "/account", "/claim", path, "/sign-in", "/sign-up", "/forgot", "/recover", "/reset", "/confirm",
        ] {
          let page = try await browser.get(cloud.pages + path)
          #expect(page.status == 200)
          let policy = page.headers.first(name: "Content-Security-Policy") ?? ""
          #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
          #expect(page.headers.first(name: "X-Frame-Options") == "DENY")
          #expect(page.headers.first(name: "Cache-Control") == "no-store")
          #expect(page.headers.first(name: "Referrer-Policy") == "no-referrer")
          #expect(!page.text.contains("<script") && page.text.contains("lang=\"en\"") && page.text.contains("viewport"))
          #expect(!page.text.contains("page template"))
        }
        #expect(try await browser.get(cloud.pages + "/nothing").status == 404)
      }
    }
  }

  @Test(
    "over https the session's cookie is this host's alone and never sent in the clear, and browsers come back by https")
  func cookie() async throws {
    try await CloudFixture { $0.publicAddress = "https://cloud.example" }.run { cloud in
      let page = try await cloud.browser().get(cloud.pages + "/sign-in")
      let words = try #require(page.headers.first(name: "Set-Cookie")).split(separator: "; ").map { $0.lowercased() }
      #expect(words.first?.hasPrefix("__host-session=") == true)
      #expect(Set(words.dropFirst()).isSuperset(of: ["path=/", "secure", "httponly", "samesite=lax"]))
      #expect(!words.contains { $0.hasPrefix("domain") })
      #expect(page.headers.first(name: "Strict-Transport-Security") == "max-age=31536000")
    }
  }
}
