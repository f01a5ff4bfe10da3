import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// The way through bluetoothd without a phone: what is asked of the daemon, and what its moods lead to.
@Suite struct BluetoothdPeripheralTests {
  private static let prepared = ["findAdapters", "registerApplication", "registerAdvertisement"]
  private let hci0 = "/org/bluez/hci0"

  /// A daemon whose adapter is advertising for us.
  private func opened(_ change: (FakeBluetoothd) -> Void = { _ in }) throws -> FakeBluetoothd {
    let bluez = try FakeBluetoothd()
    change(bluez)
    bluez.open()
    #expect(bluez.peripheral.isAdvertising)
    return bluez
  }

  private func isAsItWas(_ bluez: FakeBluetoothd) -> Bool {
    bluez.adapters.values.allSatisfy { !$0.hasApplication && !$0.hasAdvertisement }
  }

  @Test func switchesAnAdapterOnRegistersAndPutsItBack() throws {
    let bluez = try opened { $0.adapters[hci0]?.isPowered = false }
    #expect(bluez.calls == ["findAdapters", "powerOn", "registerApplication", "registerAdvertisement"])
    bluez.calls = []
    bluez.close()
    #expect(bluez.calls == ["unregisterAdvertisement", "unregisterApplication", "powerOff"])
    #expect(bluez.happened == ["finished"] && isAsItWas(bluez) && bluez.adapters[hci0]?.isPowered == false)
    #expect(bluez.patience == nil)
  }

  @Test func leavesAnAdapterThatWasOnOn() throws {
    let bluez = try opened()
    #expect(bluez.calls == Self.prepared)
    bluez.close()
    #expect(bluez.adapters[hci0]?.isPowered == true && isAsItWas(bluez))
  }

  @Test func phonesPairWhereThatIsWanted() throws {
    let bluez = try FakeBluetoothd(requiresEncryption: true)
    bluez.open()
    #expect(bluez.calls == ["findAdapters", "registerAgent", "registerApplication", "registerAdvertisement"])
    let flags = bluez.peripheral.objects.flatMap(\.properties).filter { $0.name == "Flags" }.map(\.value)
    #expect(flags == [.strings(["encrypt-read"]), .strings(["encrypt-write"]), .strings(["encrypt-indicate"])])
    bluez.kill()
    bluez.calls = []
    bluez.start()
    #expect(bluez.calls == ["findAdapters", "registerAgent", "registerApplication", "registerAdvertisement"])
    bluez.calls = []
    bluez.unplug()
    bluez.plug()
    #expect(!bluez.calls.contains("registerAgent") && bluez.peripheral.isAdvertising, "the daemon has it still")
    bluez.close()
    #expect(!bluez.hasAgent && isAsItWas(bluez) && bluez.happened.last == "finished")
    let without = try opened()
    #expect(!without.calls.contains("registerAgent"))
  }

  @Test func saysThatPhonesCannotPair() throws {
    let bluez = try FakeBluetoothd(requiresEncryption: true)
    bluez.refusals["registerAgent"] = [("org.bluez.Error.InvalidArguments", "no")]
    bluez.open()
    #expect(bluez.happened.first?.contains("does not let phones pair, which require-encryption needs") == true)
    let again = try FakeBluetoothd(requiresEncryption: true)
    again.refusals["registerAgent"] = [("org.bluez.Error.AlreadyExists", "")]
    again.open()
    #expect(again.peripheral.isAdvertising)
  }

  @Test func takesTheFirstOrTheConfiguredAdapter() throws {
    let both = ["/org/bluez/hci10": FakeBluetoothd.Adapter(), "/org/bluez/hci2": FakeBluetoothd.Adapter()]
    let first = try opened { $0.adapters = both }
    #expect(first.peripheral.place == "hci2")
    let tenth = try FakeBluetoothd(adapter: 10)
    tenth.adapters = both
    tenth.open()
    #expect(tenth.peripheral.isAdvertising && tenth.peripheral.place == "hci10")
  }

  @Test func waitsForAnAdapterAndThenForNoneAnyMore() throws {
    let bluez = try FakeBluetoothd()
    bluez.adapters = [:]
    bluez.open()
    #expect(bluez.peripheral.isWaiting && bluez.peripheral.place == "an adapter" && bluez.patience == 30_000)
    bluez.plug()
    #expect(bluez.peripheral.isAdvertising && bluez.patience == nil)
    let never = try FakeBluetoothd(adapter: 1)
    never.open()
    never.elapse()
    #expect(never.happened.first?.contains("hci1: bluetoothd knows no such adapter") == true)
    never.close()
    #expect(never.happened.last == "finished")
  }

  @Test func waitsForADaemonThatIsNotThere() throws {
    let bluez = try FakeBluetoothd()
    bluez.isRunning = false
    bluez.open()
    #expect(bluez.peripheral.isWaiting && bluez.peripheral.place == "bluetoothd")
    bluez.start()
    #expect(bluez.peripheral.isAdvertising)
    let never = try FakeBluetoothd()
    never.isRunning = false
    never.open()
    never.elapse()
    #expect(never.happened.first?.contains("systemctl enable --now bluetooth") == true)
  }

  @Test func aDaemonThatForgotIsToldAgain() throws {
    let bluez = try opened { $0.adapters[hci0]?.isPowered = false }
    for _ in 0..<3 {
      bluez.kill()
      #expect(bluez.peripheral.isWaiting)
      bluez.start()
      #expect(bluez.peripheral.isAdvertising && bluez.adapters[hci0]?.hasAdvertisement == true)
    }
    // On since we switched it on: how it was before the window counts.
    bluez.close()
    #expect(bluez.adapters[hci0]?.isPowered == false && bluez.happened == ["finished"])
  }

  @Test func adaptersThatComeAfterTheirDaemonAreFound() throws {
    let bluez = try opened()
    let adapters = bluez.adapters
    bluez.kill()
    bluez.adapters = [:]
    bluez.start()
    #expect(bluez.peripheral.isWaiting)
    bluez.plug(hci0, try #require(adapters[hci0]))
    #expect(bluez.peripheral.isAdvertising)
  }

  @Test func aDaemonThatEndsAgainAndAgainIsNamed() throws {
    let bluez = try opened()
    for _ in 0..<10 {
      bluez.kill()
      bluez.start()
    }
    #expect(bluez.peripheral.isAdvertising)
    bluez.kill()
    #expect(
      bluez.happened == [
        "failed: bluetoothd ended 11 times while the window was open; see its log: journalctl -u bluetooth"
      ])
    bluez.close()
    #expect(bluez.happened.last == "finished")
  }

  @Test(arguments: ["findAdapters", "powerOn", "registerApplication", "registerAdvertisement"])
  func aDaemonKilledDuringACallIsAskedAgain(_ kind: String) throws {
    let bluez = try FakeBluetoothd()
    bluez.adapters[hci0]?.isPowered = false
    bluez.holds = [kind]
    bluez.open()
    #expect(bluez.calls.last == kind && !bluez.peripheral.isAdvertising)
    bluez.kill()
    bluez.holds = []
    bluez.start()
    #expect(bluez.peripheral.isAdvertising)
    bluez.close()
    #expect(bluez.adapters[hci0]?.isPowered == false)
  }

  @Test func aRegistrationThatAnEarlierLifeLeftIsReplaced() throws {
    let bluez = try opened {
      $0.adapters[hci0]?.hasApplication = true
      $0.adapters[hci0]?.hasAdvertisement = true
    }
    #expect(
      bluez.calls == [
        "findAdapters", "registerApplication", "unregisterApplication", "registerApplication",
        "registerAdvertisement", "unregisterAdvertisement", "registerAdvertisement",
      ])
    let stubborn = try FakeBluetoothd()
    stubborn.refusals["registerApplication"] = Array(
      repeating: ("org.bluez.Error.AlreadyExists", "Already Exists"), count: 9)
    stubborn.open()
    #expect(stubborn.happened.first?.hasPrefix("failed: hci0: bluetoothd does not take our service") == true)
  }

  @Test func anAdvertisementThatCannotBeTakenBackDoesNotKeepTheService() throws {
    let bluez = try opened()
    bluez.refusals["unregisterAdvertisement"] = [("org.bluez.Error.DoesNotExist", "")]
    bluez.close()
    #expect(bluez.adapters[hci0]?.hasApplication == false && bluez.happened == ["finished"])
  }

  @Test func anAdapterThatIsNotReadyIsTriedAgainButNotForEver() throws {
    let bluez = try FakeBluetoothd()
    bluez.refusals["registerAdvertisement"] = [("org.bluez.Error.Failed", "Failed to register advertisement")]
    bluez.open()
    #expect(bluez.patience == 500)
    bluez.elapse()
    #expect(bluez.peripheral.isAdvertising)
    let never = try FakeBluetoothd()
    never.refusals["powerOn"] = Array(repeating: ("org.bluez.Error.Busy", ""), count: 99)
    never.adapters[hci0]?.isPowered = false
    never.open()
    for _ in 0..<10 { never.elapse() }
    #expect(
      never.happened == [
        "failed: hci0: bluetoothd does not switch it on (org.bluez.Error.Busy: ); see its log: journalctl -u bluetooth"
      ])
  }

  @Test(arguments: [
    ("findAdapters", "org.freedesktop.DBus.Error.AccessDenied", "", "install dash-button-bluetooth.conf"),
    ("registerApplication", "org.freedesktop.DBus.Error.AccessDenied", "", "install dash-button-bluetooth.conf"),
    (
      "powerOn", "org.bluez.Error.Failed", "Blocked through rfkill",
      "hci0: rfkill blocks it; run: rfkill unblock bluetooth"
    ),
    (
      "registerAdvertisement", "org.bluez.Error.NotPermitted", "Maximum advertisements reached",
      "(org.bluez.Error.NotPermitted: Maximum advertisements reached)"
    ),
    ("registerAdvertisement", "org.bluez.Error.InvalidLength", "", "hci0: bluetoothd does not advertise for us"),
    ("registerApplication", "org.bluez.Error.InvalidArguments", "", "hci0: bluetoothd does not take our service"),
  ]) func saysWhatWasRefused(kind: String, name: String, text: String, words: String) throws {
    let bluez = try FakeBluetoothd()
    bluez.adapters[hci0]?.isPowered = false
    bluez.refusals[kind] = [(name, text)]
    bluez.open()
    #expect(bluez.happened.count == 1 && bluez.happened[0].contains(words), "\(bluez.happened)")
    bluez.close()
    #expect(bluez.happened.last == "finished" && isAsItWas(bluez) && bluez.adapters[hci0]?.isPowered == false)
    // The next window is none the worse for it.
    bluez.open()
    #expect(bluez.peripheral.isAdvertising)
  }

  @Test func anAdapterThatCannotAdvertiseIsNamed() throws {
    for (change, words) in [
      ({ $0.takesServices = false }, "offers no Bluetooth LE"), ({ $0.free = nil }, "offers no Bluetooth LE"),
      ({ $0.free = 0 }, "other programs advertise all that it can"),
    ] as [((inout FakeBluetoothd.Adapter) -> Void, String)] {
      let bluez = try FakeBluetoothd()
      var adapter = FakeBluetoothd.Adapter()
      change(&adapter)
      bluez.adapters = [hci0: adapter]
      bluez.open()
      #expect(bluez.happened.count == 1 && bluez.happened[0].contains("hci0: ") && bluez.happened[0].contains(words))
      #expect(bluez.calls == ["findAdapters"])
    }
  }

  @Test func anAdapterThatIsUnpluggedAndComesBackIsUsedAgain() throws {
    let bluez = try opened()
    bluez.unplug()
    #expect(bluez.peripheral.isWaiting && bluez.happened == [])
    bluez.plug("/org/bluez/hci1")
    #expect(bluez.peripheral.isAdvertising && bluez.peripheral.place == "hci1")
    let chosen = try FakeBluetoothd(adapter: 0)
    chosen.open()
    chosen.unplug()
    chosen.plug("/org/bluez/hci1")
    #expect(chosen.peripheral.isWaiting)
    chosen.plug()
    #expect(chosen.peripheral.isAdvertising)
  }

  @Test func anotherAdapterOfTheSameNameIsPutBackAsItCame() throws {
    let bluez = try opened()
    bluez.unplug()
    bluez.plug(hci0, FakeBluetoothd.Adapter(isPowered: false))
    #expect(bluez.peripheral.isAdvertising && bluez.adapters[hci0]?.isPowered == true)
    bluez.close()
    #expect(bluez.adapters[hci0]?.isPowered == false)
    // A daemon that ends in order removes its adapters first; these are the same ones.
    let ended = try opened()
    let adapter = try #require(ended.adapters[hci0])
    ended.unplug()
    ended.kill()
    ended.adapters = [hci0: adapter]
    ended.adapters[hci0]?.isPowered = false
    ended.start()
    ended.close()
    #expect(ended.adapters[hci0]?.isPowered == true)
  }

  @Test func isSwitchedOnAgainButNotForEver() throws {
    let bluez = try opened()
    for _ in 0..<5 {
      bluez.powerOff()
      #expect(bluez.peripheral.isAdvertising && bluez.adapters[hci0]?.isPowered == true)
      #expect(bluez.adapters[hci0]?.hasAdvertisement == true)
    }
    bluez.powerOff()
    #expect(bluez.happened.first?.contains("hci0: another program keeps undoing what is done") == true)
  }

  @Test func anAdvertisementThatWasDroppedComesBack() throws {
    let bluez = try opened()
    bluez.adapters[hci0]?.hasAdvertisement = false
    bluez.perform(bluez.peripheral.advertisementReleased())
    #expect(bluez.peripheral.isAdvertising && bluez.adapters[hci0]?.hasAdvertisement == true)
    bluez.close()
    bluez.perform(bluez.peripheral.advertisementReleased())
    #expect(bluez.happened == ["finished"])
  }

  @Test(arguments: ["findAdapters", "powerOn", "registerApplication", "registerAdvertisement"])
  func closesInEveryStateOfTheWay(_ kind: String) throws {
    let bluez = try FakeBluetoothd()
    bluez.adapters[hci0]?.isPowered = false
    bluez.holds = [kind]
    bluez.open()
    bluez.close()
    // bluetoothd takes its calls in order, so what was held is done before what came after it.
    let wasHeld = bluez.happened.isEmpty
    bluez.release()
    if wasHeld, bluez.happened.isEmpty { bluez.elapse() }
    #expect(bluez.happened == ["finished"], "\(kind)")
    #expect(bluez.peripheral.stage == .idle)
  }

  @Test func aWindowThatOpensWhileTheLastIsPutBackIsServed() throws {
    let bluez = try opened()
    bluez.holds = ["unregisterApplication"]
    bluez.close()
    bluez.open()
    #expect(!bluez.peripheral.isAdvertising)
    bluez.release()
    #expect(bluez.peripheral.isAdvertising && bluez.happened == [])
  }

  @Test func doesNotWaitForEverForTheEnd() throws {
    let bluez = try opened()
    bluez.holds = ["unregisterApplication"]
    bluez.close()
    #expect(bluez.patience == 4_000 && bluez.happened == [])
    bluez.elapse()
    #expect(bluez.happened == ["finished"])
  }

  @Test func theEndOfTheProcessAsksForEverythingAtOnce() throws {
    let bluez = try opened { $0.adapters[hci0]?.isPowered = false }
    bluez.calls = []
    bluez.holds = ["unregisterAdvertisement", "unregisterApplication", "powerOff"]
    bluez.perform(bluez.peripheral.end())
    #expect(bluez.calls == ["unregisterAdvertisement", "unregisterApplication", "powerOff"])
  }

  @Test(arguments: [
    ("usb:v1D6Bp0246d0552", true), ("usb:v1D6Bp0246d0550", true), ("usb:v1D6Bp0246d054F", false),
    ("usb:v1D6Bp0246d0542", false), ("usb:v1D6Bp0246d0600", true), ("", false), ("usb:v1D6Bp0246d", false),
    ("usb:v1D6Bp0246d05520", false), ("usb:v1D6Bp0246dXXXX", false), ("bluetooth:v0002p0246d0552", false),
  ]) func readsTheVersion(modalias: String, tells: Bool) {
    var adapter = BluezAdapter(path: "/org/bluez/hci0")
    adapter.modalias = modalias
    #expect(adapter.tellsConfirmations == tells)
  }

  @Test(
    arguments: [
      ("/org/bluez/hci0", 0), ("/org/bluez/hci12", 12), ("/org/bluez/hci", nil), ("/org/bluez/hci0/dev_00", nil),
      ("/org/bluez", nil), ("/", nil), ("/org/bluez/hci99999", nil),
    ] as [(String, UInt16?)]) func readsTheNumberOfAnAdapter(path: String, index: UInt16?)
  {
    #expect(BluezAdapter(path: path).index == index)
  }

  @Test func showsBluetoothdTheService() throws {
    let bluez = try opened()
    let objects = bluez.peripheral.objects
    #expect(
      objects.map(\.path) == [
        "/replenishkit/setup/service", "/replenishkit/setup/service/info", "/replenishkit/setup/service/write",
        "/replenishkit/setup/service/indicate", "/replenishkit/advertisement",
      ])
    func value(_ index: Int, _ name: String) -> BusObject.Value? {
      objects[index].properties.first { $0.name == name }?.value
    }
    #expect(value(0, "UUID") == .string("e0b20001-e990-4781-926d-425d15f4a8c0"))
    #expect(value(1, "Flags") == .strings(["read"]) && value(2, "Flags") == .strings(["write"]))
    #expect(value(3, "Flags") == .strings(["indicate"]) && value(3, "Service") == .path("/replenishkit/setup/service"))
    #expect(value(3, "NotifyAcquired") == .flag(false) && value(2, "WriteAcquired") == nil)
    #expect(value(4, "ManufacturerData") == .numbered(0xFFFF, [1, 1, 2, 3]))
    #expect(value(4, "LocalName") == .string("Kettle"))
    let older = try opened { $0.modalias = "usb:v1D6Bp0246d0542" }
    #expect(!older.peripheral.objects.contains { $0.properties.contains { $0.name == "NotifyAcquired" } })
  }
}
