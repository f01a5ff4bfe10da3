/// Finds the name that somebody who misspelt it most likely meant.
public enum NearestName {
  /// The candidate that takes the fewest edits to reach, case and `_` for `-` not counted; nil if none is near.
  public static func find(_ written: [UInt8], among candidates: [String]) -> String? {
    guard !written.isEmpty, written.count <= 40 else { return nil }
    let written = written.map(folded)
    var nearest: String?
    var least = written.count / 3 + 2
    for candidate in candidates {
      let edits = distance(written, candidate.bytes.map(folded))
      if edits < least {
        least = edits
        nearest = candidate
      }
    }
    return nearest
  }

  private static func folded(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
    case UInt8(ascii: "_"): UInt8(ascii: "-")
    default: byte
    }
  }

  /// Levenshtein's distance, by rows.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let replaced = diagonal + (byte == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
