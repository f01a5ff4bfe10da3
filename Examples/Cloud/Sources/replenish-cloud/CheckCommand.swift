import AWSRequests
import ArgumentParser
import BoundedHTTP
import Foundation
import OAuthServer
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

  @OptionGroup(title: "AWS IoT managed integrations")
  var connector: ConnectorOptions

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
    // Opened only where nothing would be made by that.
    var database: SQLStorage?
    await check("database") {
      let state = try await SQLStorage.look(at: storage.database)
      guard state.isReady else { return state.description }
      let opened = try await storage.open()
      database = opened
      return "\(state.description); opens with these keys; \(try await opened.devices().count) devices"
    }
    await check("apps") {
      guard let database else { return "none yet" }
      let clients = try await database.clients()
      for client in clients {
        if let problem = ClientEntry.problem(of: client) {
          throw Refusal("\(client.id): \(problem) Remove it and add it again.")
        }
      }
      if clients.isEmpty { return "none; see client add" }
      let development = pages.publicAddress.hasPrefix("https://") ? "" : "; without https, FOR DEVELOPMENT ONLY"
      return """
        \(clients.count); authorize at \(pages.publicAddress)/authorize, tokens at \(pages.publicAddress)/token, the \
        rest in \(pages.publicAddress)\(OAuthPaths.wellKnown)\(development)
        """
    }
    await check("Amazon") {
      "client secret readable, addresses are https (\(try await amazon.configuration().service))"
    }
    await check("notifications") {
      guard let source = try notifications.source() else { return "none: pages learn of a shipment by asking" }
      let development = notifications.snsOrigin.map { "; certificates from \($0), FOR DEVELOPMENT ONLY" } ?? ""
      return "topic \(source.topic.arn), to be subscribed to \(pages.publicAddress)/notifications/amazon\(development)"
    }
    await check("connector") {
      guard let found = connector.configuration() else { return "none" }
      if let certificate = try ListenerFiles.certificate(
        connector.connectorCertificate, connector.connectorPrivateKey)
      {
        try certificate.check(makerAuthority: nil)
      }
      guard let client = try await database?.client(id: found.clientID) else {
        throw Refusal("there is no client \(found.clientID); see replenish-cloud client add")
      }
      guard client.isConfidential else { throw Refusal("the client \(client.id) has no secret") }
      let missing = [found.discoverScope, found.identifyScope].filter { !client.scopes.contains($0) }
      guard missing.isEmpty else {
        throw Refusal("the client may not ask for \(missing.joined(separator: " and "))")
      }
      _ = try await connector.signer(try BoundedHTTPClient()).chain.credentials()
      return "client \(client.name) is known, there are AWS credentials; events go to \(found.service)"
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
