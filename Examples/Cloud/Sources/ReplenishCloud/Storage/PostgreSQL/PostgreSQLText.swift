/// PostgreSQL's words for what the SQL text leaves open.
enum PostgreSQLText {
  /// A statement with `$1` for `?` and `?1`, except in quotes.
  static func statement(_ sql: String) -> String {
    var result = ""
    result.reserveCapacity(sql.utf8.count + 16)
    var quote: Character?
    var number = 0
    var rest = sql[...]
    while let character = rest.popFirst() {
      if character == quote {
        quote = nil
      } else if quote == nil, character == "'" || character == "\"" {
        quote = character
      } else if quote == nil, character == "?" {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest.removeFirst(digits.count)
        number += 1
        result += digits.isEmpty ? "$\(number)" : "$\(digits)"
        continue
      }
      result.append(character)
    }
    return result
  }

  /// A step of the schema with PostgreSQL's types. Text is compared by its bytes, as SQLite does it, whatever the
  /// database's language.
  static func schema(_ sql: String) -> String {
    var result = sql
    for (words, own) in [
      ("INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"), ("INTEGER", "BIGINT"),
      ("REAL", "DOUBLE PRECISION"), ("BLOB", "BYTEA"), ("TEXT", "TEXT COLLATE \"C\""), (" WITHOUT ROWID", ""),
    ] { result = result.replacing(words, with: own) }
    return result
  }
}
