import Glibc
import ReplenishCore
import ReplenishHost

/// What a factory run leaves: one folder that appears whole, or not at all.
///
/// ```
/// devices.csv            serial,model,setup_code,short_id,record
/// records/SERIAL.setup   goes onto the device; the setup code is not in it
/// labels/SERIAL.txt …    go to the label printer, and must not go onto the device
/// ```
/// and for devices that enter the maker's cloud
/// ```
/// cloud.csv              model,serial,claim_code_sha256,public_key_sha256: what the cloud imports, no secret in it
/// certificates/SERIAL.pem    goes onto the device
/// labels/SERIAL-claim.txt …  go to the label printer
/// ```
/// Folders are 0700 and files 0600: labels and list hold setup codes.
public struct DeviceFolder: ~Copyable {
  /// A drawing of the label.
  public enum LabelFormat: String, CaseIterable, Sendable {
    /// Blocks and lines of text.
    case text
    /// The QR code alone.
    case png
    /// QR code and text, 62 mm × 29 mm.
    case svg

    var fileExtension: String { self == .text ? "txt" : rawValue }
  }

  private let path: String
  private let unfinished: String
  private let folders: [String]
  private var list: SecretBuilder
  /// The lines for the cloud; digests only.
  private var cloudList = "model,serial,claim_code_sha256,public_key_sha256\n"
  private var files: [String] = []
  private var isFinished = false

  /// Begins a folder, which must not be there yet; `entersCloud` if its devices do.
  public init(_ folder: String, entersCloud: Bool = false) throws(SecretFile.Failure) {
    var path = folder
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
    unfinished = path + ".unfinished"
    folders = ["records", "labels"] + (entersCloud ? ["certificates"] : [])
    list = SecretBuilder(capacity: 4096)
    list.append("serial,model,setup_code,short_id,record\n")
    var found = stat()
    guard lstat(path, &found) != 0 else {
      throw SecretFile.Failure("\(path) is there already; name a new folder, or remove that one if it is not needed")
    }
    guard mkdir(unfinished, 0o700) == 0 else {
      if errno == EEXIST {
        throw SecretFile.Failure(
          "\(unfinished) is left from a run that was cut off; nothing in it is in use: rm -r \(unfinished)")
      }
      throw DeviceFolder.failure("make it", unfinished)
    }
    for folder in folders {
      guard mkdir("\(unfinished)/\(folder)", 0o700) == 0 else {
        throw DeviceFolder.failure("make it", "\(unfinished)/\(folder)")
      }
    }
  }

  /// Adds the files of a device, and what it needs to enter the cloud.
  public mutating func add(
    _ device: MadeDevice, _ member: CloudEnrollment.Member? = nil, formats: [LabelFormat]
  ) throws(SecretFile.Failure) {
    let label = device.label
    let record = "records/\(label.serial.text).setup"
    try write(record, device.credential.encode())
    try draw(label.drawing, label.serial.text, formats)
    list.append("\(CSVTable.quoted(label.serial.text)),\(CSVTable.quoted(label.payload.model.text)),")
    list.append(label.payload.code.label)
    list.append(",\(label.payload.shortID.text),\(record)\n")
    if let member { try add(member, label, formats) }
  }

  private mutating func add(
    _ member: CloudEnrollment.Member, _ label: DeviceLabel, _ formats: [LabelFormat]
  ) throws(SecretFile.Failure) {
    let serial = label.serial.text
    try draw(member.label.drawing, serial + "-claim", formats)
    try write("certificates/\(serial).pem", Secret(copying: member.certificate))
    cloudList += "\(label.payload.model.text),\(serial),\(Hex.encode(member.label.code.digest)),"
    cloudList += "\(Hex.encode(member.publicKeyDigest))\n"
  }

  private mutating func draw(
    _ drawing: LabelDrawing, _ name: String, _ formats: [LabelFormat]
  ) throws(SecretFile.Failure) {
    for format in formats {
      let file =
        switch format {
        case .text: drawing.text()
        case .png: drawing.png()
        case .svg: drawing.svg()
        }
      try write("labels/\(name).\(format.fileExtension)", file)
    }
  }

  /// Writes the list and gives the folder its name.
  public consuming func finish() throws(SecretFile.Failure) {
    let list = exchange(&self.list, with: SecretBuilder(capacity: 16)).finish()
    try write("devices.csv", list)
    if folders.contains("certificates") { try write("cloud.csv", Secret(copying: cloudList)) }
    for folder in folders + [""] { try DeviceFolder.sync("\(unfinished)/\(folder)") }
    // A folder replaces nothing but an empty folder, so nobody's files are lost if one has come meanwhile.
    guard rename(unfinished, path) == 0 else {
      throw DeviceFolder.failure("give it its name", path)
    }
    isFinished = true
    try DeviceFolder.sync(path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".")
  }

  deinit {
    guard !isFinished else { return }
    for file in files { unlink("\(unfinished)/\(file)") }
    for folder in folders + [""] { rmdir("\(unfinished)/\(folder)") }
  }

  private mutating func write(_ file: String, _ contents: Secret) throws(SecretFile.Failure) {
    files.append(file)
    try SecretFile.create("\(unfinished)/\(file)", contents)
  }

  private static func sync(_ folder: String) throws(SecretFile.Failure) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open it", folder) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("bring it to the disk", folder) }
  }

  private static func failure(_ action: String, _ path: String) -> SecretFile.Failure {
    SecretFile.Failure("\(path): cannot \(action): \(String(cString: strerror(errno)))")
  }
}
