import Foundation
import Logging
import NIOHTTP1
import ServiceProgram
import Synchronization
import Testing
import TextEncodings

@testable import ReplenishCloud

/// What strangers type is data everywhere: in statements, pages, mails and logs.
@Suite("Injection", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct InjectionTests {
  private static let script = #""><script>alert(1)</script>'"#

  @Test("injection into SQL: what is typed into forms and paths changes no statement, and is no error either")
  func statements() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        _ = try await device.send(.POST, "/v1/presence")
        let all = "' OR '1'='1"
        #expect(try await cloud.tryClaim(all, all, browser).status == 403)
        #expect(try await cloud.tryClaim(device.serial + "' --", "x", browser).status == 403)
        #expect(try await cloud.signIn(cloud.browser(), "owner@example.com' --", "x").status == 403)
        #expect(try await cloud.signIn(cloud.browser(), all, all).status == 403)
        // A good address that would not be one for long if it were spliced.
        let odd = "'||password||'@example.com"
        let other = try await cloud.owner(odd)
        #expect(try await other.get(cloud.pages + "/account").status == 200)
        for path in [
          "/devices/1%27%20OR%201=1", "/devices/%00", "/devices/1%00", "/devices/99999999999999999999", "/devices/-1",
          "/confirm?ticket=%27%20OR%201=1", "/link/return?state=%27--&code=%00", "/link/return?state=%ff",
        ] {
          let answer = try await browser.get(cloud.pages + path)
          #expect(answer.status < 500, "\(path)")
        }
        for path in ["presses/%00", "presses/1%27%20OR%201=1", "presses/%ff", "orders/%00", "orders/%27--"] {
          let answer = try await device.send(.GET, "/v1/" + path)
          #expect(answer.status == 404 || answer.status == 400, "\(path) \(answer.status)")
        }
        for path in ["commands/%00", "presses/%00", "slotStatus/%00", "slotStatus/%ff"] {
          let answer = try await device.send(.PUT, "/v1/" + path, #"{"state":"done","slot":"coffee"}"#)
          #expect((400..<500).contains(answer.status), "\(path) \(answer.status)")
        }
        #expect(cloud.fixture.log.lines(.error) == [])
        #expect(try await cloud.storage.devices().map(\.owner) == [nil])
        #expect(try await cloud.tryClaim(device.serial, device.claimCode, browser).status == 303)
      }
    }
  }

  @Test("injection into pages: what is typed, or in an address, is shown as text")
  func pages() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let typed = percentEncoded(Self.script)
      let code = "&code=" + typed
      var pages: [Seen] = []
      for path in [
        "/claim?serial=" + typed + code, "/confirm?ticket=" + typed, "/reset?ticket=" + typed,
        "/authorize?client_id=" + typed, "/authorize?\(typed)=1&\(typed)=2", "/link/return?state=" + typed, "/" + typed,
      ] { pages.append(try await browser.get(cloud.pages + path)) }
      pages.append(try await cloud.browser().get(cloud.pages + "/sign-in?next=" + typed))
      pages.append(try await cloud.tryClaim(Self.script, Self.script, browser))
      pages.append(try await cloud.signIn(cloud.browser(), Self.script, "x"))
      let form = ["ticket": Self.script, "password": "short"]
      for path in ["/confirm", "/reset"] {
        pages.append(try await browser.post(cloud.pages + path, page: cloud.pages + path, form))
      }
      for page in pages {
        #expect(!page.text.contains("<script"), "\(page.address)")
      }
      #expect(pages[0].text.contains("&lt;script&gt;"))
      let odd = try await cloud.owner("o&quot@example.com")
      #expect(try await odd.get(cloud.pages + "/account").text.contains("o&amp;quot@"))
    }
  }

  @Test("injection into mails: an address brings neither a header nor another receiver; the link is this cloud's own")
  func mails() async throws {
    try await CloudFixture().run { cloud in
      _ = try await cloud.owner()
      let folder = cloud.fixture.folder + "/mail"
      let before = try FileManager.default.contentsOfDirectory(atPath: folder).count
      let browser = cloud.browser()
      for address in [
        "owner@example.com\r\nBcc: thief@evil.example", "owner@example.com\nX: y", "owner@example.com\r",
        "owner@example.com,thief@evil.example", "owner@example.com;x@evil.example", "<owner@example.com>",
        "\"owner\"@example.com", "owner@example.com (x)", "a b@example.com", "owner@example.com\u{2028}Bcc: x@y",
        "owner@ex\u{e4}mple.com", "@", "a@", "@b", "a@b@c", "a,b@c", "a;b@c", "a:b@c",
        "a@\(String(repeating: "b", count: 260))",
      ] {
        for path in ["/sign-up", "/forgot"] {
          let answer = try await browser.post(cloud.pages + path, ["email": address])
          #expect(answer.status == 400 && answer.text.contains("This is no mail address"), "\(address)")
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == before)
      let lies: HTTPHeaders = [
        "Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http",
        "Forwarded": "host=evil.example", "X-Original-Host": "evil.example",
      ]
      let asked = try await browser.post(cloud.pages + "/forgot", ["email": "owner@example.com"], headers: lies)
      #expect(asked.status == 200)
      let mail = try cloud.newestMail()
      #expect(mail.contains("\r\nTo: owner@example.com\r\n") && mail.contains("http://localhost/reset?ticket="))
      #expect(!mail.contains("evil"))
      let head = try #require(mail.range(of: "\r\n\r\n"))
      #expect(mail[..<head.lowerBound].split(separator: "\r\n").count == 6)
    }
  }

  @Test("injection into logs: a message is one line, and no terminal obeys it")
  func logs() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let lie = "x\r\n12:00:00  all is well\u{1B}[2J"
        let typed = percentEncoded(lie)
        let path = try await cloud.claim(device, browser)
        let departure = try #require(try await cloud.depart(path, browser).location)
        let state = try #require(departure.firstMatch(of: /[?&]state=([^&]+)/)).output.1
        for path in [
          "/link/return?state=\(state)&error=\(typed)", "/authorize?client_id=\(typed)", "/devices/\(typed)",
          "/authorize?\(typed)=1&\(typed)=2",
        ] { _ = try await browser.get(cloud.pages + path) }
        _ = try await cloud.tryClaim(lie, lie, browser)
        _ = try await cloud.signIn(cloud.browser(), lie, lie)
        _ = try await device.send(.PUT, "/v1/presses/\(typed)", "{}")
        let lines = Logger.Level.allCases.flatMap { cloud.fixture.log.lines($0) }
        #expect(lines.contains { $0.contains("Amazon refused the link: (a word that is none)") })
        for line in lines { #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "\(line)") }
      }
    }
    // Whatever may get into a message all the same.
    let box = Box()
    let logger = Logger(label: "test") { _ in
      LineLogHandler { data in box.text.withLock { $0 += String(decoding: data, as: UTF8.self) } }
    }
    logger.notice("a\r\nb\u{2028}c\u{85}d\u{1B}[2Je\u{202E}f\u{0}g – Zoë")
    let text = box.text.withLock { $0 }
    #expect(
      text.hasSuffix(#"notice: a\u{d}\u{a}b\u{2028}c\u{85}d\u{1b}[2Je\u{202e}f\u{0}g – Zoë"# + "\n"), "\(text)")
  }

  private final class Box: Sendable {
    let text = Mutex("")
  }
}
