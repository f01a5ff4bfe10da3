import ReplenishCore
import ReplenishLinux

extension ReplenishDevice {
  /// The request with which a device asks the factory for the certificate by which the maker's cloud is to know it
  /// (PKCS #10 in PEM, RFC 2986). The key is made if its file is not there yet, and never leaves the board.
  ///
  /// It needs no running device; it may be asked for any number of times, and the key stays the same.
  ///
  /// - Parameter configuration: with a client certificate in `http`, whose key file is read or made.
  /// - Throws: ``ReplenishError``, if no key file is named, or it can neither be read nor made.
  public static func certificateRequest(_ configuration: ReplenishConfiguration) throws(ReplenishError) -> String {
    guard let path = configuration.http.clientCertificate?.privateKeyFile else {
      throw ReplenishError("no private key is named: add a [cloud] section with private-key to the configuration")
    }
    let serial = try identify(configuration).serial
    let key: DeviceKey
    do throws(StorageError) { key = try DeviceKeyFile.readOrMake(path) } catch { throw ReplenishError(error.text) }
    guard let request = key.certificateRequest(serial: serial) else {
      throw ReplenishError("the certificate request could not be made; is memory left?")
    }
    return request
  }
}
