import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import ReplenishCloud

/// What holds for every route that takes a body. The sources are read for routes, so that none is forgotten.
@Suite("Routes", .timeLimit(.minutes(10)))
struct RouteTests {
  /// The routes of these sources that change something, as `POST /path`.
  private func routes(in files: String..., below prefix: String = "") throws -> Set<String> {
    let sources = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/ReplenishCloud")
    let pattern = /\b(?:router|routes)\.(post|put|delete|patch)\("([^"]+)"\)/
    return try files.reduce(into: []) { found, file in
      let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
      for match in text.matches(of: pattern) { found.insert("\(match.1.uppercased()) \(prefix)\(match.2)") }
    }
  }

  private static let forms: Set = [
    "POST /sign-up", "POST /confirm", "POST /sign-in", "POST /sign-out", "POST /forgot", "POST /reset",
    "POST /recover", "POST /account", "POST /account/recovery-codes", "POST /account/delete", "POST /claim",
    "POST /devices/:id/link", "POST /devices/:id/unlink", "POST /devices/:id/release", "POST /devices/:id/update",
    "POST /devices/:id/identify", "POST /apps/:id/end",
  ]
  /// Its form is posted to the address of the app's request.
  private static let consent = "POST /authorize"

  @Test("the lists of these tests have every route that changes something")
  func complete() throws {
    let pages = try routes(
      in: "Pages/AccountPages.swift", "Pages/DevicePages.swift", "Pages/AppPages.swift", "Pages/ConsentPages.swift",
      "Pages/CloudPages.swift")
    #expect(pages == Self.forms.union([Self.consent]))
    let devices = try routes(in: "Devices/DeviceRoutes.swift", "Devices/CommandRoutes.swift", below: "/v1/")
    #expect(devices == Self.withBody.union(Self.withoutBody))
  }

  // MARK: CSRF

  @Test("CSRF: every form of every page asks for the token of that form in this session, and comes from this site")
  func csrf() async throws {
    try await CloudFixture { $0.offersDownlink = true }.run { cloud in
      let browser = try await cloud.owner()
      let (device, path) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        let cookie = try #require(browser.cookies(of: cloud.pages)["cloud-session"])
        let id = Fingerprint(of: cookie)
        let session = CloudSessions.Found(
          id: id, session: try #require(try await cloud.storage.session(id, at: cloud.clock.now)))
        for route in Self.forms.sorted() {
          let form = String(route.dropFirst(5)).replacing("/devices/:id", with: path).replacing(":id", with: "1")
          let fields = ["email": "owner@example.com", "password": CloudFixture.password, "old": CloudFixture.password]
          func post(_ token: String?, _ headers: HTTPHeaders = [:]) async throws -> Seen {
            let fields = fields.merging(token.map { ["csrf": $0] } ?? [:]) { $1 }
            return try await browser.send(.POST, cloud.pages + form, form: fields, headers: headers)
          }
          let answers = [
            try await post(nil), try await post(session.formToken(for: "/another")),
            try await post(session.formToken(for: form), ["Sec-Fetch-Site": "cross-site"]),
            try await post(session.formToken(for: form), ["Content-Type": "text/plain"]),
          ]
          for answer in answers {
            #expect(answer.status == 400 && answer.text.contains("This form is no longer valid"), "\(route)")
          }
        }
        #expect(try await browser.get(cloud.pages + "/account").status == 200)
        #expect(try await device.press().state == "ordered")
      }
    }
  }

  // MARK: Sizes

  private static let withBody: Set = [
    "PUT /v1/presses/:id", "POST /v1/slotStatus/:slot", "POST /v1/deviceStatus", "POST /v1/certificate",
    "PUT /v1/commands/:id",
  ]
  /// Whatever comes with these is not read.
  private static let withoutBody: Set = [
    "POST /v1/presence", "DELETE /v1/testOrders", "DELETE /v1/testOrders/:slot", "DELETE /v1/link",
  ]

  @Test("oversized bodies are refused on every route of devices: 4 KiB, and not a byte more")
  func deviceBodies() async throws {
    let maker = try Maker()
    let intermediate = try maker.intermediate()
    let rekeying = try RekeyAuthority(chain: intermediate.certificate, privateKey: intermediate.key)
    try await CloudFixture {
      $0.offersDownlink = true
      $0.rekeying = rekeying
    }.run { cloud in
      let device = try await cloud.device()
      try await cloud.with(device) {
        func send(_ route: String, bytes: Int) async throws -> UInt {
          let words = route.split(separator: " ").map(String.init)
          let target = words[1].replacing(":id", with: Device.pressID()).replacing(":slot", with: "coffee")
          let start = #"{"slot":"coffee","x":""#
          let body = start + String(repeating: "x", count: bytes - start.utf8.count - 2) + #""}"#
          return try await device.send(HTTPMethod(rawValue: words[0]), target, body).status
        }
        for route in Self.withBody {
          #expect(try await send(route, bytes: DeviceBody.limit + 1) == 413, "\(route)")
          #expect(try await send(route, bytes: DeviceBody.limit) != 413, "\(route)")
        }
        let taken = try await send("PUT /v1/presses/:id", bytes: DeviceBody.limit)
        #expect(taken == 200)
        for route in Self.withoutBody {
          #expect([200, 409].contains(try await send(route, bytes: DeviceBody.limit + 1)), "\(route)")
        }
        let answer = try? await device.send(.GET, "/v1/device", headers: ["X": String(repeating: "x", count: 20_000)])
        #expect(answer?.status != 200)
      }
    }
  }

  @Test("oversized bodies are refused on every form of the pages, and on the paths that programs post to")
  func pageBodies() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      for route in Self.forms {
        let path = String(route.dropFirst(5)).replacing(":id", with: "1")
        let answer = try await browser.send(
          .POST, cloud.pages + path, form: ["x": String(repeating: "x", count: CloudPages.bodyLimit)])
        #expect(answer.status == 413, "\(route)")
      }
      for (path, limit) in [
        ("/authorize", CloudPages.addressLimit), ("/token", 64 * 1024), ("/revoke", 64 * 1024),
        ("/introspect", 64 * 1024),
      ] {
        let answer = try await browser.send(
          .POST, cloud.pages + path, form: ["client_id": String(repeating: "x", count: limit)])
        #expect(answer.status == 413, "\(path)")
      }
      let head = try? await browser.get(cloud.pages + "/sign-in", headers: ["X": String(repeating: "x", count: 20_000)])
      #expect(head?.status != 200)
    }
  }
}
