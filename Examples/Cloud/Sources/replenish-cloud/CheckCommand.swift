import ArgumentParser
import Foundation
import ReplenishCloud

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Looks at database, keys and certificates, and says what is wrong.",
    discussion: "Nothing is changed. What only Amazon's console shows is listed at the end, to be looked at there.")

  @OptionGroup var storage: StorageOptions

  @OptionGroup(title: "Pages")
  var pages: PageOptions

  @OptionGroup(title: "Devices")
  var devices: DeviceOptions

  @OptionGroup(title: "Amazon")
  var amazon: AmazonOptions

  @OptionGroup(title: "Amazon's notifications")
  var notifications: NotificationOptions

  func run() async throws {
    var isGood = true
    func check(_ what: String, _ work: () async throws -> String) async {
      do {
        print("good  \(what): \(try await work())")
      } catch {
        isGood = false
        print("BAD   \(what): \(error)")
      }
    }
    await check("keys") { "\(try KeyFile(path: storage.keys).keys.count) in \(storage.keys)" }
    await check("database") {
      guard FileManager.default.fileExists(atPath: storage.database) else {
        return "\(storage.database) is not there yet; serve makes it"
      }
      let count = try await storage.open().devices().count
      return "\(storage.database) opens with these keys; \(count) devices"
    }
    await check("Amazon") { "client secret readable, addresses are https (\(try amazon.configuration().service))" }
    await check("notifications") {
      guard let source = try notifications.source() else { return "none: pages learn of a shipment by asking" }
      let development = notifications.snsOrigin.map { "; certificates from \($0), FOR DEVELOPMENT ONLY" } ?? ""
      return "topic \(source.topic.arn), to be subscribed to \(pages.publicAddress)/notifications/amazon\(development)"
    }
    await check("certificate for devices") {
      let certificate = try ListenerFiles.required(devices.deviceCertificate, devices.devicePrivateKey)
      try certificate.check(makerAuthority: try text(of: devices.makerCA, option: "--maker-ca"))
      return "it, its key and the maker's authority can be used"
    }
    await check("downlink") {
      devices.downlink
        ? "devices may wait for commands, \(devices.mostWaitingDevices) at once; each needs an open file (ulimit -n)"
        : "none: no command reaches a device"
    }
    await check("certificate for new keys") {
      guard let rekeying = try devices.rekeying() else { return "none: devices keep their keys" }
      try rekeying.check(makerAuthority: try text(of: devices.makerCA, option: "--maker-ca"))
      return "it may sign, its key can be used, and the maker's authority signed it"
    }
    await check("certificate for browsers") {
      guard let certificate = try ListenerFiles.certificate(pages.certificate, pages.privateKey) else {
        return "none: plain http on \(pages.host); browsers need a proxy with https in front"
      }
      try certificate.check(makerAuthority: nil)
      return "it and its key can be used"
    }
    print(
      """
      To be looked at in the LWA console: the Allowed Return URL \(pages.publicAddress)/link/return, exactly; and that \
      the client id is one of the Web Settings.
      """)
    guard isGood else { throw ExitCode.failure }
  }
}
