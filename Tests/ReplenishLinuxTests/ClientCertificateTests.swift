import Foundation
import Testing

@testable import ReplenishCore
@testable import ReplenishLinux

@Suite struct ClientCertificateTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("device.pem", "-----BEGIN CERTIFICATE-----\n")
    try folder.write("device.key", "-----BEGIN PRIVATE KEY-----\nsecret\n")
    try permit(0o400)
  }

  private func permit(_ mode: Int) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path + "/device.key")
  }

  private func refusal(certificate: String = "device.pem", key: String = "device.key") -> String {
    let files = HTTPClientConfiguration.ClientCertificate(
      certificateFile: "\(folder.path)/\(certificate)", privateKeyFile: "\(folder.path)/\(key)")
    do throws(StorageError) {
      try files.check()
      return "taken"
    } catch { return error.text }
  }

  @Test func takesFilesThatAreThere() { #expect(refusal() == "taken") }

  @Test func refusesAKeyThatOthersMayRead() throws {
    try permit(0o404)
    #expect(refusal().contains("\(folder.path)/device.key: others may read or change it; run: chown"))
  }

  @Test func namesTheFileThatIsMissing() throws {
    #expect(refusal(key: "none").contains("/none: there is no such file; name the key that the device made"))
    #expect(refusal(certificate: "none").contains("/none: No such file or directory; name the key"))
    try folder.write("empty", "")
    #expect(refusal(certificate: "empty").contains("/empty: is empty"))
  }

  @Test func neverSaysWhatIsInTheKey() throws {
    try permit(0o444)
    #expect(!refusal().contains("secret"))
  }
}
