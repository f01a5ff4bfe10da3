import ReplenishCore
import ReplenishLinux

/// The device's next key: made, certified by the maker's cloud, put in the place of the present one, and used.
///
/// However it is interrupted, the cloud trusts the pair that the device has (``NextKeyFiles``), and asking again is
/// harmless.
final class KeyRenewal {
  private let address: String
  private let serial: SerialNumber
  private let files: NextKeyFiles
  private var isUnderWay = false

  /// Nil where the maker's cloud does not know the device by a key.
  init?(_ configuration: ReplenishConfiguration, serial: SerialNumber) {
    guard let cloud = configuration.device.cloud, let present = configuration.http.clientCertificate else { return nil }
    address = cloud.address
    self.serial = serial
    files = NextKeyFiles(present, fileSystem: LinuxFileSystem())
  }

  /// Completes what a loss of power interrupted.
  func finish() throws(StorageError) { try files.finish() }

  /// Begins, unless it has begun.
  ///
  /// - Parameters:
  ///   - http: for the request, which shows the present certificate.
  ///   - renewed: gives a client without the connections and TLS sessions of the key before, in its place.
  func begin(
    _ http: HTTPClient, renewed: @escaping () -> HTTPClient?, _ end: @escaping (Reply) -> Void
  ) {
    guard !isUnderWay else { return end(.refused(Refusal(.busy, "a key is being renewed already: wait for it"))) }
    let key: DeviceKey
    do throws(StorageError) {
      try files.finish()
      key = try files.readOrMake()
    } catch { return end(.refused(Refusal(.storage, error.text))) }
    guard let request = key.certificateRequest(serial: serial) else {
      return end(.refused(Refusal(.storage, "the certificate request could not be made; is memory left?")))
    }
    isUnderWay = true
    http.start(KeyExchange.request(request, at: address)) { [unowned(unsafe) self] outcome in
      let refusal = adopt(outcome, key)
      guard refusal == nil, let fresh = renewed() else { return finish(refusal, end) }
      fresh.start(KeyExchange.firstUse(at: address)) { [unowned(unsafe) self] outcome in
        var refusal: Refusal?
        do throws(Refusal) { try KeyExchange.check(outcome) } catch { refusal = error }
        finish(refusal, end)
      }
    }
  }

  private func adopt(_ outcome: HTTPOutcome, _ key: DeviceKey) -> Refusal? {
    do throws(Refusal) {
      let certificate = try KeyExchange.certificate(outcome, for: key)
      do throws(StorageError) { try files.adopt(certificate) } catch { throw Refusal(.storage, error.text) }
      return nil
    } catch { return error }
  }

  private func finish(_ refusal: Refusal?, _ end: (Reply) -> Void) {
    isUnderWay = false
    end(refusal.map { .refused($0) } ?? .done)
  }
}
