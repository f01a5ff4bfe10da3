import Foundation
import ReplenishCore
import ReplenishHost
import Testing

@testable import ReplenishFactory

@Suite struct FactoryRunTests {
  private let folder = "\(FileManager.default.temporaryDirectory.path)/factory-\(UUID().uuidString)"

  private func make(_ count: Int, formats: [DeviceFolder.LabelFormat] = [.text]) throws -> [MadeDevice] {
    let lines = (1...count).map { "SN\($0)\n" }.joined()
    let list = try DeviceList(csv: Array(lines.utf8), file: "list", model: "Brewer+3")
    var run = FactoryRun()
    run.iterations = 10_000
    run.formats = formats
    var made: [MadeDevice] = []
    try run.make(list, into: folder, random: HostRandom()) { made.append($0) }
    return made
  }

  private func text(_ secret: Secret) -> String { secret.withBytes { String(decoding: $0, as: UTF8.self) } }

  @Test func leavesAFolderThatOnlyItsOwnerReads() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let made = try make(3, formats: [.text, .png, .svg])
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
    #expect(paths.count == 3 + 3 + 9)
    for path in paths + [""] {
      let found = try FileManager.default.attributesOfItem(atPath: folder + "/" + path)
      let isFolder = found[.type] as? FileAttributeType == .typeDirectory
      #expect(found[.posixPermissions] as? Int == (isFolder ? 0o700 : 0o600), "\(path)")
    }
    let table = try CSVTable(parsing: Array(Data(contentsOf: URL(fileURLWithPath: folder + "/devices.csv"))))
    #expect(table.rows.first?.fields == ["serial", "model", "setup_code", "short_id", "record"])
    for (row, device) in zip(table.rows.dropFirst(), made) {
      #expect(
        row.fields[0...3] == [
          device.label.serial.text, "Brewer+3", text(device.label.payload.code.label), device.credential.shortID.text,
        ])
      let record = try SecretFile.read("\(folder)/\(row.fields[4])", limit: 4096)
      #expect(Secret.matches(record, device.credential.encode()))
    }
  }

  @Test func keepsTheCodeOutOfTheRecord() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for device in try make(5) {
      let code = text(device.label.payload.code.label)
      let record = text(device.credential.encode())
      let label = text(device.label.drawText())
      #expect(label.contains(code))  // so the search below would find it
      for form in [code, code.filter { $0 != "-" }] {
        let bytes = Data(form.utf8)
        let hexadecimal = bytes.map { String(format: "%02x", $0) }.joined()
        #expect(!record.contains(form))
        #expect(!record.lowercased().contains(hexadecimal))
        #expect(!record.contains(bytes.base64EncodedString().prefix(10)))
      }
    }
  }

  @Test func givesEachDeviceItsOwnCodeAndID() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let made = try make(20)
    #expect(Set(made.map { text($0.label.payload.code.label) }).count == 20)
    #expect(Set(made.map(\.credential.shortID.text)).count == 20)
  }

  @Test func drawsAgainWhenAShortIDIsTaken() throws {
    let entry = try DeviceList.Entry(serial: "A", model: "B")
    var refused: [ShortID] = []
    let device = try MadeDevice(entry, iterations: 10_000, random: HostRandom()) { id in
      guard refused.count < 2 else { return false }
      refused.append(id)
      return true
    }
    #expect(refused.count == 2)
    #expect(!refused.contains(device.credential.shortID))
  }

  @Test func makesNothingWithoutRandomness() {
    final class Empty: RandomSource {
      func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Bool { false }
    }
    #expect(throws: FactoryRun.Failure.self) {
      try FactoryRun().make(
        try DeviceList(serial: "A", model: "B"), into: folder, random: Empty())
    }
    #expect(!FileManager.default.fileExists(atPath: folder))
    #expect(!FileManager.default.fileExists(atPath: folder + ".unfinished"))
  }

  @Test func touchesNoFolderThatIsThere() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect { try make(1) } throws: { ($0 as? FactoryRun.Failure)?.text.contains("is there already") == true }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
  }
}
