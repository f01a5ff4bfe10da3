import Foundation
import ReplenishCore
import ReplenishHost
import Testing

@testable import ReplenishCompanion

/// The companion's own Bluetooth, against a kernel and devices in memory.
@Suite struct BluetoothLinkTests {
  private let code: SetupCode
  private let device: ScriptedDevice
  private let sockets: FakeCentralSockets
  private let id: ShortID

  init() throws {
    code = try SetupCode(Secret(copying: "2101-7149"))
    id = try #require(ShortID([1, 2, 3]))
    device = ScriptedDevice(
      credential: try SetupCredential(
        code: code, shortID: id, salt: [UInt8](repeating: 7, count: 16), iterations: 10_000))
    sockets = FakeCentralSockets(device)
  }

  private func announce(_ id: [UInt8], _ name: String, at address: [UInt8]) throws {
    let sent = SetupAdvertisement(shortID: try #require(ShortID(id)), name: name)
    sockets.heard.append((address, sent.advertisingData + sent.scanResponse))
  }

  private func failure(_ wanted: KernelCentral.Wanted) -> LinkingFailure? {
    do throws(LinkingFailure) {
      _ = try BluetoothLink(to: wanted, sockets: sockets) { _ in }
      return nil
    } catch {
      return error
    }
  }

  @Test func provesTheCodeToTheLabelledDevice() throws {
    try announce([9, 9, 9], "Kettle", at: [9, 0, 0, 0, 0, 0x49])
    try announce([1, 2, 3], "Kettle", at: [1, 0, 0, 0, 0, 0x41])
    var said: [String] = []
    let link = try BluetoothLink(to: .shortID(id), sockets: sockets) { said.append($0) }
    #expect(link.place == "Kettle 010203")
    #expect(said == ["Looking for device 010203 over Bluetooth.", "Found Kettle 010203. Connecting."])
    let talk = DeviceTalk(bearer: link, code: code, random: HostRandom())
    try talk.prove()
    try talk.send(.identify)
    talk.end()
    sockets.end()
    #expect(sockets.connected?.address == [1, 0, 0, 0, 0, 0x41] && sockets.connected?.isRandom == true)
    #expect(sockets.connected?.own == [6, 5, 4, 3, 2, 1])
    #expect(device.proofs == 1 && device.identified == 1)
    // On, search, stop; at the end the link is ended and the adapter off again.
    #expect(sockets.asked == [3, 4, 0x0D, 5, 0x23, 0x24, 0x14, 5])
  }

  @Test func saysThatThereIsNoBluetooth() {
    sockets.managementError = EAFNOSUPPORT
    #expect(failure(.only)?.kind == .deviceUnreachable)
    #expect(failure(.only)?.text.contains("has no Bluetooth") == true)
    sockets.managementError = EPERM
    #expect(failure(.only)?.text.contains("CAP_NET_ADMIN") == true)
  }

  @Test func saysThatSeveralAreThere() throws {
    try announce([1, 2, 3], "Kettle", at: [1, 0, 0, 0, 0, 0x41])
    try announce([9, 9, 9], "Kettle", at: [9, 0, 0, 0, 0, 0x49])
    let failure = failure(.name("Kettle"))
    #expect(failure?.kind == .deviceUnreachable)
    #expect(failure?.text.contains("Kettle 010203, Kettle 090909") == true)
    sockets.end()
    #expect(sockets.connected == nil)
  }

  @Test(arguments: [EHOSTDOWN, ETIMEDOUT, ECONNREFUSED])
  func saysThatTheDeviceDoesNotAnswer(code: Int32) throws {
    try announce([1, 2, 3], "Kettle", at: [1, 0, 0, 0, 0, 0x41])
    sockets.outcomeError = code
    #expect(failure(.shortID(id))?.text.hasPrefix("cannot connect to Kettle 010203: it does not answer") == true)
    sockets.end()
    #expect(sockets.asked.suffix(2) == [0x14, 5])
    sockets.outcomeError = nil
    sockets.connectError = code
    #expect(failure(.shortID(id))?.text.contains("does not answer") == true)
  }

  @Test func saysThatTheDeviceHungUp() throws {
    try announce([1, 2, 3], "", at: [1, 0, 0, 0, 0, 0x41])
    let link = try BluetoothLink(to: .shortID(id), sockets: sockets) { _ in }
    device.close()
    let talk = DeviceTalk(bearer: link, code: code, random: HostRandom())
    do throws(LinkingFailure) {
      try talk.prove()
      Issue.record("proved to nobody")
    } catch {
      #expect(error.kind == .deviceUnreachable && error.text.hasPrefix("010203 hung up"))
    }
  }
}
