import Foundation

@testable import ReplenishCore

/// The files of Tests/Vectors that are about setup.
enum SetupVectors {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Vectors")

  static func object(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: folder.appendingPathComponent(name))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  static func list(_ name: String, _ key: String) throws -> [[String: Any]] {
    try object(name)[key] as? [[String: Any]] ?? []
  }
}

extension [String: Any] {
  /// A member of text; empty if absent, so that a comparison with it fails.
  func text(_ key: String) -> String { self[key] as? String ?? "absent: \(key)" }

  /// A member of hexadecimal digits.
  func bytes(_ key: String) -> [UInt8] { [UInt8](hex: text(key)) }

  func secret(_ key: String) -> Secret { Secret(copying: bytes(key)) }
}

extension [UInt8] {
  init(hex: String) { self = Hex.decode(Secret(copying: hex))?.disclosed ?? [] }
  var hex: String { map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined() }
}
