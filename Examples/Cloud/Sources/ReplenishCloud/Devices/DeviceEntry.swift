import Foundation
import NIOSSL

/// Enters devices: one that an operator describes, or a list that the factory made.
public struct DeviceEntry: Sendable {
  /// A description that cannot be used.
  public struct Failure: Error, CustomStringConvertible {
    /// One line: what is wrong, and what to do.
    public let description: String
  }

  /// A new claim code for a label.
  public static func drawClaimCode() -> String { SecretText.draw() }

  /// The digest under which a claim code is stored; hyphens, spaces and case do not matter.
  public static func digest(ofClaimCode code: String) -> Fingerprint { SecretText.fingerprint(code) }

  /// What the QR code on the label says.
  public static func claimAddress(_ publicAddress: String, serial: String, code: String) -> String {
    "\(publicAddress)/claim?serial=\(serial)&code=\(code)"
  }

  /// The digest of a certificate's public key, which is the device's identity.
  public static func publicKey(ofCertificate pem: String) throws -> Fingerprint {
    guard let certificate = try? NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)).first,
      let key = try? certificate.extractPublicKey().toSPKIBytes()
    else { throw Failure(description: "This is no certificate in PEM; name the device's certificate.") }
    return Fingerprint(of: key)
  }

  /// Checks model and serial number as the device does.
  public static func check(model: String, serial: String) throws {
    func isASCII(_ text: String, _ limit: Int, _ further: String) -> Bool {
      (1...limit).contains(text.utf8.count)
        && text.unicodeScalars.allSatisfy {
          $0.isASCII
            && ($0.properties.isAlphabetic || $0.properties.numericType != nil || further.unicodeScalars.contains($0))
        }
    }
    guard isASCII(model, 63, "+_-") else {
      throw Failure(description: "\(model) is no model id: 1 to 63 of A-Z a-z 0-9 + _ -.")
    }
    guard isASCII(serial, 50, "") else {
      throw Failure(description: "\(serial) is no serial number: 1 to 50 of A-Z a-z 0-9.")
    }
  }

  /// Reads the factory's list: `model,serial,claim_code_sha256,public_key_sha256`, digests in hexadecimal.
  ///
  /// The cloud learns digests only: whoever reads its list can neither claim a device nor pose as one.
  public static func list(_ text: String) throws -> [NewDevice] {
    var lines = text.split(whereSeparator: \.isNewline).enumerated().makeIterator()
    let header = "model,serial,claim_code_sha256,public_key_sha256"
    guard let first = lines.next(), first.element.trimmingCharacters(in: .whitespaces) == header else {
      throw Failure(description: "The first line of the list must be: \(header)")
    }
    var devices: [NewDevice] = []
    while let (number, line) = lines.next() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 4, let code = Fingerprint(hexadecimal: fields[2]),
        let key = Fingerprint(hexadecimal: fields[3])
      else { throw Failure(description: "Line \(number + 1) of the list is not: \(header)") }
      try check(model: fields[0], serial: fields[1])
      devices.append(NewDevice(model: fields[0], serial: fields[1], claimCode: code, publicKey: key))
    }
    return devices
  }
}
