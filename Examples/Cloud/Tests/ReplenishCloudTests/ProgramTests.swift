import AsyncHTTPClient
import ChildProcesses
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

@testable import ReplenishCloud

/// The real programs, from an empty folder to an order, through a kill in between.
@Suite("Cloud programs", .timeLimit(.minutes(10)))
final class CloudProgramTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "cloud-programs-\(UUID().uuidString)")
    .path
  private let database: EmptyDatabase
  private var running: [ChildProcess] = []

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    database = EmptyDatabase(folder: folder)
  }

  deinit {
    running = []
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func path(_ program: String) -> String { ChildProcess.path(ofBuilt: program) }

  private func start(_ program: String, _ arguments: [String]) throws -> ChildProcess {
    let process = try ChildProcess(program, arguments, in: folder)
    running.append(process)
    return process
  }

  /// Runs a command to its end; returns what it printed.
  private func command(_ arguments: String...) throws -> (status: Int32, output: String) { try command(arguments) }

  private func command(
    _ arguments: [String], of program: String = "replenish-cloud"
  ) throws -> (status: Int32, output: String) {
    try ChildProcess.run(path(program), arguments, in: folder)
  }

  private func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    chmod(folder + "/" + name, mode)
  }

  private func content(_ name: String) -> String? {
    try? String(contentsOfFile: folder + "/" + name, encoding: .utf8)
  }

  private func ports(_ file: String) async throws -> [Int] {
    for _ in 0..<1200 {
      if let text = content(file) { return text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) } }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("\(file) was not written")
    return []
  }

  private func serving(_ amazonPort: Int, ready: String) async throws -> [String] {
    [
      "serve", "--database", try await database.address(), "--keys", "keys", "--public-address", "http://localhost",
      "--port", "0",
      "--mail-folder", "mail", "--device-port", "0", "--device-certificate", "server.pem", "--device-private-key",
      "server.key", "--maker-ca", "maker.pem", "--client-id", "web", "--client-secret-file", "secret", "--amazon",
      "https://localhost:\(amazonPort)", "--amazon-ca", "amazon.pem", "--test-devices", "--ready-file", ready,
      "--exit-with-parent",
    ]
  }

  private func client(trusting authority: String, as identity: Maker.Identity? = nil) throws -> HTTPClient {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
    if let identity {
      tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificate.utf8)).map {
        .certificate($0)
      }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem))
    }
    return HTTPClient(configuration: .init(tlsConfiguration: tls, redirectConfiguration: .disallow))
  }

  private func allow(_ address: String, _ browser: Browser) async throws -> String {
    let login = try await browser.get(address)
    _ = try await browser.send(
      .POST, address,
      form: ["csrf": login.formToken(), "user": "customer@example.com", "password": "sample-password"])
    let consent = try await browser.get(address)
    let decided = try await browser.send(.POST, address, form: ["csrf": consent.formToken(), "decision": "allow"])
    return try #require(decided.location, "\(decided.text)")
  }

  @Test(
    "from nothing to an order: key, device, account, claim, link, press; killed, restarted; each commit on disk",
    .onBothDatabases, .sayingWhichDatabase)
  func wholeWay() async throws {
    let maker = try Maker()
    let server = try maker.identity("localhost", isServer: true)
    let appliance = try maker.identity("CoffeeMaker-9000/SN1")
    try write("server.pem", server.certificate)
    try write("server.key", server.key)
    try write("maker.pem", maker.authority)
    try write("device.pem", appliance.certificate)
    try write("secret", "web-secret\n")
    _ = try start(
      path("amazon-emulator"),
      [
        "--port", "0", "--ready-file", "amazon", "--ca-out", "amazon.pem", "--confidential-client", "web:web-secret",
        "--redirect-uri", "http://localhost/link/return", "--exit-with-parent",
      ])
    #expect(try command("key", "keys").status == 0)
    let storage = ["--database", try await self.database.address(), "--keys", "keys"]
    let added = try command(
      "device", "add", storage[0], storage[1], storage[2], storage[3], "--model", "CoffeeMaker-9000", "--serial", "SN1",
      "--certificate", "device.pem", "--public-address", "https://cloud.example")
    let code = String(try #require(added.output.firstMatch(of: /claim code: ([0-9A-Z-]+)/), "\(added)").output.1)
    #expect(added.output.contains("https://cloud.example/claim?serial=SN1&code=\(code)"))
    let amazonPort = try #require(try await ports("amazon").first)
    let first = try start(path("replenish-cloud"), try await serving(amazonPort, ready: "first"))
    var port = try await ports("first")
    try #require(port.count == 2)

    let web = try client(trusting: try #require(content("amazon.pem")))
    let device = Device(
      serial: "SN1", claimCode: code, identity: appliance,
      http: try client(trusting: maker.authority, as: appliance), address: "https://localhost:\(port[1])")
    let browser = Browser(web)
    var pages = "http://localhost:\(port[0])"
    _ = try await browser.post(pages + "/sign-up", ["email": "owner@example.com"])
    let mail = try #require(
      try FileManager.default.contentsOfDirectory(atPath: folder + "/mail").first { $0.hasSuffix(".eml") })
    let link = try #require(content("mail/" + mail)?.firstMatch(of: /localhost(\/confirm\?ticket=(\S+))/)).output
    let opened = try await browser.post(
      pages + "/confirm", page: pages + link.1, ["ticket": String(link.2), "password": "correct horse battery"])
    #expect(opened.text.contains("recovery codes"))
    #expect(try await device.send(.POST, "/v1/presence").status == 200)
    let claimed = try await browser.post(pages + "/claim", ["serial": "SN1", "code": code])
    let path = try #require(claimed.location, "\(claimed.text)")
    let departed = try await browser.post(pages + path + "/link", page: pages + path, [:])
    let back = try await allow(try #require(departed.location, "\(departed.text)"), browser)
    let linked = try await browser.get(back.replacing("http://localhost/", with: pages + "/"))
    #expect(linked.location == path, "\(linked.text)")
    #expect(try await device.press().state == "ordered")

    // Killed with a press on its way: the answer is late, the program is gone before it comes.
    var fault = HTTPClientRequest(url: "https://localhost:\(amazonPort)/emulator/faults")
    fault.method = .POST
    fault.body = .bytes(ByteBuffer(string: #"{"operation":"replenish","kind":"delayAnswer","seconds":20}"#))
    _ = try await web.execute(fault, timeout: .seconds(10))
    let id = Device.pressID()
    let cut = Task { [device] in _ = try? await device.press(id, slot: "water-filter") }
    let database = try await self.database.open(keys: try KeyFile(path: folder + "/keys"))
    for _ in 0..<1200 {
      let state = try await browser.get("https://localhost:\(amazonPort)/emulator/state")
      if (state.members["orders"] as? [Any])?.count == 2 { break }
      try await Task.sleep(for: .milliseconds(20))
    }
    first.kill(SIGKILL)
    first.waitUntilExit()
    await cut.value
    try await device.http.shutdown()
    #expect(try await database.press(id, device: 1)?.state == .sending)
    // A dead instance's lease runs out by itself; here nobody waits for that.
    _ = try await database.database.write { try $0.execute("UPDATE press SET lease_until = 0") }

    // Started again under strace, which counts how often it waits for the disk.
    _ = try start(
      "strace",
      ["-f", "-qq", "-e", "trace=fdatasync,fsync", "-o", "trace", self.path("replenish-cloud")]
        + (try await serving(amazonPort, ready: "second")))
    port = try await ports("second")
    try #require(port.count == 2)
    pages = "http://localhost:\(port[0])"
    let again = Device(
      serial: "SN1", claimCode: code, identity: appliance,
      http: try client(trusting: maker.authority, as: appliance), address: "https://localhost:\(port[1])")
    for _ in 0..<600 {
      if try await again.send(.GET, "/v1/presses/\(id)").status == 200 { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(try await again.send(.GET, "/v1/presses/\(id)").state == "alreadyOrdered")
    let before = content("trace")?.split(separator: "\n").count ?? 0
    for _ in 0..<10 { #expect(try await again.press(age: nil).state == "expired") }
    let after = content("trace")?.split(separator: "\n").count ?? 0
    // A server that waits for the disk is another program.
    #expect(
      after - before >= 10 || self.database.kind == .postgreSQL,
      "10 presses were acknowledged with \(after - before) waits for the disk")

    #expect(
      try command("device", "list", storage[0], storage[1], storage[2], storage[3]).output
        == "CoffeeMaker-9000 SN1 active owner@example.com\n")
    #expect(
      try command("device", "revoke", storage[0], storage[1], storage[2], storage[3], "CoffeeMaker-9000", "SN1").status
        == 0)
    #expect(try await again.send(.GET, "/v1/device").status == 403)

    // An operator's transfer, for an owner who cannot do it: it is free, its link ends, and there is nothing to repeat.
    let named = storage + ["CoffeeMaker-9000", "SN1"]
    #expect(try command(["device", "restore"] + named).status == 0)
    #expect(try await again.send(.GET, "/v1/device").members["claimed"] as? Bool == true)
    #expect(try command(["device", "release"] + named).status == 0)
    let free = try await again.send(.GET, "/v1/device")
    #expect(free.members["claimed"] as? Bool == false && free.members["linked"] as? Bool == false)
    #expect(try await again.press().members["reason"] as? String == "not-linked")
    let repeated = try command(["device", "release"] + named)
    #expect(repeated.status == 1 && repeated.output.contains("is in nobody's account"))
    #expect(!repeated.output.contains("Usage"))
    try await again.http.shutdown()
    try await web.shutdown()
  }

  @Test("client add shows a secret once, list shows none, remove removes; check looks at them")
  func clients() throws {
    try write("secret", "web-secret\n")
    _ = try command("key", "keys")
    let storage = ["--database", "cloud.sqlite", "--keys", "keys"]
    func client(_ arguments: String...) throws -> (status: Int32, output: String) {
      try command(["client", arguments[0]] + storage + arguments.dropFirst())
    }
    let added = try client(
      "add", "--name", "Kitchen Hub", "--redirect-uri", "https://hub.example/return", "--scope", "devices:read")
    let id = String(try #require(added.output.firstMatch(of: /client id: +(\S+)/), "\(added)").output.1)
    let secret = String(try #require(added.output.firstMatch(of: /client secret: (\S+)/), "\(added)").output.1)
    #expect(secret.utf8.count == 43)
    let shown = try client(
      "add", "--public", "--name", "App", "--redirect-uri", "com.example.app:/return", "--scope", "devices:identify")
    #expect(shown.status == 0 && !shown.output.contains("secret"))
    #expect(try client("add", "--may-introspect", "--name", "Gateway").output.contains("client secret: "))
    let list = try client("list").output
    #expect(list.contains("\(id) confidential [devices:read] Kitchen Hub\n  https://hub.example/return\n"))
    #expect(list.contains(" public [devices:identify] App\n") && list.contains(" may-introspect [] Gateway\n"))
    #expect(!list.contains(secret))
    for (arguments, word) in [
      (["--name", "A", "--redirect-uri", "http://a.example/", "--scope", "devices:read"], "http://a.example/"),
      (["--name", "A", "--redirect-uri", "https://a.example/", "--scope", "orders"], "no scope orders"),
    ] {
      let refused = try command(["client", "add"] + storage + arguments)
      #expect(refused.status != 0 && refused.output.contains(word), "\(refused.output)")
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/cloud.sqlite"))
    #expect(bytes.range(of: Data(secret.utf8)) == nil)
    func check() throws -> String {
      try command(
        ["check"] + storage + [
          "--public-address", "https://cloud.example", "--device-certificate", "none", "--device-private-key", "none",
          "--maker-ca", "none", "--client-id", "web", "--client-secret-file", "secret",
        ]
      ).output
    }
    #expect(try check().contains("good  apps: 3; authorize at https://cloud.example/authorize"))
    #expect(try client("remove", id).status == 0)
    let again = try client("remove", id)
    #expect(again.status != 0 && again.output.contains("no app \(id)"))
    #expect(try check().contains("good  apps: 2;"))
  }

  @Test("check says what is good and what is not")
  func check() async throws {
    let maker = try Maker()
    let server = try maker.identity("localhost", isServer: true)
    try write("server.pem", server.certificate)
    try write("server.key", server.key)
    try write("maker.pem", maker.authority)
    try write("secret", "web-secret\n")
    _ = try command("key", "keys")
    func check(_ further: [String] = []) throws -> (status: Int32, output: String) {
      try command(
        [
          "check", "--database", "none.sqlite", "--keys", "keys", "--public-address", "https://cloud.example",
          "--device-certificate", "server.pem", "--device-private-key", "server.key", "--maker-ca", "maker.pem",
          "--client-id", "web", "--client-secret-file", "secret",
        ] + further)
    }
    let good = try check()
    #expect(good.status == 0 && !good.output.contains("BAD"), "\(good.output)")
    #expect(good.output.contains("https://cloud.example/link/return"))
    let connected = try check(["--connector-port", "0", "--connector-client", "nobody"])
    #expect(connected.status != 0 && connected.output.contains("BAD   connector: there is no client nobody"))
    #expect(!FileManager.default.fileExists(atPath: folder + "/none.sqlite"))
    // A later option counts.
    let database = EmptyDatabase(folder: folder, kind: .postgreSQL)
    let address = try await database.address()
    let empty = try check(["--database", address])
    #expect(empty.status == 0 && empty.output.contains("durable; its tables are not there yet"), "\(empty.output)")
    try await database.open(keys: try KeyFile(path: folder + "/keys")).close()
    let made = try check(["--database", address])
    #expect(made.status == 0 && made.output.contains("durable; opens with these keys; 0 devices"), "\(made.output)")
    #expect(made.output.contains("good  apps: none; see client add"), "\(made.output)")
    let weak = try check(["--database", address + "&options=-csynchronous_commit%3Doff"])
    #expect(weak.status != 0 && weak.output.contains("BAD   database: The database has synchronous_commit off"))
    try await database.drop()
    let topic = "arn:aws:sns:us-east-1:123456789012:drs"
    let notified = try check(["--sns-topic", topic])
    #expect(notified.status == 0 && notified.output.contains("\(topic), to be subscribed to https://cloud.example/not"))
    for options in [
      ["--sns-topic", "drs"], ["--sns-origin", "https://localhost:8443"],
      ["--sns-topic", topic, "--sns-origin", "https://evil.example"],
    ] {
      let refused = try check(options)
      #expect(refused.status != 0 && refused.output.contains("BAD   notifications: --sns-"), "\(refused.output)")
    }
    chmod(folder + "/secret", 0o644)
    let loose = try check(["--device-private-key", "maker.pem"])
    #expect(loose.status != 0 && loose.output.contains("chmod 600 secret"), "\(loose.output)")
    #expect(!loose.output.contains("web-secret"))
  }

  /// The least that `serve` needs.
  private static let connector = [
    "serve", "--public-address", "http://localhost", "--device-certificate", "c", "--device-private-key", "k",
    "--maker-ca", "m", "--client-id", "i", "--client-secret-file", "s",
  ]

  @Test("the Lambda function says what its environment lacks, and calls nobody")
  func connectorFunction() throws {
    let (status, output) = try command([], of: "replenish-connector")
    #expect(status != 0 && output.contains("AWS_LAMBDA_RUNTIME_API"), "\(output)")
    #expect(try command(["--help"], of: "replenish-connector").output.contains("REPLENISH_CONNECTOR_URL"))
  }

  @Test(
    "a mistake is named, with its option, in one line",
    arguments: [
      (["key", "/nowhere/keys"], "/nowhere/keys"), (["device", "list", "--keys", "none"], "replenish-cloud key none"),
      (["device", "list", "--keys", "none", "--database-connections", "0"], "--database-connections 0"),
      (["serve", "--public-address", "http://cloud.example"], "--"), (["device", "add", "--model", "a b"], "--"),
      (connector + ["--connector-port", "1"], "--connector-client"),
      (connector + ["--connector-port", "1", "--connector-client", "c", "--connector-host", "0.0.0.0"], "TLS"),
      (connector + ["--connector-id", "a b"], "--connector-id"),
      (connector + ["--connector-service", "http://127.0.0.1:1"], "--connector-service"),
    ])
  func mistakes(arguments: [String], word: String) throws {
    let (status, output) = try command(arguments)
    #expect(status != 0)
    #expect(output.hasPrefix("Error: ") && output.contains(word), "\(output)")
  }
}
