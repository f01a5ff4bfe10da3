import ReplenishCore
import ReplenishHost

/// One run: makes every device of a list and leaves a ``DeviceFolder``.
public struct FactoryRun {
  /// The iterations of PBKDF2 for each device.
  public var iterations = MadeDevice.usualIterations
  /// The drawings of each label.
  public var formats = DeviceFolder.LabelFormat.allCases
  /// How the devices enter the maker's cloud; nil for devices that hold their own tokens.
  public var cloud: CloudEnrollment?

  /// A run as it is by default.
  public init() {}

  /// Makes the devices; `made` is told of each. The folder is there afterwards, or nothing is.
  ///
  /// Throws `DeviceList.Mistakes` where devices' requests for certificates cannot be used, else ``Failure``.
  public func make(
    _ list: DeviceList, into path: String, random: any RandomSource, made: (MadeDevice) -> Void = { _ in }
  ) throws {
    try cloud?.check(list)
    do {
      var folder = try DeviceFolder(path, entersCloud: cloud != nil)
      var taken: Set<[UInt8]> = []
      for entry in list.entries {
        let device = try MadeDevice(
          entry, iterations: iterations, random: random, isTaken: { taken.contains($0.bytes) })
        taken.insert(device.credential.shortID.bytes)
        let member = try cloud?.enroll(entry.serial, random: random)
        try folder.add(device, member, formats: formats)
        made(device)
      }
      try folder.finish()
    } catch let fault as FactoryFault {
      throw Failure(text: fault.text)
    } catch let fault as CertificateFault {
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
