import Foundation
import Testing

@testable import ReplenishCore
@testable import ReplenishLinux

@Suite struct DeviceKeyFileTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/device.key" }

  init() throws { folder = try TemporaryFolder() }

  private func refusal() -> String {
    do throws(StorageError) {
      _ = try DeviceKeyFile.readOrMake(path)
      return "taken"
    } catch { return error.text }
  }

  @Test func makesAKeyThatNobodyElseMayRead() throws {
    let key = try DeviceKeyFile.readOrMake(path)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.hasPrefix("-----BEGIN PRIVATE KEY-----\n") && text.hasSuffix("-----END PRIVATE KEY-----\n"))
    #expect(key.pem()?.withBytes { $0.elementsEqual(text.utf8) } == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["device.key"])
  }

  @Test func keepsTheKeyThatIsThere() throws {
    _ = try DeviceKeyFile.readOrMake(path)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    _ = try DeviceKeyFile.readOrMake(path)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test func twoKeysAreNotTheSame() throws {
    let keys = [DeviceKey(), DeviceKey()].compactMap { $0?.pem() }
    #expect(keys.count == 2)
    #expect(keys[0].withBytes { Array($0) } != keys[1].withBytes { Array($0) })
  }

  @Test func goesOnAfterALossOfPower() throws {
    try folder.write("device.key.new", "-----BEGIN PRIV")
    #expect(refusal() == "taken")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["device.key"])
  }

  @Test func leavesAFileThatHoldsSomethingElse() throws {
    try folder.write("device.key", "garbage")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    #expect(refusal().contains("device.key: holds no private key on P-256 in PEM without a pass phrase; remove it"))
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "garbage")
  }

  @Test func refusesAKeyThatOthersMayRead() throws {
    _ = try DeviceKeyFile.readOrMake(path)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    #expect(refusal().contains("others may read or change it; run: chown"))
  }

  @Test func takesNoFolder() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(refusal().contains("is no regular file"))
  }
}
