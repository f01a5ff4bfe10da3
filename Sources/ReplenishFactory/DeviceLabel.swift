import ReplenishCore
import ReplenishHost

/// What is printed on a device: its QR code, and in plain text what the QR code says.
///
/// Whoever holds a label can link the device, so each drawing is a `Secret`.
public struct DeviceLabel {
  /// The serial number.
  public let serial: SerialNumber
  /// What the QR code says.
  public let payload: LabelPayload

  private let symbol: QRSymbol

  /// Makes a label.
  public init(serial: SerialNumber, payload: LabelPayload) throws(QRSymbol.TooLong) {
    self.serial = serial
    self.payload = payload
    symbol = try QRSymbol(payload.encode())
  }

  /// The label for a terminal. Its last line is the payload of the QR code, for programs that have no camera.
  public func drawText() -> Secret {
    var text = SecretBuilder(capacity: 8192)
    text.append(symbol.drawText())
    for line in lines {
      text.append("    \(line.name)")
      for _ in line.name.count..<12 { text.append(" ") }
      text.append(line.value)
      text.append("\n")
    }
    text.append("\n")
    text.append(payload.encode())
    text.append("\n")
    return text.finish()
  }

  /// The QR code as a PNG file; text is for the SVG.
  public func drawPNG() -> Secret { symbol.drawPNG(scale: 8) }

  /// The whole label as an SVG file of 62 mm × 29 mm, a common size of label printers.
  public func drawSVG() -> Secret {
    var drawing = SecretBuilder(capacity: 32768)
    drawing.append(
      """
      <svg xmlns="http://www.w3.org/2000/svg" width="62mm" height="29mm" viewBox="0 0 62 29">
      <rect width="62" height="29" fill="#fff"/>
      <path fill="#000" shape-rendering="crispEdges" transform="scale(\(tenThousandths(of: 29, by: side)))" d="
      """)
    // One rectangle for each run of black modules.
    for y in 0..<symbol.width {
      var x = 0
      while x < symbol.width {
        let start = x
        while symbol.isBlack(x, y) { x += 1 }
        if x > start {
          let quiet = QRSymbol.quietZone
          drawing.append("M\(start + quiet) \(y + quiet)h\(x - start)v1h-\(x - start)z")
        }
        x += 1
      }
    }
    drawing.append("\"/>\n<g font-family=\"monospace\" font-size=\"2.2\">\n")
    // The values need no escaping: digits, letters, and for a model + _ - besides.
    var y = 6
    for line in lines {
      drawing.append("<text x=\"29\" y=\"\(y)\" fill=\"#555\" font-size=\"1.8\">\(line.name)</text>\n")
      drawing.append("<text x=\"29\" y=\"\(y + 2)\"\(line.isEmphasized ? " font-size=\"3.2\" dy=\"1\"" : "")")
      if line.value.count > 24 { drawing.append(" textLength=\"31\" lengthAdjust=\"spacingAndGlyphs\"") }
      drawing.append(">")
      drawing.append(line.value)
      drawing.append("</text>\n")
      y += 6
    }
    drawing.append("</g>\n</svg>\n")
    return drawing.finish()
  }

  private struct Line {
    let name: String
    let value: Secret
    var isEmphasized = false
  }

  private var lines: [Line] {
    [
      Line(name: "Setup code", value: payload.code.label, isEmphasized: true),
      Line(name: "Device", value: Secret(copying: payload.shortID.text)),
      Line(name: "Model", value: Secret(copying: payload.model.text)),
      Line(name: "Serial", value: Secret(copying: serial.text)),
    ]
  }

  private var side: Int { symbol.width + 2 * QRSymbol.quietZone }

  /// A quotient as decimal text, without a locale's comma.
  private func tenThousandths(of dividend: Int, by divisor: Int) -> String {
    let value = dividend * 10000 / divisor
    let fraction = String(value % 10000)
    return "\(value / 10000)." + String(repeating: "0", count: 4 - fraction.count) + fraction
  }
}
