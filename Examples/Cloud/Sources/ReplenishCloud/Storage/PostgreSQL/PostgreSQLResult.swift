import CPostgreSQL
import Foundation

/// The answer to a statement, in binary form, copied out of libpq's memory.
struct PostgreSQLResult {
  let rows: [SQLRow]
  /// How many rows were changed; 0 for a query.
  let changed: Int
  /// The name of the command, such as `COMMIT`.
  let command: String

  init(_ result: OpaquePointer) throws {
    let words = String(cString: PQcmdStatus(result)).split(separator: " ")
    command = words.first.map(String.init) ?? ""
    changed = command == "SELECT" ? 0 : Int(String(cString: PQcmdTuples(result))) ?? 0
    let fields = 0..<PQnfields(result)
    let columns = fields.map { String(cString: PQfname(result, $0)) }
    let types = fields.map { PQftype(result, $0) }
    rows = try (0..<PQntuples(result)).map { row in
      SQLRow(
        columns: columns,
        values: try fields.map { field in
          if PQgetisnull(result, row, field) == 1 { return .null }
          let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, field), count: Int(PQgetlength(result, row, field)))
          return try SQLValue(postgreSQL: bytes, type: types[Int(field)])
        })
    }
  }
}

/// The object identifiers of the built-in types that are used (pg_type.dat).
private enum TypeID {
  static let bool: Oid = 16
  static let bytea: Oid = 17
  static let name: Oid = 19
  static let int8: Oid = 20
  static let int2: Oid = 21
  static let int4: Oid = 23
  static let text: Oid = 25
  static let float8: Oid = 701
  static let varchar: Oid = 1043
  static let void: Oid = 2278
  static let unknown: Oid = 0
}

extension SQLValue {
  fileprivate init(postgreSQL bytes: UnsafeRawBufferPointer, type: Oid) throws {
    func integer() -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    switch type {
    case TypeID.bool: self = .integer(integer() == 0 ? 0 : 1)
    case TypeID.int8: self = .integer(Int64(bitPattern: integer()))
    case TypeID.int4: self = .integer(Int64(Int32(truncatingIfNeeded: integer())))
    case TypeID.int2: self = .integer(Int64(Int16(truncatingIfNeeded: integer())))
    case TypeID.float8: self = .real(Double(bitPattern: integer()))
    case TypeID.text, TypeID.varchar, TypeID.name: self = .text(String(decoding: bytes, as: UTF8.self))
    case TypeID.void: self = .null
    case TypeID.bytea: self = .blob(Data(bytes))
    default: throw PostgreSQLError(sqlState: "", message: "A column has a type that is not used here: \(type)")
    }
  }

  /// Its type, and its bytes; nil for NULL.
  func postgreSQL() throws -> (type: Oid, bytes: [UInt8]?) {
    func bigEndian(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian, Array.init) }
    switch self {
    case .null: return (TypeID.unknown, nil)
    case .integer(let value): return (TypeID.int8, bigEndian(UInt64(bitPattern: value)))
    case .real(let value): return (TypeID.float8, bigEndian(value.bitPattern))
    case .blob(let value): return (TypeID.bytea, Array(value))
    case .text(let value):
      guard !value.utf8.contains(0) else {
        throw PostgreSQLError(sqlState: "22021", message: "PostgreSQL takes no text with U+0000 in it")
      }
      return (TypeID.text, Array(value.utf8))
    }
  }
}
