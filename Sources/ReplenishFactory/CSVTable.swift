/// Comma-separated values (RFC 4180): quoted fields, doubled quotes, line breaks inside quotes, CRLF or LF.
public struct CSVTable {
  /// One record of the table.
  public struct Row: Equatable {
    /// The line of the file where the record begins, from 1.
    public let line: Int
    /// The fields, unquoted.
    public let fields: [String]
  }

  /// Text that is not CSV.
  public struct ParseFailure: Error, Equatable {
    /// The line of the fault, from 1.
    public let line: Int
    /// What is wrong there, and what to do.
    public let text: String
  }

  /// The records in the order of the file; empty lines are none.
  public let rows: [Row]

  /// Parses a whole file of UTF-8. A byte order mark at its start, which spreadsheets write, is passed over.
  public init(parsing bytes: [UInt8]) throws(ParseFailure) {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    var scanner = Scanner(bytes: bytes, place: bytes.starts(with: mark) ? mark.count : 0)
    var rows: [Row] = []
    while !scanner.isAtEnd {
      if let row = try scanner.row() { rows.append(row) }
    }
    self.rows = rows
  }

  /// One field as it is written into a file: quoted where it must be.
  public static func quoted(_ field: String) -> String {
    let mustQuote = field.utf8.contains { $0 == quote || $0 == comma || $0 == lineFeed || $0 == carriageReturn }
    guard mustQuote else { return field }
    return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  private struct Scanner {
    let bytes: [UInt8]
    var place: Int
    var line = 1

    var isAtEnd: Bool { place == bytes.count }

    /// The next record; nil for an empty line.
    mutating func row() throws(ParseFailure) -> Row? {
      let first = line
      var fields: [String] = []
      while true {
        fields.append(try field())
        if isAtEnd { break }
        let separator = bytes[place]
        place += 1
        if separator == comma { continue }
        line += 1
        break
      }
      return fields == [""] ? nil : Row(line: first, fields: fields)
    }

    /// The next field, up to the comma or line feed after it, which stays.
    private mutating func field() throws(ParseFailure) -> String {
      let first = line
      let raw = isAtEnd || bytes[place] != quote ? try plainField() : try quotedField()
      guard let text = String(validating: raw, as: UTF8.self) else {
        throw ParseFailure(line: first, text: "a field is not UTF-8; save the file as UTF-8")
      }
      return text
    }

    private mutating func plainField() throws(ParseFailure) -> [UInt8] {
      var raw: [UInt8] = []
      while !isAtEnd, bytes[place] != comma, bytes[place] != lineFeed {
        guard bytes[place] != quote else {
          throw ParseFailure(line: line, text: "a quote stands inside a field that does not begin with one")
        }
        raw.append(bytes[place])
        place += 1
      }
      if raw.last == carriageReturn, isAtEnd || bytes[place] == lineFeed { raw.removeLast() }
      return raw
    }

    private mutating func quotedField() throws(ParseFailure) -> [UInt8] {
      let first = line
      var raw: [UInt8] = []
      place += 1
      while true {
        guard !isAtEnd else {
          throw ParseFailure(line: first, text: "a quoted field never ends; add the closing quote")
        }
        let byte = bytes[place]
        place += 1
        if byte == quote {
          guard !isAtEnd, bytes[place] == quote else { break }
          place += 1
        }
        if byte == lineFeed { line += 1 }
        raw.append(byte)
      }
      if !isAtEnd, bytes[place] == carriageReturn { place += 1 }
      guard isAtEnd || bytes[place] == comma || bytes[place] == lineFeed else {
        throw ParseFailure(line: line, text: "something follows the closing quote of a field; put a comma between")
      }
      return raw
    }
  }
}
