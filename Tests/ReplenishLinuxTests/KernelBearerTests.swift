import CLinux
import ReplenishCore
import Testing

@testable import ReplenishLinux

@Suite struct KernelBearerTests {
  private static let prepared = ["03", "04", "0d 01", "2f 01", "05 01"]

  @Test func switchesAnAdapterOnAdvertisesAndPutsItBack() throws {
    let bench = try KernelBench()
    #expect(bench.bearer.summary == "Bluetooth, kernel sockets, as configured; closed")
    try bench.open()
    #expect(bench.kernel.log == ["management"] + Self.prepared + ["3f 01", "listen", "54 01", "55 01"])
    #expect(bench.kernel.listening?.address == [1, 2, 3, 4, 5, 6] && bench.kernel.listening?.isRandom == false)
    #expect(bench.bearer.summary == "Bluetooth, kernel sockets, as configured; hci0 advertises")
    bench.kernel.log = []
    bench.bearer.close()
    #expect(!bench.kernel.isListening)
    try bench.turn { bench.kernel.isManagementClosed }
    #expect(bench.kernel.log == ["3f 01", "05 00", "2f 00", "0d 00"])
    #expect(bench.kernel.adapters == [0: 0])
    #expect(bench.log == [])
  }

  @Test func leavesAnAdapterThatWasOnOn() throws {
    let bench = try KernelBench()
    bench.kernel.adapters = [0: 0x201]
    try bench.open()
    #expect(
      bench.kernel.log == ["management", "03", "04", "05 00", "2f 01", "05 01", "3f 01", "listen", "54 01", "55 01"])
    bench.bearer.close()
    try bench.turn { bench.kernel.isManagementClosed }
    #expect(bench.kernel.adapters == [0: 0x201])
  }

  @Test func doesNotTouchOneThatIsReady() throws {
    let bench = try KernelBench()
    bench.kernel.adapters = [0: 0x2201]
    try bench.open()
    #expect(bench.kernel.log == ["management", "03", "04", "3f 01", "listen", "54 01", "55 01"])
    bench.kernel.log = []
    bench.bearer.close()
    try bench.turn { bench.kernel.isManagementClosed }
    #expect(bench.kernel.log == ["3f 01"])
  }

  @Test func givesAnAdapterWithoutAddressOne() throws {
    let bench = try KernelBench()
    bench.kernel.address = [0, 0, 0, 0, 0, 0]
    try bench.open()
    #expect(bench.kernel.log.contains { $0.hasPrefix("2b") } && !bench.kernel.log.contains { $0.hasPrefix("2f") })
    let listening = try #require(bench.kernel.listening)
    #expect(listening.isRandom && listening.address[5] & 0xC0 == 0xC0)
  }

  @Test func takesTheFirstOrTheConfiguredAdapter() throws {
    let first = try KernelBench()
    first.kernel.adapters = [3: 0, 1: 0]
    try first.open()
    #expect(first.bearer.summary.hasSuffix("hci1 advertises"))
    let third = try KernelBench(adapter: 3)
    third.kernel.adapters = [3: 0, 1: 0]
    try third.open()
    #expect(third.bearer.summary.hasSuffix("hci3 advertises"))
  }

  @Test func carriesOnePhoneAndTurnsTheSecondAway() throws {
    let bench = try KernelBench()
    try bench.open()
    bench.kernel.log = []
    let phone = bench.kernel.connect(1)
    try bench.turn { bench.log == ["connected"] }
    #expect(bench.bearer.summary.hasSuffix("a phone is connected to hci0"))
    let second = bench.kernel.connect(2)
    try bench.turn { bench.kernel.isClosed(second) && bench.kernel.log == ["14 02"] }
    #expect(bench.log == ["connected"])
    _ = replenish_send(phone, [2, 23, 0] as [UInt8], 3)
    try bench.turn { bench.log.count == 2 }
    bench.bearer.send([3, 23, 0])
    var answer = [UInt8](repeating: 0, count: 10)
    #expect(replenish_receive(phone, &answer, 10) == 3)
    bench.bearer.disconnect()
    try bench.turn { bench.kernel.isClosed(phone) && bench.kernel.log == ["14 02", "14 01"] }
    #expect(bench.log == ["connected", "packet [2, 23, 0]", "gone"])
    let third = bench.kernel.connect(3)
    try bench.turn { bench.log.count == 4 }
    close(third)
    try bench.turn { bench.log.count == 5 }
    #expect(bench.log.suffix(2) == ["connected", "gone"])
    for end in [phone, second] { close(end) }
  }

  @Test func theWindowEndsAPhonesConnection() throws {
    let bench = try KernelBench()
    try bench.open()
    let phone = bench.kernel.connect(1)
    try bench.turn { bench.log == ["connected"] }
    bench.kernel.log = []
    bench.bearer.close()
    #expect(bench.kernel.isClosed(phone) && bench.log == ["connected", "gone"])
    try bench.turn { bench.kernel.isManagementClosed }
    #expect(bench.kernel.log.first == "14 01")
    close(phone)
  }

  @Test func anAdapterThatIsUnpluggedAndComesBackIsUsedAgain() throws {
    let bench = try KernelBench()
    try bench.open()
    let phone = bench.kernel.connect(1)
    try bench.turn { bench.log == ["connected"] }
    bench.kernel.unplug(0)
    try bench.turn { bench.log == ["connected", "gone"] && bench.bearer.summary.hasSuffix("waiting for an adapter") }
    #expect(bench.kernel.isClosed(phone) && !bench.kernel.isListening)
    bench.kernel.plug(1)
    try bench.turn { bench.bearer.summary.hasSuffix("hci1 advertises") }
    close(phone)
    #expect(bench.faults == [])
    bench.bearer.close()
    try bench.turn { bench.kernel.isManagementClosed }
    #expect(bench.kernel.adapters == [1: 0])
  }

  @Test func onlyTheConfiguredAdapterIsWaitedFor() throws {
    let bench = try KernelBench(adapter: 1)
    try bench.bearer.open()
    try bench.turn { bench.bearer.summary.hasSuffix("waiting for an adapter") }
    bench.kernel.plug(2)
    try bench.settle()
    #expect(bench.bearer.summary.hasSuffix("waiting for an adapter"))
    bench.kernel.plug(1)
    try bench.turn { bench.bearer.summary.hasSuffix("hci1 advertises") }
  }

  @Test func isSwitchedOnAgainButNotForEver() throws {
    let bench = try KernelBench()
    try bench.open()
    for _ in 0..<5 {
      bench.kernel.powerOff(0)
      try bench.turn { bench.kernel.isListening == false || !bench.isAdvertising }
      try bench.turn { bench.isAdvertising }
    }
    #expect(bench.faults == [])
    bench.kernel.powerOff(0)
    try bench.turn { bench.faults.count == 1 }
    #expect(bench.faults[0].contains("hci0: another program keeps switching it off"))
  }

  @Test func anAdvertisementThatSomebodyRemovedComesBack() throws {
    let bench = try KernelBench()
    try bench.open()
    bench.kernel.log = []
    bench.kernel.say(0x24, 0, [1])
    try bench.turn { bench.kernel.log.contains("55 01") }
  }

  @Test(
    arguments: [
      (5, 0x12, "failed: hci0: rfkill blocks it; run: rfkill unblock bluetooth"),
      (
        5, 0x14,
        "failed: hci0: this process may not manage Bluetooth; give it the capability CAP_NET_ADMIN (AmbientCapabilities in the unit)"
      ),
      (5, 3, "failed: hci0: the kernel refused management command 5 (status 3); see its log: dmesg"),
      (3, 3, "failed: the kernel does not tell its Bluetooth adapters (status 3); see its log: dmesg"),
    ] as [(UInt16, UInt8, String)]) func saysWhatWasRefused(code: UInt16, status: UInt8, text: String) throws
  {
    let bench = try KernelBench()
    bench.kernel.refusals = [code: status]
    try bench.bearer.open()
    try bench.turn { !bench.log.isEmpty }
    #expect(bench.log == [text])
    try bench.turn { bench.kernel.isManagementClosed }
    #expect(bench.bearer.summary.hasSuffix("closed"))
    bench.log = []
    try bench.open()
  }

  @Test func anAdapterWithoutLowEnergyIsNamed() throws {
    let bench = try KernelBench()
    bench.kernel.supported = 1
    try bench.bearer.open()
    try bench.turn { !bench.log.isEmpty }
    #expect(bench.log[0].contains("hci0: it has no Bluetooth LE"))
  }

  @Test func waitsForABusyKernel() throws {
    let bench = try KernelBench()
    bench.kernel.refusals = [5: 0x0A]
    try bench.open()
    #expect(bench.kernel.log.filter { $0 == "05 01" }.count == 2)
  }

  @Test func olderKernelsAdvertiseInOneCommand() throws {
    let bench = try KernelBench()
    bench.kernel.refusals = [0x54: 1]
    try bench.open()
    #expect(bench.kernel.log.suffix(4) == ["listen", "54 01", "listen", "3e 01"])
    #expect(!bench.bearer.summary.contains("commands to the controller"))
  }

  @Test func commandsTheControllerWhereTheManagementWillNotAdvertise() throws {
    let bench = try KernelBench()
    bench.kernel.refusals = [0x54: 3, 0x3E: 3]
    try bench.open()
    #expect(bench.bearer.summary.hasSuffix("hci0 advertises (commands to the controller)"))
    #expect(
      bench.kernel.log.suffix(8) == [
        "listen", "controller 0", "hci 200a 0", "hci 2005", "hci 2006", "hci 2008", "hci 2009", "hci 200a 1",
      ])
    // A controller stops advertising at a connection: it is told to go on.
    let phone = bench.kernel.connect(1)
    try bench.turn { bench.log == ["connected"] }
    bench.kernel.log = []
    close(phone)
    try bench.turn { bench.kernel.log.contains("hci 200a 1") }
    bench.kernel.log = []
    bench.bearer.close()
    bench.kernel.turn()
    #expect(bench.kernel.log.contains("hci 200a 0") && bench.kernel.isControllerClosed)
    try bench.turn { bench.kernel.isManagementClosed }
    #expect(bench.kernel.adapters == [0: 0])
  }

  @Test func neverAdvertisesFromThePublicAddress() throws {
    let bench = try KernelBench()
    bench.kernel.refusals = [0x2F: 0x0C]
    try bench.open()
    #expect(!bench.kernel.log.contains { $0.hasPrefix("54") || $0.hasPrefix("3e") })
    #expect(bench.kernel.log.contains("hci 2005"))
  }

  @Test func saysThatTheControllerRefusesToo() throws {
    let bench = try KernelBench()
    bench.kernel.refusals = [0x2F: 0x0C]
    bench.kernel.controllerStatus = 0x0C
    try bench.bearer.open()
    try bench.turn { !bench.log.isEmpty }
    #expect(bench.log[0].contains("neither the kernel (management) nor the controller (command 8197, status 12)"))
    let forbidden = try KernelBench()
    forbidden.kernel.refusals = [0x2F: 0x0C]
    forbidden.kernel.controllerError = EPERM
    try forbidden.bearer.open()
    try forbidden.turn { !forbidden.log.isEmpty }
    #expect(forbidden.log[0].contains("lacks the capability CAP_NET_RAW"))
  }

  @Test func namesWhoAnswersPhones() throws {
    let bench = try KernelBench()
    bench.kernel.listenError = EADDRINUSE
    try bench.bearer.open()
    try bench.turn { !bench.log.isEmpty }
    #expect(bench.log == ["failed: hci0: another program answers phones on it; stop that program"])
    try bench.turn { bench.kernel.isManagementClosed }
    #expect(bench.kernel.adapters == [0: 0])
  }

  @Test func doesNotSpinWhereAPhoneCannotBeLetIn() throws {
    let bench = try KernelBench()
    try bench.open()
    bench.kernel.acceptError = EAGAIN
    let phone = bench.kernel.connect(1)
    try bench.settle()
    #expect(bench.log == [])
    bench.kernel.acceptError = EMFILE
    try bench.turn { bench.faults.count == 1 }
    #expect(bench.faults[0].contains("hci0: a phone could not be let in (Too many open files)"))
    #expect(!bench.kernel.isListening)
    close(phone)
  }

  @Test func refusesBesideBluetoothd() throws {
    for (reason, words) in [
      (BluetoothConfiguration.Reason.chosen, "needs the adapter alone"), (.automatic, "built without the way"),
    ] {
      let bench = try KernelBench(reason: reason)
      bench.kernel.isDaemonRunning = true
      do {
        try bench.bearer.open()
        Issue.record("opened")
      } catch {
        #expect(error.text.contains(words) && error.text.contains("systemctl disable --now bluetooth"))
      }
      #expect(bench.kernel.log == [])
      bench.kernel.isDaemonRunning = false
      try bench.open()
      #expect(
        bench.bearer.summary.contains(reason == .automatic ? "because no bluetoothd runs" : "as configured"))
    }
  }

  @Test func saysThatTheKernelHasNoBluetooth() throws {
    let bench = try KernelBench()
    bench.kernel.hasFamily = false
    do {
      try bench.bearer.open()
      Issue.record("opened")
    } catch {
      #expect(error.text.contains("no Bluetooth") && error.text.contains("RestrictAddressFamilies"))
    }
  }

  @Test func aWindowThatOpensWhileTheLastIsPutBackIsServed() throws {
    let bench = try KernelBench()
    try bench.open()
    bench.bearer.close()
    try bench.bearer.open()
    try bench.turn { bench.isAdvertising }
    bench.bearer.close()
    try bench.turn { bench.kernel.isManagementClosed }
    #expect(bench.kernel.adapters == [0: 0] && bench.log == [])
  }

  @Test func closesInEveryStateOfTheWay() throws {
    for count in 0..<10 {
      let bench = try KernelBench()
      try bench.bearer.open()
      // So many answers, then the window closes.
      for _ in 0..<count {
        bench.kernel.turn()
        try bench.loop.dispatch(timeout: 1)
      }
      bench.bearer.close()
      try bench.turn("after \(count)") { bench.kernel.isManagementClosed }
      #expect(bench.kernel.adapters == [0: 0], "after \(count)")
      #expect(!bench.kernel.isListening && bench.log == [])
    }
  }

  @Test func theEndOfTheProcessWaitsForNothing() throws {
    let bench = try KernelBench()
    try bench.open()
    bench.kernel.silent = [0x3F, 5]
    bench.bearer.end()
    bench.kernel.turn()
    #expect(bench.kernel.log.suffix(2) == ["3f 01", "05 00"])
    #expect(bench.kernel.isManagementClosed && !bench.kernel.isListening)
  }

  @Test func readsAControlGroupsEvents() {
    #expect(KernelSockets.isPopulated(Array("populated 1\nfrozen 0\n".utf8)))
    #expect(!KernelSockets.isPopulated(Array("populated 0\nfrozen 1\n".utf8)))
    #expect(!KernelSockets.isPopulated([]))
  }
}
