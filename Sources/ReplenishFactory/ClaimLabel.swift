import ReplenishCore

/// The second label of a device that the maker's cloud manages: serial number and claim code, and a QR code that opens
/// the cloud's page with both filled in.
///
/// Whoever holds it, and the device with it, can claim the device: each drawing is a `Secret`.
public struct ClaimLabel {
  /// The claim code.
  public let code: ClaimCode

  let drawing: LabelDrawing

  /// Makes a label.
  ///
  /// - Parameters:
  ///   - serial: the device's serial number.
  ///   - code: its claim code.
  ///   - cloud: the cloud's address; the page is `/claim` below it.
  /// - Throws: `QRSymbol.TooLong`, when address, serial number and code do not fit a QR code.
  public init(serial: SerialNumber, code: ClaimCode, cloud: CloudAddress) throws(QRSymbol.TooLong) {
    self.code = code
    var page = SecretBuilder(capacity: 400)
    page.append("\(cloud.text)/claim?serial=\(serial.text)&code=")
    page.append(code.label)
    drawing = try LabelDrawing(
      page.finish(),
      lines: [
        LabelDrawing.Line(name: "Claim code", value: code.label, isEmphasized: true),
        LabelDrawing.Line(name: "Serial", value: Secret(copying: serial.text)),
      ])
  }
}
