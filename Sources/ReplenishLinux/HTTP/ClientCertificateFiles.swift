import ReplenishCore

extension HTTPClientConfiguration.ClientCertificate {
  /// Looks at the files, so that a mistake is told at the start and not at the first press. Whether key and certificate
  /// belong together, libcurl says when it uses them.
  ///
  /// - Throws: ``StorageError`` with what mends it.
  public func check() throws(StorageError) {
    let remedy = "name the key that the device made, and the certificate that replenish-factory signed for it"
    _ = try PrivateFile(noun: "private key", remedy: remedy, mayBeRoots: true).read(privateKeyFile)
    let certificate: [UInt8]
    do throws(Errno) { certificate = try SmallFile.read(certificateFile, limit: 65_536) } catch {
      throw StorageError("\(certificateFile): \(error.text); \(remedy)")
    }
    guard !certificate.isEmpty else { throw StorageError("\(certificateFile): is empty; \(remedy)") }
  }
}
