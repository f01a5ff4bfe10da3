import ReplenishCore
import ReplenishHost

/// How devices enter the maker's cloud: each gets a claim code for its label, and a certificate for the key it made.
public struct CloudEnrollment {
  /// Where owners find the cloud.
  public let address: CloudAddress
  /// The folder of the requests, `SERIAL.csr` for each device.
  public let requests: String
  /// Who signs.
  public let authority: DeviceAuthority

  /// Says how.
  public init(address: CloudAddress, requests: String, authority: DeviceAuthority) {
    self.address = address
    self.requests = requests
    self.authority = authority
  }

  /// What a device gets.
  public struct Member {
    /// The label with the claim code.
    public let label: ClaimLabel
    /// SHA-256 of the device's public key.
    public let publicKeyDigest: [UInt8]
    /// The device's certificate in PEM.
    public let certificate: [UInt8]
  }

  /// Looks at every request before any device is made; all that is wrong is told.
  func check(_ list: DeviceList) throws(DeviceList.Mistakes) {
    var mistakes: [String] = []
    var fileOfKey: [[UInt8]: String] = [:]
    for entry in list.entries {
      do throws(CertificateFault) {
        let request = try request(of: entry.serial)
        if let other = fileOfKey.updateValue(file(of: entry.serial), forKey: request.publicKeyDigest) {
          mistakes.append("\(file(of: entry.serial)) has the same key as \(other); each device makes its own")
        }
      } catch {
        mistakes.append(error.text)
      }
    }
    guard mistakes.isEmpty else { throw DeviceList.Mistakes(texts: mistakes) }
  }

  func enroll(_ serial: SerialNumber, random: any RandomSource) throws -> Member {
    guard let code = ClaimCode(random: random) else { throw FactoryFault.noRandomness }
    let request = try request(of: serial)
    let label: ClaimLabel
    do throws(QRSymbol.TooLong) {
      label = try ClaimLabel(serial: serial, code: code, cloud: address)
    } catch {
      throw FactoryFault.noSymbol(serial)
    }
    return Member(
      label: label, publicKeyDigest: request.publicKeyDigest,
      certificate: try authority.sign(request, serial: serial, random: random))
  }

  private func file(of serial: SerialNumber) -> String { "\(requests)/\(serial.text).csr" }

  private func request(of serial: SerialNumber) throws(CertificateFault) -> CertificateRequest {
    let file = file(of: serial)
    let pem: Secret
    do throws(SecretFile.Failure) {
      pem = try SecretFile.read(file, limit: 16384)
    } catch {
      throw CertificateFault("\(error.text); each device of the list needs its request there")
    }
    return try CertificateRequest(pem, file: file)
  }
}
