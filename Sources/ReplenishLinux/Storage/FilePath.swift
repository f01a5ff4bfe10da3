/// A path taken apart at its last slash.
struct FilePath {
  /// The folder, as it can be opened.
  let folder: String
  /// The name in it.
  let name: String

  init(_ path: String) {
    let bytes = Array(path.utf8)
    let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
    folder =
      switch slash {
      case nil: "."
      case 0?: "/"
      case let end?: String(decoding: bytes[..<end], as: UTF8.self)
      }
    name = String(decoding: bytes[(slash.map { $0 + 1 } ?? 0)...], as: UTF8.self)
  }
}
