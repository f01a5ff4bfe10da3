import ReplenishCore

/// The files of a device's next key, beside those of the present one, and how they take their place.
///
/// The key is durable as `….next` before a certificate is asked for, and the certificate after it. From the moment that the
/// certificate's file is there, the two are the device's; what a loss of power left of putting them in their places,
/// ``finish()`` does. Until then the device has its present pair. The cloud trusts both keys until the next one is used,
/// so at no moment does the device hold none that is trusted.
public struct NextKeyFiles {
  private let key: KeyPlace
  private let certificate: KeyPlace

  private static let suffix = ".next"

  /// Names the present files, which need not be in one folder.
  public init(_ present: HTTPClientConfiguration.ClientCertificate, fileSystem: any FileSystem) {
    let calls = StorageCalls(fileSystem: fileSystem)
    key = KeyPlace(present.privateKeyFile, calls)
    certificate = KeyPlace(present.certificateFile, calls)
  }

  /// The next key, which an earlier try may have made already.
  public func readOrMake() throws(StorageError) -> DeviceKey {
    try DeviceKeyFile.readOrMake(key, suffix: NextKeyFiles.suffix)
  }

  /// Makes the next key, with its certificate in PEM, the present one.
  public func adopt(_ pem: Secret) throws(StorageError) {
    try certificate.inFolder { (folder) throws(StorageError) in
      try certificate.write(pem, NextKeyFiles.suffix, in: folder)
      try finish(folder)
    }
  }

  /// Completes what a loss of power interrupted. To be called before the files are used.
  public func finish() throws(StorageError) {
    // Where nothing could be written, nothing was.
    guard let folder = try certificate.folderIfAny() else { return }
    defer { certificate.calls.close(folder) }
    try finish(folder)
  }

  private func finish(_ folder: Int32) throws(StorageError) {
    let suffix = NextKeyFiles.suffix
    guard try certificate.has(suffix, in: folder) else { return }
    // The key first: while the certificate waits, this is done again. A key that is not there is in its place already.
    try key.inFolder { (folder) throws(StorageError) in
      if try key.has(suffix, in: folder) { try key.take(suffix, in: folder) }
    }
    try certificate.take(suffix, in: folder)
  }
}
