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

  let drawing: LabelDrawing

  /// Makes a label.
  public init(serial: SerialNumber, payload: LabelPayload) throws(QRSymbol.TooLong) {
    self.serial = serial
    self.payload = payload
    drawing = try LabelDrawing(
      payload.encode(),
      lines: [
        LabelDrawing.Line(name: "Setup code", value: payload.code.label, isEmphasized: true),
        LabelDrawing.Line(name: "Device", value: Secret(copying: payload.shortID.text)),
        LabelDrawing.Line(name: "Model", value: Secret(copying: payload.model.text)),
        LabelDrawing.Line(name: "Serial", value: Secret(copying: serial.text)),
      ])
  }

  /// The label for a terminal. Its last line is the payload of the QR code, for programs that have no camera.
  public func drawText() -> Secret { drawing.text() }

  /// The QR code as a PNG file; text is for the SVG.
  public func drawPNG() -> Secret { drawing.png() }

  /// The whole label as an SVG file of 62 mm × 29 mm, a common size of label printers.
  public func drawSVG() -> Secret { drawing.svg() }
}
