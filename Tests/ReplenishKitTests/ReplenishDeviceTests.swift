import Foundation
import ReplenishKit
import Testing

@testable import ReplenishCore
@testable import ReplenishLinux

@Suite struct ReplenishDeviceTests {
  private func folder() throws -> String {
    let path = NSTemporaryDirectory() + "replenish-device-" + UUID().uuidString
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    return path
  }

  private func device(_ folder: String, _ loop: EventLoop, sealKey: String? = nil) throws -> ReplenishDevice {
    var configuration = ReplenishConfiguration(
      model: "Model1", serial: .fixed("SN1"),
      device: DeviceConfiguration(slots: [.init(name: "coffee")], lwa: .northAmerica, dash: .northAmerica),
      stateFolder: folder)
    configuration.sealKeyFile = sealKey
    return try ReplenishDevice(configuration, loop: loop)
  }

  /// The words of the status, with or without a key.
  private func protection(_ folder: String, sealKey: String? = nil) throws -> ProtectionLevel? {
    let device = try device(folder, try EventLoop(), sealKey: sealKey)
    defer { device.close() }
    device.start()
    var found: ProtectionLevel?
    device.ask(.status) { reply in
      if case .status(let status) = reply { found = status.protection }
    }
    return found
  }

  @Test func theStatusSaysSealedOnlyWithAKey() throws {
    let folder = try folder()
    let key = folder + "/key"
    #expect(try protection(folder) == ProtectionLevel.none)
    let missing = #expect(throws: ReplenishError.self) { try protection(folder, sealKey: key) }
    #expect(missing?.text.contains("\(key): there is no such file") == true)
    _ = FileManager.default.createFile(
      atPath: key, contents: Data(repeating: 7, count: 32), attributes: [.posixPermissions: 0o400])
    #expect(try protection(folder, sealKey: key) == .sealed)
  }

  @Test func testsItselfOnThisMachine() {
    var failed: [String] = []
    var last = ""
    let passed = ReplenishDevice.selfTest { name, isRight in
      last = "\(name)"
      if !isRight { failed.append(last) }
    }
    #expect(passed && failed.isEmpty)
    #expect(last == "libcurl speaks HTTPS")
  }

  @Test func closingInsideAnAnswerLeavesNoTimerInTheFirmwaresLoop() throws {
    let loop = try EventLoop()
    let device = try device(folder(), loop)
    device.start()
    device.ask(.status) { _ in device.close() }
    try loop.dispatch()
    #expect(loop.timers.isIdle, "the timer's closure holds the performer unowned(unsafe)")
  }

  @Test func recordsSetAsideAreNoticed() throws {
    let folder = try folder()
    _ = FileManager.default.createFile(
      atPath: folder + "/journal.0", contents: Data("garbage".utf8), attributes: [.posixPermissions: 0o600])
    let device = try device(folder, try EventLoop())
    device.start()
    #expect(device.notices.contains { $0.contains("corrupt") }, "\(device.notices)")
    device.close()
  }

  @Test func twoSlotsOfOneNameAreRefused() throws {
    #expect(throws: ReplenishError.self) {
      _ = try ReplenishDevice(
        ReplenishConfiguration(
          model: "Model1", serial: .fixed("SN1"),
          device: DeviceConfiguration(
            slots: [.init(name: "coffee", slotID: "A"), .init(name: "coffee", slotID: "B")], lwa: .northAmerica,
            dash: .northAmerica),
          stateFolder: try folder()))
    }
  }

  @Test func everyQuestionIsAnsweredEvenWhenTheDeviceIsClosed() throws {
    let device = try device(folder(), try EventLoop())
    device.start()
    device.close()
    var answers = 0
    device.ask(.status) { _ in answers += 1 }
    #expect(answers == 1)
  }
}
