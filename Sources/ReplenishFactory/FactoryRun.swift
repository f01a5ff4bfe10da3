import ReplenishCore
import ReplenishHost

/// One run: makes every device of a list and leaves a ``DeviceFolder``.
public struct FactoryRun {
  /// The iterations of PBKDF2 for each device.
  public var iterations = MadeDevice.usualIterations
  /// The drawings of each label.
  public var formats = DeviceFolder.LabelFormat.allCases

  /// A run as it is by default.
  public init() {}

  /// Makes the devices; `made` is told of each. The folder is there afterwards, or nothing is.
  public func make(
    _ list: DeviceList, into path: String, random: any RandomSource, made: (MadeDevice) -> Void = { _ in }
  ) throws(Failure) {
    do {
      var folder = try DeviceFolder(path)
      var taken: Set<[UInt8]> = []
      for entry in list.entries {
        let device = try MadeDevice(
          entry, iterations: iterations, random: random, isTaken: { taken.contains($0.bytes) })
        taken.insert(device.credential.shortID.bytes)
        try folder.add(device, formats: formats)
        made(device)
      }
      try folder.finish()
    } catch let fault as FactoryFault {
      throw Failure(text: fault.text)
    } catch let failure as SecretFile.Failure {
      throw Failure(text: failure.text)
    } catch {
      throw Failure(text: "\(path): could not be made")
    }
  }

  /// Why a run left nothing.
  public struct Failure: Error, Equatable {
    /// What was wrong, where, and what to do.
    public let text: String
  }
}
