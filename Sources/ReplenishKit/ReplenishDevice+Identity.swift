import ReplenishCore
import ReplenishLinux

extension ReplenishDevice {
  /// Finds the model and serial and checks them against Amazon's rules.
  static func identify(_ configuration: ReplenishConfiguration) throws(ReplenishError) -> DeviceIdentity {
    let model: ModelID
    do throws(IdentityFault) { model = try ModelID(configuration.model) } catch {
      throw ReplenishError("the model id \(error.explanation)")
    }
    switch configuration.serial {
    case .fixed(let text):
      return DeviceIdentity(
        model: model, serial: try serial(text, from: "configuration"), serialSource: "configuration")
    case .found(let sources):
      guard let found = SerialSource.find(sources) else {
        throw ReplenishError(
          "no serial number was found in \(names(sources)): name a file that holds one, or write it into the configuration"
        )
      }
      let text = String(decoding: found.bytes, as: UTF8.self)
      return DeviceIdentity(model: model, serial: try serial(text, from: found.source), serialSource: found.source)
    }
  }

  private static func serial(_ text: String, from source: String) throws(ReplenishError) -> SerialNumber {
    do throws(IdentityFault) { return try SerialNumber(text) } catch {
      throw ReplenishError("the serial number from the \(source) \(error.explanation)")
    }
  }

  private static func names(_ sources: [SerialSource]) -> String {
    var text = ""
    for (index, source) in sources.enumerated() {
      if index > 0 { text += ", " }
      switch source {
      case .file(let path): text += path
      case .deviceTree: text += "the device tree"
      case .dmi: text += "the DMI tables"
      }
    }
    return text
  }

  /// Reads the factory's record; nil if there is none yet.
  static func credential(_ path: String?) throws(ReplenishError) -> SetupCredential? {
    guard let path, SetupRecordFile.exists(path) else { return nil }
    let record: Secret
    do throws(StorageError) { record = try SetupRecordFile.read(path) } catch { throw ReplenishError(error.text) }
    do throws(SetupCredential.Fault) { return try SetupCredential.decode(record) } catch {
      throw ReplenishError("the setup record \(path): \(error.text)")
    }
  }
}
