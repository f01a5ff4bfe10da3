import Testing

@testable import ReplenishCore

@Suite struct ConfigurationMistakeTests {
  private static let cases: [(String, String)] = [
    (
      "[amazon]\nregoin = eu",
      #"""
      test.conf:6: [amazon] regoin = "eu": no such key in this section; write region
      """#
    ),
    (
      "[amazon]\nTest_Device = yes",
      #"""
      test.conf:6: [amazon] Test_Device = "yes": no such key in this section; write test-device
      """#
    ),
    (
      "[amazon]\nmodel = x",
      #"""
      test.conf:6: [amazon] model = "x": no such key in this section; move it to [device]
      """#
    ),
    (
      "[log]\nqqqqqqqq = x",
      #"""
      test.conf:6: [log] qqqqqqqq = "x": no such key in this section; the keys are level
      """#
    ),
    (
      "[log]\nlevel = info\nlevel = debug",
      #"""
      test.conf:7: [log] level = "debug": the key was set in line 6 already; keep one of the two
      """#
    ),
    (
      "[setup]\nwindow-minutes = 11",
      #"""
      test.conf:6: [setup] window-minutes = "11": the value is not taken; write 1 to 10, for instance \#
      window-minutes = 5
      """#
    ),
    (
      "[setup]\nwindow-minutes =",
      #"""
      test.conf:6: [setup] window-minutes = "": the value is missing; write 1 to 10, for instance \#
      window-minutes = 5
      """#
    ),
    (
      "[log]\nlevel = 'info'",
      #"""
      test.conf:6: [log] level = "'info'": the value is in quotes, which this file does not use; write \#
      error, warning, info or debug, for instance level = debug
      """#
    ),
    (
      "[logs]",
      #"""
      test.conf:5: [logs]: no such section; write [log]
      """#
    ),
    (
      "[slots tea]",
      #"""
      test.conf:5: [slots tea]: no such section; write [slot NAME]
      """#
    ),
    (
      "[frobnicate]\nx = y",
      #"""
      test.conf:5: [frobnicate]: no such section; the sections are [device] [amazon] [slot NAME] [setup] \#
      [orders] [control] [log]
      """#
    ),
    (
      "[log",
      #"""
      test.conf:5: [log: the heading has no end; end it with ]
      """#
    ),
    (
      "[slot a b]\nslot-id = x",
      #"""
      test.conf:5: [slot a b]: the slot's name is not one; write [slot NAME], NAME being 1 to 32 of A-Z \#
      a-z 0-9 _ -
      """#
    ),
    (
      "[log x]",
      #"""
      test.conf:5: [log x]: the heading has a name; write [log]
      """#
    ),
    (
      "[slot paper]",
      #"""
      test.conf:5: [slot paper]: the section began in line 3 already; join the two, or give each its own \#
      name
      """#
    ),
    (
      "[log]\n; level = info",
      #"""
      test.conf:6: [log]: the line is no setting; begin comments with #
      """#
    ),
    (
      "[log]\nlevel",
      #"""
      test.conf:6: [log]: the line is no setting; write key = value
      """#
    ),
    (
      "[log]\nlevel = inf\u{F6}",
      #"""
      test.conf:6: [log]: the line has a character that is not printable ASCII; write it anew; outside \#
      comments only ASCII is taken
      """#
    ),
    (
      "[setup]\nbearer = socket",
      #"""
      test.conf:6: [setup] bearer = "socket": the socket's path is missing; add socket = \#
      /run/dash-button/phone, or use another bearer
      """#
    ),
    (
      "[setup]\nbearer = socket\nsocket = /run/x\nrequire-encryption = yes",
      #"""
      test.conf:8: [setup] require-encryption = "yes": a socket has no link that could be encrypted; remove it, or \#
      use another bearer
      """#
    ),
    (
      "[setup]\nsocket = /run/x",
      #"""
      test.conf:6: [setup] socket = "/run/x": only bearer = socket has one; remove it; a shipped device \#
      has no such socket
      """#
    ),
    (
      "[slot b]\nslot-id = PaperTowel",
      #"""
      test.conf:6: [slot b] slot-id = "PaperTowel": it is that of [slot paper] already; give each slot its \#
      own id
      """#
    ),
    (
      "[slot b]\nslot-id = x\nactive-low = yes",
      #"""
      test.conf:7: [slot b] active-low = "yes": the slot has no GPIO button; remove it, or add button = \#
      gpio gpiochip0 17
      """#
    ),
    (
      "[slot b]\nbutton = none",
      #"""
      test.conf:5: [slot b] slot-id: missing; add it: 1 to 128 visible ASCII characters, not . or .., for \#
      instance slot-id = PaperTowel
      """#
    ),
  ]

  /// The whole sentence for a person, of one mistake of each kind.
  @Test(arguments: cases) func tellsWhereWhatAndTheRemedy(addition: String, expected: String) {
    #expect(mistakes(smallestConfiguration + "\n" + addition).map(\.text) == [expected])
  }

  @Test func namesWhatIsMissingFromAnEmptyFile() {
    #expect(
      mistakes("").map(\.text) == [
        "test.conf: [device] model: missing; "
          + "add it: 1 to 63 of A-Z a-z 0-9 + _ -, for instance model = DashButton-1",
        "test.conf: [slot NAME]: missing; add [slot paper] with slot-id = the id from the Dash console",
      ])
  }

  @Test func namesEveryMistakeAtOnceInTheFilesOrder() {
    let found = mistakes(
      """
      model = early
      [device]
      model = no spaces
      serial = B-1
      [slot a]
      button = gpio gpiochip0
      [log]
      level = loud
      """)
    #expect(found.map(\.line) == [1, 3, 4, 5, 6, 8])
    #expect(found.map(\.key) == ["model", "model", "serial", "slot-id", "button", "level"])
  }

  @Test func refusesASerialGivenTwice() {
    let text = smallestConfiguration.replacing("[slot", with: "serial = B1\nserial-sources = dmi\n[slot")
    #expect(mistakes(text).map(\.problem) == ["the serial number is given twice"])
  }

  @Test func refusesALineOrKeyOrLightUsedTwice() {
    func slots(_ first: String, _ second: String) -> [ConfigurationMistake] {
      mistakes("[device]\nmodel = m\n[slot a]\nslot-id = 1\n\(first)\n[slot b]\nslot-id = 2\n\(second)")
    }
    #expect(slots("button = gpio gpiochip0 4", "button = gpio /dev/gpiochip0 4").map(\.key) == ["button"])
    #expect(slots("light = gpio gpiochip0 4", "button = gpio gpiochip0 4").map(\.key) == ["button"])
    #expect(slots("button = gpio gpiochip0 4", "light = gpio gpiochip0 4").map(\.key) == ["light"])
    #expect(slots("", "button = gpio gpiochip0 4\nlight = gpio gpiochip0 4").map(\.key) == ["light"])
    #expect(slots("light = led a", "light = led /sys/class/leds/a").map(\.key) == ["light"])
    #expect(slots("button = evdev /dev/input/a 5", "button = evdev /dev/input/a 5").map(\.key) == ["button"])
    #expect(slots("button = evdev /dev/input/a 5", "button = evdev /dev/input/a 6").isEmpty)
    #expect(slots("button = gpio gpiochip0 4", "button = gpio gpiochip1 4").isEmpty)
  }

  /// Somebody used to other SDKs pastes a secret: the message must not carry it into a log.
  @Test(arguments: ["client-secret", "refresh_token", "Password", "code_verifier", "setup-code"])
  func neverShowsWhatMayBeASecret(key: String) throws {
    let found = mistakes(smallestConfiguration + "\n[amazon]\n\(key) = planted-9431\n")
    #expect(found.count == 1)
    #expect(!(try #require(found.first)).text.contains("planted"))
  }

  @Test func showsForeignBytesHarmlessly() {
    let found = mistakes(smallestConfiguration + "\n[log]\nlevel = \(String(repeating: "x", count: 300))")
    #expect(found.map(\.value) == [String(repeating: "x", count: 60) + "..."])
    #expect(mistakes(smallestConfiguration + "\n[\u{1B}[31m]").allSatisfy { !$0.text.contains("\u{1B}") })
  }

  @Test func boundsFileLineAndList() {
    #expect(mistakes(String(repeating: "#", count: 65_537)).first?.problem.contains("65537") == true)
    #expect(mistakes(smallestConfiguration + "\n# " + String(repeating: "x", count: 1100)).map(\.line) == [5])
    let many = String(repeating: "x\n", count: 300)
    do throws(ConfigurationMistakes) {
      _ = try DaemonConfiguration.parse(Array(many.utf8), file: "f")
      Issue.record("taken")
    } catch {
      #expect(error.list.count == ConfigurationMistakes.limit)
      #expect(error.omitted == 300 + 2 - ConfigurationMistakes.limit)
      #expect(error.text.hasSuffix("and 252 more\n"))
    }
  }
}

@Suite struct ConfigurationValueTests {
  private func isTaken(_ key: ConfigurationKey, _ value: String) -> Bool {
    let about = key.description
    let others = smallestConfiguration.split(separator: "\n").filter { !$0.hasPrefix(about.name + " =") }
    var lines = others.map(String.init)
    if let index = lines.firstIndex(where: { $0.hasPrefix("[" + about.section.rawValue) }) {
      lines.insert("\(about.name) = \(value)", at: index + 1)
    } else {
      lines += [about.section.heading, "\(about.name) = \(value)"]
    }
    return mistakes(lines.joined(separator: "\n")).isEmpty
  }

  @Test(arguments: [
    (ConfigurationKey.model, String(repeating: "m", count: 63), String(repeating: "m", count: 64)),
    (.model, "A+b_C-1", "A.b"),
    (.serial, String(repeating: "9", count: 50), String(repeating: "9", count: 51)),
    (.serial, "B0001", "B-0001"),
    (.serialSources, "dmi", "dmi dmi"),
    (.serialSources, "file:/x", "file:x"),
    (.serialSources, "device-tree", "devicetree"),
    (.stateFolder, "/var/lib/x", "var/lib/x"),
    (.stateFolder, "/a b/c", "/a/../c"),
    (.stateFolder, "/a", "/"),
    (.setupRecord, "/a/b", "/a//b"),
    (.setupRecord, "/a/b", "/a/b/"),
    (.sealKey, "/run/credentials/dash-button.service/seal-key", "seal-key"),
    (.region, "fe", "EU"),
    (.tokenHost, "https://a.b-c.example:65535", "http://a.example"),
    (.tokenHost, "https://localhost", "https://localhost/"),
    (.tokenHost, "https://10.0.0.1:1", "https://10.0.0.1:0"),
    (.serviceHost, "https://[fe80::1]", "https://[fe80::1"),
    (.serviceHost, "https://[::1]:443", "https://[::1]443"),
    (.serviceHost, "https://a", "https://"),
    (.authorizeHost, "https://a.example", "https://user@a.example"),
    (.authorizeHost, "https://a.example", "https://a.example?x"),
    (.authorizeHost, "https://a.example", "https://a..example"),
    (.authorizeHost, "https://a.example", "https://-a.example"),
    (.clientID, String(repeating: "c", count: 100), String(repeating: "c", count: 101)),
    (.scope, "dash:replenish profile", "dash:replenish  profile"),
    (.testDevice, "yes", "true"),
    (.includeNonLive, "no", "NO"),
    (.slotID, "a/b c".replacing(" ", with: "_"), "a b"),
    (.slotID, "...", ".."),
    (.slotID, "a", "."),
    (.button, "gpio gpiochip0 1023", "gpio gpiochip0 1024"),
    (.button, "gpio /dev/gpiochip10 0", "gpio gpiochip 0"),
    (.button, "evdev /dev/input/event0 767", "evdev /dev/input/event0 768"),
    (.button, "evdev /dev/input/event0 1", "evdev /dev/input/event0 0"),
    (.button, "none", "evdev /dev/null 4"),
    (.button, "gpio gpiochip0 17", "gpio gpiochip0 017"),
    (.button, "gpio gpiochip0 17", "17"),
    (.light, "led ACT", "led ../x"),
    (.light, "led /sys/class/leds/input3::capslock", "led /sys/class/leds/a/b"),
    (.windowMinutes, "1", "0"),
    (.windowMinutes, "10", "+10"),
    (.pressLifeHours, "168", "169"),
    (.pressLifeHours, "1", "99999999999999999999999999"),
    (.refreshMarginMinutes, "55", "56"),
    (.bearer, "kernel", "bluez"),
    (.adapter, "hci0", "0"),
    (.adapter, "hci255", "hci256"),
    (.adapter, "hci10", "hci01"),
    (.bluetoothName, String(repeating: "n", count: 64), String(repeating: "n", count: 65)),
    (.bluetoothName, "My kettle", "Kaffee\u{E9}"),
    (.companyID, "0171", "171"),
    (.companyID, "ffFF", "0x17"),
    (.controlSocket, "/" + String(repeating: "s", count: 106), "/" + String(repeating: "s", count: 107)),
    (.controlSocket, "/run/x", "@abstract"),
    (.readGroup, "_g-1", "1g"),
    (.actGroup, String(repeating: "g", count: 32), String(repeating: "g", count: 33)),
    (.level, "warning", "warn"),
  ]) func takesUpToTheBoundAndNoFurther(key: ConfigurationKey, good: String, bad: String) {
    #expect(isTaken(key, good))
    #expect(!isTaken(key, bad))
  }
}
