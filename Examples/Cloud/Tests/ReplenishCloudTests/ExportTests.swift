import Foundation
import NIOHTTP1
import Testing

@testable import ReplenishCloud

@Suite("Export", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct ExportTests {
  @Test("the account page leads to a file with everything the cloud knows of the owner, and of nobody else")
  func content() async throws {
    try await CloudFixture().run { cloud in
      let other = try await cloud.owner("other@example.com")
      let othersDevice = try await cloud.device()
      let browser = try await cloud.owner()
      let (device, path) = try await cloud.linkedDevice(browser)
      let given = try await cloud.device()
      try await cloud.with(device, given, othersDevice) {
        _ = try await cloud.claim(othersDevice, other)
        let id = Device.pressID()
        #expect(try await device.press(id).state == "ordered")
        #expect(try await device.press(slot: "none").state == "void")
        let page = try await browser.get(cloud.pages + path)
        _ = try await browser.send(
          .POST, cloud.pages + path + "/update", form: ["csrf": page.formToken(path + "/update")])
        let givenPath = try await cloud.claim(given, browser)
        cloud.clock.advance(60)
        let givenPage = try await browser.get(cloud.pages + givenPath)
        _ = try await browser.send(
          .POST, cloud.pages + givenPath + "/release", form: ["csrf": givenPage.formToken(givenPath + "/release")])

        let account = try await browser.get(cloud.pages + "/account")
        #expect(account.text.contains("href=\"/account/export\"") && account.text.contains("href=\"/account/delete\""))
        let file = try await browser.get(cloud.pages + "/account/export")
        #expect(file.status == 200 && file.headers.first(name: "Content-Type") == "application/json")
        #expect(file.headers.first(name: "Content-Disposition")?.hasPrefix("attachment; filename=") == true)
        #expect(file.headers.first(name: "Cache-Control") == "no-store")

        let known = file.members["account"] as? [String: Any]
        #expect(known?["email"] as? String == "owner@example.com" && known?["recoveryCodesLeft"] as? Int == 8)
        #expect(known?["openedAt"] as? String == "2027-01-15T08:00:00Z")
        let sessions = try #require(file.members["sessions"] as? [[String: Any]])
        #expect(sessions.map { Array($0.keys) } == [["until"]])
        let devices = try #require(file.members["devices"] as? [[String: Any]])
        #expect(devices.map { $0["serial"] as? String } == [device.serial, given.serial])
        #expect(devices.map { $0["releasedAt"] as? String } == [nil, "2027-01-15T08:01:00Z"])
        let link = try #require((devices[0]["registrations"] as? [[String: Any]])?.first)
        let user = try await cloud.storage.database.read {
          try ($0.value("SELECT user_id FROM amazon_account") as String?)
        }
        #expect(link["amazonUserId"] as? String == user && user != nil && link["state"] as? String == "live")
        #expect(link["clientId"] as? String == "amzn1.application-oa2-client.web" && link["generation"] as? Int == 1)
        let slots = try #require(link["slots"] as? [[String: Any]])
        #expect(slots.map { $0["slot"] as? String } == ["coffee", "descaler", "water-filter"])
        let presses = try #require(devices[0]["presses"] as? [[String: Any]])
        let ordered = try #require(presses.first { $0["id"] as? String == id })
        #expect(ordered["state"] as? String == "ordered" && ordered["orderState"] as? String == "Processing")
        #expect((ordered["orderId"] as? String)?.isEmpty == false)
        let refused = try #require(presses.first { $0["id"] as? String != id })
        #expect(refused["state"] as? String == "void" && refused["reason"] as? String == "no-such-slot")
        #expect(presses.count == 2)
        #expect(!file.text.contains("other@example.com") && !file.text.contains(othersDevice.serial))
      }
    }
  }

  @Test("nobody gets it without being signed in; another owner gets another one")
  func whose() async throws {
    try await CloudFixture().run { cloud in
      _ = try await cloud.owner()
      let other = try await cloud.owner("other@example.com")
      let nobody = try await cloud.browser().get(cloud.pages + "/account/export")
      #expect(nobody.status == 303 && nobody.location?.hasPrefix("/sign-in") == true)
      let file = try await other.get(cloud.pages + "/account/export").text
      #expect(file.contains("other@example.com") && !file.contains("owner@example.com"))
    }
  }

  @Test("no token, password, code, fingerprint, verifier or key is in it, neither plain nor sealed")
  func secrets() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, _) = try await cloud.linkedDevice(browser)
      let second = try await cloud.device()
      try await cloud.with(device, second) {
        _ = try await device.press()
        // A way to Amazon, a mail's ticket and recovery codes that are alive while the export is made.
        let departure = try #require(try await cloud.depart(try await cloud.claim(second, browser), browser).location)
        let state = try #require(departure.firstMatch(of: /[?&]state=([^&]+)/)).output.1
        _ = try await cloud.browser().post(cloud.pages + "/forgot", ["email": "owner@example.com"])
        let ticket = try #require(try cloud.mailedAddress().split(separator: "=").last)
        let codes = try await browser.post(
          cloud.pages + "/account/recovery-codes", page: cloud.pages + "/account", [:]
        ).text.matches(of: /class="code">([0-9A-Z-]+)</).map { String($0.output.1) }
        try #require(codes.count == 8)
        let app = try await cloud.app()
        let connected = try await app.connected(browser)
        let appCode = try await app.code(browser)
        let registration = try #require(
          try await cloud.storage.database.read { try ($0.value("SELECT id FROM registration") as Int64?) })
        let tokens = try #require(try await cloud.storage.registration(registration)?.tokens)
        let cookie = try #require(browser.cookies(of: cloud.pages)["cloud-session"])
        var secrets =
          [
            tokens.access, tokens.refresh, cookie, String(state), String(ticket), CloudFixture.password,
            device.claimCode, SecretText.plain(device.claimCode), "client-s3cret", "Atza", "Atzr", "scrypt",
            connected.access, connected.refresh, appCode, try #require(app.secret),
          ] + codes + codes.map(SecretText.plain)
        // Whatever is stored of them.
        secrets += try await cloud.storage.database.read { db in
          let columns = [
            "owner": ["password"], "recovery_code": ["fingerprint"], "session": ["fingerprint", "form_key"],
            "mail_ticket": ["fingerprint"], "link_attempt": ["state", "session", "verifier"],
            "registration": ["access_token", "refresh_token"], "device": ["claim_code", "public_key"],
            "sealing_key": ["id", "proof"], "oauth_client": ["secret"], "authorization_code": ["digest"],
            "access_token": ["digest"], "refresh_token": ["digest"],
          ]
          return try columns.flatMap { table, columns in
            try columns.flatMap { column in
              let values: [SQLValue] = try db.values("SELECT \(column) FROM \(table)")
              try #require(!values.isEmpty)
              return try values.flatMap { value -> [String] in
                if case .text(let text) = value { return [text] }
                let blob = try #require(Data(sqlValue: value))
                return [blob.base64EncodedString(), Fingerprint(stored: blob).hexadecimal]
              }
            }
          }
        }
        let file = try await browser.get(cloud.pages + "/account/export").text
        #expect(file.contains("owner@example.com"))
        for secret in secrets {
          for form in [secret, Data(secret.utf8).base64EncodedString()] {
            #expect(!file.contains(form), "\(secret)")
          }
        }
      }
    }
  }

  // MARK: The schema

  /// Why a table that reaches an owner is not in the export.
  private static let exempt = [
    "mail_ticket": "what a mail allows for an hour, under the address that is in the account",
    "link_attempt": "a browser's way to Amazon, ten minutes at most: nothing but secrets and the device",
    "amazon_account": "the Amazon user id of a registration that is in the export",
    "authorization_code": "nothing but a secret's digest and the grant, which is in the export",
    "access_token": "nothing but a secret's digest and the grant, which is in the export",
    "refresh_token": "nothing but secrets' digests and the grant, which is in the export",
  ]
  /// Why a table that reaches an owner needs no step of its own when the last rows are deleted.
  private static let deletedAtOnce = [
    "mail_ticket": "its rows are under the mail address, which is free at once",
    "client_user": "no app may do anything from that instant; with its rows go those that refer to them:",
    "access_grant": "it refers to client_user", "authorization_code": "it refers to access_grant",
    "access_token": "it refers to access_grant", "refresh_token": "it refers to access_grant",
  ]

  @Test("every table that reaches an owner or an Amazon account is exported or says why not, and is erased")
  func tables() async throws {
    try await CloudFixture().withStorage { storage in
      try await storage.database.write { db in
        let known = try SchemaWalk.tablesOfOwners(db)
        let (exported, exempt) = (Set(OwnerExport.tables), Set(Self.exempt.keys))
        #expect(known.symmetricDifference(exported.union(exempt)) == [] && exported.isDisjoint(with: exempt))
        let erased = Set(SQLStorage.erasedRows.map(\.table)).union(Self.deletedAtOnce.keys)
        #expect(known.subtracting(erased) == [])
        // One that somebody adds, however it reaches an owner, is noticed.
        for sql in [
          "CREATE TABLE gift (id INTEGER PRIMARY KEY, user_id TEXT)",
          "CREATE TABLE voucher (id INTEGER PRIMARY KEY, account TEXT REFERENCES owner)",
          "CREATE TABLE wrapping (voucher INTEGER REFERENCES voucher)", "CREATE TABLE colour (name TEXT)",
        ] { try db.execute(sql) }
        #expect(try SchemaWalk.tablesOfOwners(db).subtracting(known) == ["gift", "voucher", "wrapping"])
      }
    }
  }

  /// Why a table that no column's name gives away holds something of an owner's.
  private static let further = [
    "attempt": "tries at an account, by whoever, for a day at most: what else is in them may be others'; erased by name"
  ]

  @Test("wherever an owner's mail address, number or Amazon id is written down, the table is one of those, or says why")
  func values() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, _) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        _ = try await device.press()
        _ = try await cloud.app().connected(browser)
        _ = try await cloud.browser().post(cloud.pages + "/forgot", ["email": "owner@example.com"])
        let owner = try #require(try await cloud.storage.owner(email: "owner@example.com")).id
        let amazon: String = try #require(
          try await cloud.storage.database.read { try $0.value("SELECT user_id FROM amazon_account") })
        let places = try await cloud.storage.places(of: ["owner@example.com", owner, amazon])
        let tables = Set(places.map { String($0.prefix { $0 != "." }) })
        #expect(tables.isSuperset(of: ["owner", "attempt", "mail_ticket", "access_grant", "registration"]))
        #expect(tables.subtracting(OwnerExport.tables).subtracting(Self.exempt.keys) == Set(Self.further.keys))
        #expect(try await cloud.storage.beginErasure(of: owner, at: cloud.clock.now))
        #expect(try await cloud.storage.places(of: ["owner@example.com"]) == [])
      }
    }
  }

  @Test("what the export says comes from each of its tables")
  func draws() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, _) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        _ = try await device.press()
        let app = try await cloud.app()
        _ = try await app.devices(try await app.connected(browser).access)
        let owner = try #require(try await cloud.storage.owner(email: "owner@example.com")).id
        let grant = AccessGrant(id: "grant", owner: owner, clientID: "client", scope: [], userID: "user")
        let event = ConnectorEvent.about(
          .discovery, "search", under: grant, connector: "c", until: cloud.clock.now + 60)
        #expect(try await cloud.storage.note(event, at: cloud.clock.now))
        let ownership = try #require(try await cloud.storage.ownerships(of: owner).first)
        let command = DeviceCommand(
          id: "c", ownership: ownership.id, action: .identify(seconds: 5), expiresAt: cloud.clock.now + 60)
        try #require(try await cloud.storage.note(command, at: cloud.clock.now))
        let whole = try #require(try await cloud.storage.export(of: owner))
        for table in OwnerExport.tables {
          await #expect(throws: Undone.self, "\(table)") {
            try await cloud.storage.database.write { db in
              try SchemaWalk.ignoreForeignKeys(db)
              try db.execute("DELETE FROM \(table)")
              #expect(try SQLStorage.export(of: owner, db) != whole, "\(table)")
              throw Undone()
            }
          }
        }
        #expect(try await cloud.storage.export(of: owner) == whole)
        #expect(try await cloud.storage.export(of: "none") == nil)
      }
    }
  }

  /// Thrown so that a transaction leaves nothing behind.
  private struct Undone: Error {}
}
