import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// The way through bluetoothd with phones, in the two manners that versions of BlueZ have: indications into an acquired
/// descriptor (5.82), or as changes of the value (5.66, or a daemon that does not tell its version).
@Suite struct BluetoothdPhoneTests {
  static let versions = ["usb:v1D6Bp0246d0552", "usb:v1D6Bp0246d0542", nil]

  private func opened(_ modalias: String?) throws -> FakeBluetoothd {
    let bluez = try FakeBluetoothd()
    bluez.modalias = modalias
    bluez.open()
    return bluez
  }

  private func isAcquired(_ modalias: String?) -> Bool { modalias == Self.versions[0] }

  @Test(arguments: versions, [23, 185, 247, 517]) func aPhoneProvesTheCode(modalias: String?, mtu: Int) throws {
    let bluez = try opened(modalias)
    let phone = try bluez.phone(mtu: mtu)
    bluez.run(phone)
    #expect(phone.said == ["proved", "parameters"])
    #expect(bluez.happened == ["connected", "proved"] && bluez.isNotifyOpen == isAcquired(modalias))
    #expect(bluez.peripheral.hasPhone)
    bluez.hangUp(phone.path)
    #expect(bluez.happened == ["connected", "proved", "gone"] && !bluez.isNotifyOpen && !bluez.peripheral.hasPhone)
    // And the next.
    let second = try bluez.phone("BB", mtu: mtu)
    bluez.run(second)
    #expect(second.said == ["proved", "parameters"])
  }

  @Test(arguments: versions) func wrongCodeThenRightCode(modalias: String?) throws {
    let bluez = try opened(modalias)
    let phone = try bluez.phone(code: "13572468")
    bluez.run(phone)
    #expect(phone.said.count == 1 && phone.said[0].hasPrefix("refused wrongSetupCode"))
    phone.take(phone.session.retry(code: try SetupLink.setupCode(SetupLink.code)))
    bluez.settle()
    #expect(phone.said.dropFirst() == ["proved", "parameters"])
  }

  @Test(arguments: versions) func aSecondPhoneIsSentAwayAndTheFirstStays(modalias: String?) throws {
    let bluez = try opened(modalias)
    let first = try bluez.phone("AA")
    bluez.run(first)
    let second = try bluez.phone("BB")
    bluez.run(second)
    #expect(!bluez.isConnected(second) && !second.said.contains("proved"))
    #expect(bluez.calls.filter { $0 == "disconnect" }.count == 1)
    #expect(bluez.isConnected(first) && bluez.happened == ["connected", "proved"])
  }

  @Test(arguments: versions) func readsTheInfoAndRefusesFramesBeforeIndications(modalias: String?) throws {
    let bluez = try opened(modalias)
    let phone = try bluez.phone()
    #expect(bluez.ask(phone, [0x0A, 9, 0]) == [0x0B, 1, 1, 1, 0, 0, 0, 0])
    #expect(bluez.ask(phone, [0x12, 11, 0, 1]) == [0x01, 0x12, 11, 0, 0xFD])
    #expect(bluez.happened == ["connected"])
  }

  @Test(arguments: versions) func oneIndicationAtATime(modalias: String?) throws {
    let bluez = try opened(modalias)
    let phone = try bluez.phone(mtu: 23)
    phone.confirms = false
    bluez.run(phone)
    #expect(phone.said == [] && phone.server.isAwaitingConfirmation)
    phone.confirms = true
    bluez.confirm(phone)
    #expect(phone.said == ["proved", "parameters"])
    #expect(!bluez.happened.contains { $0.contains("would have to keep") })
  }

  @Test(arguments: versions) func aDaemonKilledInMidHandshakeIsServedAgain(modalias: String?) throws {
    let bluez = try opened(modalias)
    let phone = try bluez.phone(mtu: 23)
    phone.confirms = false
    bluez.run(phone)
    bluez.kill()
    #expect(bluez.happened == ["connected", "gone"] && !bluez.isNotifyOpen && bluez.peripheral.isWaiting)
    bluez.start()
    let again = try bluez.phone("AA")
    bluez.run(again)
    #expect(again.said == ["proved", "parameters"])
  }

  @Test(arguments: versions) func anAdapterUnpluggedInMidSessionLosesThePhone(modalias: String?) throws {
    let bluez = try opened(modalias)
    let phone = try bluez.phone()
    bluez.run(phone)
    bluez.unplug()
    #expect(bluez.happened == ["connected", "proved", "gone"] && !bluez.isNotifyOpen)
    bluez.plug()
    let again = try bluez.phone("AA")
    bluez.run(again)
    #expect(again.said == ["proved", "parameters"])
  }

  @Test(arguments: versions) func thePhoneTurnsIndicationsOffAndOn(modalias: String?) throws {
    let bluez = try opened(modalias)
    let phone = try bluez.phone()
    bluez.run(phone)
    #expect(bluez.ask(phone, [0x12, 14, 0, 0, 0]) == [0x13])
    #expect(!bluez.isNotifyOpen && bluez.ask(phone, [0x12, 11, 0, 1]) == [0x01, 0x12, 11, 0, 0xFD])
    _ = bluez.ask(phone, [0x12, 14, 0, 2, 0])
    #expect(bluez.isNotifyOpen == isAcquired(modalias))
    #expect(bluez.ask(phone, [0x12, 11, 0, 0xFF])?.first != 0x01)
  }

  @Test func theWindowEndsAPhonesConnectionFirst() throws {
    let bluez = try opened(Self.versions[0])
    let phone = try bluez.phone()
    bluez.run(phone)
    bluez.calls = []
    bluez.holds = ["disconnect"]
    bluez.close()
    // The descriptor stays as long as the connection, so that bluetoothd is not left with a confirmation for nobody.
    #expect(bluez.calls == ["unregisterAdvertisement", "disconnect"] && bluez.isNotifyOpen)
    #expect(bluez.happened == ["connected", "proved", "gone"])
    bluez.release()
    #expect(bluez.calls == ["unregisterAdvertisement", "disconnect", "unregisterApplication"])
    #expect(bluez.happened.last == "finished" && !bluez.isNotifyOpen)
  }

  @Test func aPhoneThatCannotBeDisconnectedDoesNotKeepTheWindow() throws {
    let bluez = try opened(Self.versions[0])
    let phone = try bluez.phone()
    bluez.run(phone)
    bluez.holds = ["disconnect"]
    bluez.close()
    bluez.elapse()
    #expect(bluez.happened.last == "finished" && bluez.adapters["/org/bluez/hci0"]?.hasApplication == false)
  }

  @Test(arguments: versions) func onePhoneThatWasSentAwayIsNotTakenBackBeforeItIsGone(modalias: String?) throws {
    let bluez = try opened(modalias)
    let phone = try bluez.phone()
    bluez.run(phone)
    bluez.holds = ["disconnect"]
    bluez.perform(bluez.peripheral.disconnect())
    #expect(bluez.happened == ["connected", "proved", "gone"])
    #expect(bluez.ask(phone, [0x0A, 9, 0])?.first == 0x01)
    #expect(bluez.happened == ["connected", "proved", "gone"])
    // Another may come meanwhile.
    let second = try bluez.phone("BB")
    bluez.run(second)
    #expect(second.said == ["proved", "parameters"])
    bluez.release()
    #expect(!bluez.isConnected(phone) && bluez.isConnected(second))
  }

  @Test func aPhoneThatIsGoneAlreadyIsNotWaitedFor() throws {
    let bluez = try opened(Self.versions[0])
    let phone = try bluez.phone()
    bluez.run(phone)
    bluez.refusals["disconnect"] = [("org.bluez.Error.NotConnected", "Not Connected")]
    bluez.close()
    #expect(bluez.happened.last == "finished")
  }

  @Test func callsThatNobodyWillAnswerAreRefused() throws {
    var peripheral = try opened(Self.versions[0]).peripheral
    let write = SetupObjects.Characteristic.write.path
    let first = peripheral.write(1, write, device: "/d", value: [1], offset: 0, mtu: 247)
    #expect(first == [.connected, .packet([0x02, 247, 0])])
    #expect(peripheral.write(2, write, device: "/d", value: [2], offset: 0, mtu: 247) == [])
    #expect(peripheral.deviceGone("/d") == [.refuse(1, .notPermitted), .refuse(2, .notPermitted), .disconnected])
  }

  @Test func whatIsNotOfferedIsRefused() throws {
    var peripheral = try opened(Self.versions[0]).peripheral
    let write = SetupObjects.Characteristic.write.path
    let info = SetupObjects.Characteristic.info.path
    #expect(peripheral.read(1, write, device: "/d", offset: 0) == [.refuse(1, .notPermitted)])
    #expect(peripheral.write(2, info, device: "/d", value: [], offset: 0, mtu: 23) == [.refuse(2, .notPermitted)])
    #expect(peripheral.write(3, write, device: "/d", value: [1], offset: 5, mtu: 23) == [.refuse(3, .invalidOffset)])
    let long = [UInt8](repeating: 0, count: 513)
    #expect(peripheral.write(4, write, device: "/d", value: long, offset: 0, mtu: 23) == [.refuse(4, .invalidLength)])
    #expect(peripheral.acquireNotify(5, info, device: "/d", mtu: 23) == [.refuse(5, .notPermitted)])
    #expect(peripheral.startNotify(6, write) == [.refuse(6, .notPermitted)])
    #expect(peripheral.confirmed() == [] && peripheral.receive(att: [0x13]) == [] && peripheral.disconnect() == [])
    #expect(!peripheral.hasPhone)
  }

  /// A value that is longer than the MTU of the bridge goes in parts and arrives whole.
  @Test func longValuesGoInParts() {
    var bridge = ATTBridge()
    var server = ATTServer(database: SetupService.database(name: "Kettle"))
    let value = (0..<200).map { UInt8($0) }
    bridge.write(9, value, to: SetupService.Handle.writeValue)
    var written: [UInt8] = []
    var events: [ATTBridge.Event] = []
    while let packet = bridge.next() {
      for event in server.receive(packet) {
        if case .transmit(let answer) = event, let event = bridge.receive(answer) { events.append(event) }
        if case .wrote(_, let whole) = event { written = whole }
      }
    }
    #expect(written == value && events == [.written(9)])
    // Refused in the middle: what was prepared is taken back, and the next value is not touched by it.
    let much = [UInt8](repeating: 7, count: 512)
    bridge.write(10, much + much, to: SetupService.Handle.writeValue)
    bridge.write(11, [1], to: SetupService.Handle.writeValue)
    events = []
    written = []
    while let packet = bridge.next() {
      for event in server.receive(packet) {
        if case .transmit(let answer) = event, let event = bridge.receive(answer) { events.append(event) }
        if case .wrote(_, let whole) = event { written = whole }
      }
    }
    #expect(events == [.refused(10, 0x09), .written(11)] && written == [1])
  }
}
