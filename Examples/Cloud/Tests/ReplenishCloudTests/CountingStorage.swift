import Foundation
import Synchronization

@testable import ReplenishCloud

/// A downlink's storage without any command, which counts how often it is asked.
final class CountingStorage: DownlinkStorage {
  private let counts = Mutex((single: 0, looks: 0))

  /// Looks for one device.
  var single: Int { counts.withLock { $0.single } }
  /// Looks for all devices.
  var looks: Int { counts.withLock { $0.looks } }

  func note(_ command: DeviceCommand, at now: Date) async throws -> Bool { false }

  func nextCommand(device: CloudDevice.ID, at now: Date) async throws -> DeviceCommand? {
    counts.withLock { $0.single += 1 }
    return nil
  }

  func finishCommand(_ id: DeviceCommand.ID, device: CloudDevice.ID, at now: Date) async throws -> Bool { false }

  func refuseCommand(_ id: DeviceCommand.ID, device: CloudDevice.ID, at now: Date) async throws -> Bool { false }

  func commandState(_ id: DeviceCommand.ID, at now: Date) async throws -> CommandState { .over }

  func device(ofCommand id: DeviceCommand.ID) async throws -> CloudDevice.ID? { nil }

  func devicesWithCommands(at now: Date, limit: Int) async throws -> [CloudDevice.ID] {
    counts.withLock { $0.looks += 1 }
    return []
  }

  func latestCommand(
    ownership: Int64, at now: Date
  ) async throws -> (command: DeviceCommand, state: CommandState)? { nil }

  func isTrusted(_ device: CloudDevice.ID) async throws -> Bool { true }

  func revocations(after number: Int64?) async throws -> (last: Int64, devices: [CloudDevice.ID]) { (0, []) }
}
