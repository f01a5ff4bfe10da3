/// A place where a board's serial number may stand. Never its Bluetooth address, which a radio neighbour can read.
public enum SerialSource: Equatable {
  /// A file that the factory or the maker's firmware wrote.
  case file(String)
  /// The device tree, which the boot loader fills in; on a Raspberry Pi, from the chip.
  case deviceTree
  /// The system's firmware tables, on PC-like boards. Only root can read them.
  case dmi

  /// The sources that need no configuration, in the order to try them.
  public static var boards: [SerialSource] { [.deviceTree, .dmi] }

  /// The longest serial number that is looked at; an acceptable one is shorter.
  private static var limit: Int { 256 }

  /// The first source that has a serial number. It is not checked here: a bad one must be reported, not skipped, lest a
  /// device change its name when a file is mended.
  ///
  /// - Parameters:
  ///   - sources: where to look, in this order.
  ///   - root: what stands before the paths of the system, for tests.
  public static func find(_ sources: [SerialSource], root: String = "") -> FoundSerial? {
    for source in sources {
      let path = source.path(root)
      guard let bytes = try? SmallFile.read(path, limit: limit) else { continue }
      let trimmed = SmallFile.trimmed(bytes)
      if !trimmed.isEmpty { return FoundSerial(bytes: trimmed, source: "\(source.name) (\(path))") }
    }
    return nil
  }

  private var name: String {
    switch self {
    case .file: "file"
    case .deviceTree: "device tree"
    case .dmi: "DMI"
    }
  }

  private func path(_ root: String) -> String {
    switch self {
    case .file(let path): path
    case .deviceTree: root + "/proc/device-tree/serial-number"
    case .dmi: root + "/sys/class/dmi/id/product_serial"
    }
  }
}

/// A serial number as it was found, not yet checked.
public struct FoundSerial: Equatable {
  /// The bytes without blanks and zero bytes around them.
  public let bytes: [UInt8]
  /// Where it stood, for a person: `device tree (/proc/device-tree/serial-number)`.
  public let source: String
}
