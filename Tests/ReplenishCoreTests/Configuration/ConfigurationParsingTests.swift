import Testing

@testable import ReplenishCore

@Suite struct ConfigurationParsingTests {
  @Test func fillsInWhatIsNotWritten() throws {
    let configuration = try parse(smallestConfiguration)
    #expect(configuration.device.serialSources == [.deviceTree, .dmi])
    #expect(configuration.device.stateFolder == "/var/lib/dash-button")
    #expect(configuration.amazon.region == .na)
    #expect(configuration.amazon.clientID == nil)
    #expect(configuration.amazon.scope == "dash:replenish")
    #expect(!configuration.amazon.isTestDevice && !configuration.amazon.includesNonLive)
    #expect(configuration.setup == .init(windowMinutes: 10, opensAtBoot: true, bearer: .auto))
    #expect(configuration.orders == .init(pressLifeHours: 24, refreshMarginMinutes: 5, refreshesAhead: false))
    #expect(configuration.control == .init(socket: "/run/dash-button/control", readGroup: nil, actGroup: nil))
    #expect(configuration.logLevel == .info)
    #expect(configuration.slots == [.init(name: "paper", slotID: "PaperTowel", button: nil, light: nil)])
  }

  @Test func readsEveryKey() throws {
    let configuration = try parse(
      """
      [device]
      model = M+1_2-3
      serial = B0001
      state-folder = /data/state
      setup-record = /data/record
      seal-key = /run/key
      [amazon]
      region = eu
      token-host = https://localhost:8443
      authorize-host = https://127.0.0.1
      service-host = https://[::1]:9
      client-id = amzn1.client
      scope = dash:replenish profile
      test-device = yes
      include-non-live = yes
      ca-file = /data/ca.pem
      [slot a]
      slot-id = 3f5f
      button = gpio /dev/gpiochip2 5
      active-low = no
      light = led ACT
      [slot b]
      slot-id = 3f60
      button = evdev /dev/input/event3 28
      light = gpio gpiochip2 6
      [setup]
      window-minutes = 3
      open-at-boot = no
      bearer = socket
      socket = /run/phone
      [orders]
      press-life-hours = 168
      refresh-margin-minutes = 1
      refresh-ahead = yes
      [control]
      socket = /run/control
      read-group = readers
      act-group = _act-1
      [log]
      level = debug
      """)
    #expect(configuration.device.serialSources == [.fixed(try SerialNumber("B0001"))])
    #expect(configuration.device.stateFolder == "/data/state")
    #expect(configuration.device.setupRecord == "/data/record")
    #expect(configuration.device.sealKey == "/run/key")
    #expect(
      configuration.amazon
        == .init(
          region: .eu, tokenHost: "https://localhost:8443", authorizeHost: "https://127.0.0.1",
          serviceHost: "https://[::1]:9", clientID: "amzn1.client", scope: "dash:replenish profile",
          isTestDevice: true, includesNonLive: true, caFile: "/data/ca.pem"))
    #expect(
      configuration.slots == [
        .init(
          name: "a", slotID: "3f5f", button: .gpio(.init(chip: "/dev/gpiochip2", line: 5), activeLow: false),
          light: .led("ACT")),
        .init(
          name: "b", slotID: "3f60", button: .evdev(device: "/dev/input/event3", key: 28),
          light: .gpio(.init(chip: "/dev/gpiochip2", line: 6))),
      ])
    #expect(configuration.setup == .init(windowMinutes: 3, opensAtBoot: false, bearer: .socket("/run/phone")))
    #expect(configuration.orders == .init(pressLifeHours: 168, refreshMarginMinutes: 1, refreshesAhead: true))
    #expect(configuration.control == .init(socket: "/run/control", readGroup: "readers", actGroup: "_act-1"))
    #expect(configuration.logLevel == .debug)
  }

  @Test func toleratesTheWaysPeopleWriteFiles() throws {
    let text =
      "\u{FEFF}# größe\r\n\r\n  [device]  # here\r\n\tmodel=DashButton-1\t# it\r\n[slot  paper]\r\nslot-id = a#b"
    let configuration = try parse(text)
    #expect(configuration.device.model.text == "DashButton-1")
    #expect(configuration.slots.map(\.slotID) == ["a#b"])
  }

  @Test func keepsTheOrderOfSerialSources() throws {
    let text = smallestConfiguration.replacing("[slot", with: "serial-sources = dmi file:/a/b device-tree\n[slot")
    #expect(try parse(text).device.serialSources == [.dmi, .file("/a/b"), .deviceTree])
  }

  @Test func takesSixteenSlotsAndNoMore() throws {
    func text(_ count: Int) -> String {
      "[device]\nmodel = m\n" + (1...count).map { "[slot s\($0)]\nslot-id = id\($0)\n" }.joined()
    }
    #expect(try parse(text(16)).slots.count == 16)
    #expect(mistakes(text(18)).map(\.line) == [35])
  }
}
