import ArgumentParser
import Foundation
import ReplenishCloud

struct DeviceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "device", abstract: "Enters, lists, revokes and releases devices.",
    subcommands: [Add.self, Import.self, List.self, Revoke.self, Restore.self, Release.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Enters one device, and prints the claim code for its label, once.")

    @OptionGroup var storage: StorageOptions
    @Option(help: "The model id at Amazon.") var model: String
    @Option(help: "The serial number.") var serial: String
    @Option(help: ArgumentHelp("The device's certificate; its key is the device's identity.", valueName: "pem file"))
    var certificate: String
    @Option(help: ArgumentHelp("The cloud's address, for the QR code on the label.", valueName: "https://host"))
    var publicAddress: String?

    func run() async throws {
      try explained { try DeviceEntry.check(model: model, serial: serial) }
      let pem = try text(of: certificate, option: "--certificate")
      let key = try explained { try DeviceEntry.publicKey(ofCertificate: pem) }
      let code = DeviceEntry.drawClaimCode()
      let device = NewDevice(
        model: model, serial: serial, claimCode: DeviceEntry.digest(ofClaimCode: code), publicKey: key)
      guard try await storage.open().enter([device]) else {
        throw Refusal("A device with this model and serial number, or with this key, is there already.")
      }
      print("claim code: \(code)")
      if let publicAddress {
        print("QR code:    \(DeviceEntry.claimAddress(publicAddress, serial: serial, code: code))")
      }
    }
  }

  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Enters the devices of a list: model,serial,claim_code_sha256,public_key_sha256.",
      discussion: "All of them are entered, or none. The list holds digests only; the codes stay on the labels.")

    @OptionGroup var storage: StorageOptions
    @Argument(help: ArgumentHelp("The list.", valueName: "csv file")) var file: String

    func run() async throws {
      let list = try text(of: file, option: "the list")
      let devices = try explained { try DeviceEntry.list(list) }
      guard try await storage.open().enter(devices) else {
        throw Refusal(
          "A device of \(file), its key or its claim code is there already, or twice; none was entered.")
      }
      print("\(devices.count) \(devices.count == 1 ? "device" : "devices") entered")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists devices and their owners.")

    @OptionGroup var storage: StorageOptions

    func run() async throws {
      for (device, owner) in try await storage.open().devices() {
        print("\(device.model) \(device.serial) \(device.state.rawValue) \(owner ?? "-")")
      }
    }
  }

  /// Model and serial number.
  struct Named: ParsableArguments {
    @Argument(help: "The model id at Amazon.") var model: String
    @Argument(help: "The serial number.") var serial: String

    var missing: Refusal { Refusal("There is no device \(model) \(serial); see device list.") }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Trusts a device's key no longer; it is refused from this moment on, on open connections too.")

    @OptionGroup var storage: StorageOptions
    @OptionGroup var device: Named

    func run() async throws {
      guard try await storage.open().setState(.revoked, model: device.model, serial: device.serial) else {
        throw device.missing
      }
    }
  }

  struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Trusts a revoked device's key again.")

    @OptionGroup var storage: StorageOptions
    @OptionGroup var device: Named

    func run() async throws {
      guard try await storage.open().setState(.active, model: device.model, serial: device.serial) else {
        throw device.missing
      }
    }
  }

  struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Takes a device out of its owner's account, for somebody who cannot do it; its link ends too.")

    @OptionGroup var storage: StorageOptions
    @OptionGroup var device: Named

    func run() async throws {
      let storage = try await storage.open()
      guard
        let found = try await storage.devices().first(where: {
          $0.device.model == device.model && $0.device.serial == device.serial
        })
      else { throw device.missing }
      guard let ownership = try await storage.ownership(device: found.device.id),
        try await storage.release(ownership.id, at: .now)
      else { throw Refusal("\(device.model) \(device.serial) is in nobody's account.") }
    }
  }
}
