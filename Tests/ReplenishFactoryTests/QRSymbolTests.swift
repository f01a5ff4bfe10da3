import Foundation
import ReplenishCore
import ReplenishHost
import Testing

@testable import ReplenishFactory

/// Reads the QR codes with zbar, which shares nothing with libqrencode.
@Suite struct QRSymbolTests {
  private static let reader = "/usr/bin/zbarimg"
  private static let hasReader = FileManager.default.isExecutableFile(atPath: reader)
  private static let hint: Comment = "zbarimg is not installed: apt-get install zbar-tools"

  /// The text that zbar finds in an image.
  private func scan(_ image: Data, _ fileExtension: String) throws -> String {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).\(fileExtension)")
    try image.write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: QRSymbolTests.reader)
    process.arguments = ["--quiet", "--raw", "--nodbus", file.path]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .newlines)
  }

  private func label(model: String) throws -> DeviceLabel {
    let payload = LabelPayload(
      shortID: try #require(ShortID([0x4F, 0x2A, 0x9C])), code: try SetupCode(Secret(copying: "2101-7149")),
      model: try ModelID(model))
    return try DeviceLabel(serial: try SerialNumber("ABC123"), payload: payload)
  }

  @Test(.enabled(if: hasReader, hint), arguments: ["B", "Brewer+3", String(repeating: "+", count: 63)])
  func aStrangersReaderReadsThePNG(model: String) throws {
    let label = try label(model: model)
    let escaped = model.replacingOccurrences(of: "+", with: "%2B")
    let png = label.drawPNG().withBytes { Data($0) }
    #expect(try scan(png, "png") == "replenish:v1?id=4F2A9C&code=21017149&model=\(escaped)")
  }

  /// Paints the characters of the terminal as a portable bitmap, and has that read.
  @Test(.enabled(if: hasReader, hint))
  func aStrangersReaderReadsTheTerminal() throws {
    let text = try label(model: "Brewer+3").drawText().withBytes { String(decoding: $0, as: UTF8.self) }
    let rows = text.split(separator: "\n").prefix { $0.contains("█") || $0.contains("▀") }.map(Array.init)
    let width = try #require(rows.first?.count)
    var bits: [[Bool]] = []
    for row in rows {
      bits.append(row.map { $0 == " " || $0 == "▄" })
      bits.append(row.map { $0 == " " || $0 == "▀" })
    }
    let scale = 6
    var image = "P1 \(width * scale) \(bits.count * scale)\n"
    for row in bits {
      let line = row.map { String(repeating: $0 ? "1 " : "0 ", count: scale) }.joined() + "\n"
      image += String(repeating: line, count: scale)
    }
    #expect(try scan(Data(image.utf8), "pbm").hasPrefix("replenish:v1?id=4F2A9C&code=21017149"))
  }

  @Test func theSVGDrawsTheSameModules() throws {
    let label = try label(model: "Brewer+3")
    let symbol = try QRSymbol(label.payload.encode())
    let drawing = label.drawSVG().withBytes { String(decoding: $0, as: UTF8.self) }
    let path = try #require(drawing.firstMatch(of: /d="([^"]*)"/)?.1)
    var black: Set<[Int]> = []
    for run in path.matches(of: /M(\d+) (\d+)h(\d+)v1h-(\d+)z/) {
      let (x, y, width) = (try #require(Int(run.1)), try #require(Int(run.2)), try #require(Int(run.3)))
      #expect(run.3 == run.4)
      for column in x..<x + width { black.insert([column - QRSymbol.quietZone, y - QRSymbol.quietZone]) }
    }
    for y in 0..<symbol.width {
      for x in 0..<symbol.width { #expect(black.contains([x, y]) == symbol.isBlack(x, y)) }
    }
    for text in ["2101-7149", "4F2A9C", "Brewer+3", "ABC123"] { #expect(drawing.contains(">\(text)</text>")) }
  }
}
