import ReplenishCore

/// A label: a QR code, and in plain text what a person needs of it.
///
/// Each drawing is a `Secret`, since labels hold codes.
struct LabelDrawing {
  /// One value with its name.
  struct Line {
    let name: String
    let value: Secret
    var isEmphasized = false
  }

  /// What the QR code says.
  let contents: Secret
  let lines: [Line]
  private let symbol: QRSymbol

  init(_ contents: Secret, lines: [Line]) throws(QRSymbol.TooLong) {
    self.contents = contents
    self.lines = lines
    symbol = try QRSymbol(contents)
  }

  /// The label for a terminal. Its last line is what the QR code says, for programs that have no camera.
  func text() -> Secret {
    var text = SecretBuilder(capacity: 8192)
    text.append(symbol.drawText())
    for line in lines {
      text.append("    \(line.name)")
      for _ in line.name.count..<12 { text.append(" ") }
      text.append(line.value)
      text.append("\n")
    }
    text.append("\n")
    text.append(contents)
    text.append("\n")
    return text.finish()
  }

  /// The QR code as a PNG file; text is for the SVG.
  func png() -> Secret { symbol.drawPNG(scale: 8) }

  /// The whole label as an SVG file of 62 mm × 29 mm, a common size of label printers.
  func svg() -> Secret {
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
      if line.value.count > (line.isEmphasized ? 16 : 24) {
        drawing.append(" textLength=\"31\" lengthAdjust=\"spacingAndGlyphs\"")
      }
      drawing.append(">")
      drawing.append(line.value)
      drawing.append("</text>\n")
      y += 6
    }
    drawing.append("</g>\n</svg>\n")
    return drawing.finish()
  }

  private var side: Int { symbol.width + 2 * QRSymbol.quietZone }

  /// A quotient as decimal text, without a locale's comma.
  private func tenThousandths(of dividend: Int, by divisor: Int) -> String {
    let value = dividend * 10000 / divisor
    let fraction = String(value % 10000)
    return "\(value / 10000)." + String(repeating: "0", count: 4 - fraction.count) + fraction
  }
}
