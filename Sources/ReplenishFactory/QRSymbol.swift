import CQrencode
import Glibc
import ReplenishCore

/// A QR code symbol (ISO/IEC 18004): a square of black and white modules.
public struct QRSymbol {
  /// The modules of one side, without the quiet zone.
  public let width: Int

  /// The modules that a reader wants white on every side.
  public static let quietZone = 4

  private let modules: Secret

  /// A text that no QR code can hold.
  public struct TooLong: Error, Equatable {}

  /// Makes the smallest symbol for a text, with error correction level M: a label that is scratched a little still reads.
  public init(_ text: Secret) throws(TooLong) {
    let made = text.withBytes { bytes in
      QRcode_encodeData(
        Int32(bytes.count), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), 0, QR_ECLEVEL_M)
    }
    guard let made, let data = made.pointee.data else { throw TooLong() }
    let width = Int(made.pointee.width)
    self.width = width
    modules = Secret(count: width * width) { $0.copyMemory(from: .init(start: data, count: width * width)) }
    explicit_bzero(data, width * width)
    QRcode_free(made)
  }

  /// Whether a module is black. Outside the symbol all is white.
  public func isBlack(_ x: Int, _ y: Int) -> Bool {
    guard (0..<width).contains(x), (0..<width).contains(y) else { return false }
    return modules.withBytes { $0[y * width + x] & 1 == 1 }
  }

  /// The symbol for a terminal: two modules above each other in one character, drawn for light text on a dark ground.
  public func drawText() -> Secret {
    let quiet = QRSymbol.quietZone
    var text = SecretBuilder(capacity: (width + 2 * quiet) * (width + 2 * quiet) * 2)
    for y in stride(from: -quiet, to: width + quiet, by: 2) {
      for x in -quiet..<width + quiet {
        // The ground is dark, so the white modules are what gets drawn. Below the last line there are none.
        switch (isBlack(x, y), isBlack(x, y + 1) || y + 1 == width + quiet) {
        case (false, false): text.append("█")
        case (false, true): text.append("▀")
        case (true, false): text.append("▄")
        case (true, true): text.append(" ")
        }
      }
      text.append("\n")
    }
    return text.finish()
  }

  /// The symbol as a PNG file, quiet zone included, each module `scale` pixels wide.
  public func drawPNG(scale: Int) -> Secret {
    let quiet = QRSymbol.quietZone
    let side = (width + 2 * quiet) * scale
    return PNGImage.draw(width: side, height: side) { x, y in isBlack(x / scale - quiet, y / scale - quiet) }
  }
}
