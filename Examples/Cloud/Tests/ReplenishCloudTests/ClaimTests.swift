import Foundation
import NIOHTTP1
import Testing

@testable import ReplenishCloud

@Suite("Claims", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct ClaimTests {
  @Test("serial number, claim code and a hand at the device make an owner")
  func claim() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        #expect(try await device.send(.GET, "/v1/device").members["claimed"] as? Bool == false)
        let path = try await cloud.claim(device, browser)
        #expect(try await browser.get(cloud.pages + path).text.contains(device.serial))
        #expect(try await browser.get(cloud.pages + "/").text.contains(device.serial))
        #expect(try await device.send(.GET, "/v1/device").members["claimed"] as? Bool == true)
      }
    }
  }

  @Test("the label's address fills the form in, also after a login")
  func label() async throws {
    try await CloudFixture().run { cloud in
      _ = try await cloud.owner()
      let browser = cloud.browser()
      let address = DeviceEntry.claimAddress(cloud.pages, serial: "SN7", code: "AAAA-BBBB-CCCC-DDDD")
      let asked = try await browser.get(address)
      let login = cloud.pages + (try #require(asked.location))
      let next = try #require(try await browser.get(login).text.firstMatch(of: /name="next" value="([^"]+)"/)).output.1
      let signedIn = try await browser.post(
        cloud.pages + "/sign-in", page: login,
        [
          "email": "owner@example.com", "password": CloudFixture.password,
          "next": String(next).replacing("&amp;", with: "&"),
        ])
      let page = try await browser.get(cloud.pages + (try #require(signedIn.location)))
      #expect(page.text.contains("value=\"SN7\"") && page.text.contains("AAAA-BBBB-CCCC-DDDD"))
    }
  }

  @Test("claim without the code, pre-claim, serial enumeration, an owned device: one answer for all of them")
  func refusals() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let attacker = try await cloud.owner("attacker@example.com")
      let (present, absent, owned) = (try await cloud.device(), try await cloud.device(), try await cloud.device())
      try await cloud.with(present, absent, owned) {
        _ = try await cloud.claim(owned, owner)
        _ = try await present.send(.POST, "/v1/presence")
        _ = try await owned.send(.POST, "/v1/presence")
        let answers = [
          try await cloud.tryClaim(present.serial, "0000-0000-0000-0000", attacker),
          try await cloud.tryClaim(present.serial, "", attacker),
          try await cloud.tryClaim(absent.serial, absent.claimCode, attacker),
          try await cloud.tryClaim("SNnone", present.claimCode, attacker),
          try await cloud.tryClaim(owned.serial, owned.claimCode, attacker),
        ]
        for answer in answers {
          #expect(answer.status == 403)
          let comparable = answer.text.replacing(/name="(serial|csrf)" value="[^"]*"/, with: "")
          #expect(comparable == answers[0].text.replacing(/name="(serial|csrf)" value="[^"]*"/, with: ""))
        }
        cloud.clock.advance(601)
        #expect(try await cloud.tryClaim(present.serial, present.claimCode, attacker).status == 403)
        // Whoever holds the button again has ten minutes again.
        _ = try await present.send(.POST, "/v1/presence")
        cloud.clock.advance(599)
        #expect(try await cloud.tryClaim(present.serial, present.claimCode, attacker).status == 303)
      }
    }
  }

  @Test("serial enumeration by many accounts at one address is slowed down; elsewhere nobody is, and no serial locked")
  func enumeration() async throws {
    try await CloudFixture { $0.proxies = ["127.0.0.1"] }.run { cloud in
      let device = try await cloud.device()
      try await cloud.with(device) {
        func claim(_ browser: Browser, _ code: String, from place: String) async throws -> UInt {
          try await browser.post(
            cloud.pages + "/claim", ["serial": device.serial, "code": code], headers: ["X-Forwarded-For": place]
          ).status
        }
        for number in 0..<3 {
          let attacker = try await cloud.owner("attacker\(number)@example.com")
          for _ in 0..<10 { #expect(try await claim(attacker, "0000-0000-0000-0000", from: "203.0.113.9") == 403) }
        }
        _ = try await device.send(.POST, "/v1/presence")
        let owner = try await cloud.owner()
        #expect(try await claim(owner, device.claimCode, from: "203.0.113.9") == 429)
        #expect(try await claim(owner, device.claimCode, from: "203.0.113.10") == 303)
      }
    }
  }

  @Test("several people with the label and at the device at one instant: one of them is the owner")
  func atOnce() async throws {
    try await CloudFixture().withStorage { storage in
      let (now, code, key) = (Date.now, Fingerprint(of: "code"), Fingerprint(of: "key"))
      try #require(try await storage.enter([NewDevice(model: "M", serial: "S", claimCode: code, publicKey: key)]))
      let device = try #require(try await storage.device(publicKey: key)).id
      try await storage.notePresence(of: device, at: now)
      let owners = try await withThrowingTaskGroup(of: Owner.ID?.self) { group in
        for number in 0..<12 {
          group.addTask {
            let owner = try await storage.openAccount(
              email: "\(number)@b", password: "-", recoveryCodes: [], at: now)
            return try await storage.claim(
              owner: owner?.id ?? "", serial: "S", code: code, presentSince: now - 600, at: now)?.owner
          }
        }
        return try await group.reduce(into: []) { found, owner in owner.map { found.append($0) } }
      }
      #expect(owners.count == 1)
      #expect(try await storage.ownership(device: device)?.owner == owners.first)
    }
  }

  @Test("lock-out by guessing: an attacker is slowed down, the owner of the device is not")
  func lockOut() async throws {
    try await CloudFixture { $0.proxies = ["127.0.0.1"] }.run { cloud in
      let owner = try await cloud.owner()
      let attacker = try await cloud.owner("attacker@example.com")
      let device = try await cloud.device()
      try await cloud.with(device) {
        _ = try await device.send(.POST, "/v1/presence")
        var statuses: [UInt] = []
        for _ in 0..<11 {
          statuses.append(try await cloud.tryClaim(device.serial, "0000-0000-0000-0000", attacker).status)
        }
        #expect(statuses == Array(repeating: 403, count: 10) + [429])
        #expect(try await cloud.tryClaim(device.serial, device.claimCode, attacker).status == 429)
        #expect(try await cloud.tryClaim(device.serial, device.claimCode, owner).status == 303)
      }
    }
  }

  @Test("another owner's device: none of its pages and forms answers")
  func foreignDevice() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let attacker = try await cloud.owner("attacker@example.com")
      let mine = try await cloud.device()
      let (device, path) = try await cloud.linkedDevice(owner)
      try await cloud.with(device, mine) {
        let own = try await cloud.claim(mine, attacker)
        #expect(try await attacker.get(cloud.pages + path).status == 404)
        for action in ["link", "unlink", "release", "update"] {
          let page = try await attacker.get(cloud.pages + own)
          // Tokens are made for a path: the attacker's own device's token does not fit, and one that fits opens nothing.
          let stolen = page.formToken("\(own)/\(action)")
          let misfit = try await attacker.send(.POST, cloud.pages + "\(path)/\(action)", form: ["csrf": stolen])
          #expect(misfit.status == 400)
          let cookie = try #require(attacker.cookies(of: cloud.pages)["cloud-session"])
          let session = try #require(
            try await cloud.storage.session(Fingerprint(of: cookie), at: cloud.clock.now))
          let found = CloudSessions.Found(id: Fingerprint(of: cookie), session: session)
          let fitting = try await attacker.send(
            .POST, cloud.pages + "\(path)/\(action)", form: ["csrf": found.formToken(for: "\(path)/\(action)")])
          #expect(fitting.status == 404)
        }
        #expect(try await device.press().state == "ordered")
      }
    }
  }

  @Test("stolen claim after resale: the seller's code, session and link are worth nothing to the buyer's device")
  func resale() async throws {
    try await CloudFixture().run { cloud in
      let seller = try await cloud.owner()
      let (device, path) = try await cloud.linkedDevice(seller)
      try await cloud.with(device) {
        let old = try await cloud.storage.ownerships(
          of: try #require(try await cloud.storage.owner(email: "owner@example.com")).id)
        let page = try await seller.get(cloud.pages + path)
        let released = try await seller.send(
          .POST, cloud.pages + path + "/release", form: ["csrf": page.formToken(path + "/release")])
        #expect(released.status == 303)
        try await cloud.eventually("Amazon knows") { try await cloud.registrations() == 0 }
        // Right after the release nobody has been at the device: the code alone opens nothing.
        #expect(try await cloud.tryClaim(device.serial, device.claimCode, seller).status == 403)
        let buyer = try await cloud.owner("buyer@example.com")
        let bought = try await cloud.claim(device, buyer)
        _ = try await device.send(.POST, "/v1/presence")
        #expect(try await cloud.tryClaim(device.serial, device.claimCode, seller).status == 403)
        #expect(try await seller.get(cloud.pages + path).status == 404)
        try await cloud.link(bought, buyer, user: "neighbour@example.com", password: "amazon-2")
        let id = try #require(old.first).id
        #expect(try await cloud.storage.release(id, at: cloud.clock.now) == false)
        #expect(try await device.press().state == "ordered")
        let state = try await buyer.get(cloud.amazon + "/emulator/state")
        let orders = state.members["orders"] as? [[String: Any]] ?? []
        #expect(orders.map { $0["customer"] as? String } == ["neighbour@example.com"])
      }
    }
  }

  @Test("the factory's list is entered whole or not at all, and holds digests only")
  func list() async throws {
    let header = "model,serial,claim_code_sha256,public_key_sha256\n"
    let digests = (0..<4).map { Fingerprint(of: "\($0)").hexadecimal }
    let good = header + "M,S1,\(digests[0]),\(digests[1])\nM,S2,\(digests[2]),\(digests[3])\n"
    try await CloudFixture().withStorage { storage in
      try #require(try await storage.enter(try DeviceEntry.list(good)))
      #expect(try await storage.devices().count == 2)
      let doubled =
        header + "M,S3,\(Fingerprint(of: "x").hexadecimal),\(Fingerprint(of: "y").hexadecimal)\n"
        + "M,S1,\(digests[0]),\(digests[1])\n"
      #expect(try await storage.enter(try DeviceEntry.list(doubled)) == false)
      #expect(try await storage.devices().count == 2)
    }
    for bad in [
      "", "serial\n", header + "M,S,abc,def\n", header + "M,S-1,\(digests[0]),\(digests[1])\n", header + "M\n",
    ] {
      #expect(throws: DeviceEntry.Failure.self) { _ = try DeviceEntry.list(bad) }
    }
    let code = DeviceEntry.drawClaimCode()
    // 16 of an alphabet of 32: 80 bits.
    #expect(code.wholeMatch(of: /[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}/) != nil)
    #expect(Set((0..<2000).flatMap { _ in SecretText.plain(SecretText.draw()) }).count == 32)
    #expect(DeviceEntry.digest(ofClaimCode: code.lowercased()) == DeviceEntry.digest(ofClaimCode: code))
  }
}
