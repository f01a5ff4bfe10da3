import Foundation

/// A value in the database.
enum SQLValue: Sendable, Hashable {
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob(Data)
  case null
}

/// What can be a value in the database.
protocol SQLConvertible: Sendable {
  var sqlValue: SQLValue { get }
  /// Nil when the value is of another type.
  init?(sqlValue: SQLValue)
}

extension SQLValue: SQLConvertible {
  var sqlValue: SQLValue { self }
  init?(sqlValue: SQLValue) { self = sqlValue }
}

extension Int64: SQLConvertible {
  var sqlValue: SQLValue { .integer(self) }
  init?(sqlValue: SQLValue) {
    guard case .integer(let value) = sqlValue else { return nil }
    self = value
  }
}

extension Int: SQLConvertible {
  var sqlValue: SQLValue { .integer(Int64(self)) }
  init?(sqlValue: SQLValue) {
    guard case .integer(let value) = sqlValue else { return nil }
    self.init(exactly: value)
  }
}

/// A truth is stored as 0 or 1.
extension Bool: SQLConvertible {
  var sqlValue: SQLValue { .integer(self ? 1 : 0) }
  init?(sqlValue: SQLValue) {
    guard case .integer(let value) = sqlValue else { return nil }
    self = value != 0
  }
}

extension Double: SQLConvertible {
  var sqlValue: SQLValue { .real(self) }
  init?(sqlValue: SQLValue) {
    switch sqlValue {
    case .real(let value): self = value
    case .integer(let value): self = Double(value)
    default: return nil
    }
  }
}

extension String: SQLConvertible {
  var sqlValue: SQLValue { .text(self) }
  init?(sqlValue: SQLValue) {
    guard case .text(let value) = sqlValue else { return nil }
    self = value
  }
}

extension Data: SQLConvertible {
  var sqlValue: SQLValue { .blob(self) }
  init?(sqlValue: SQLValue) {
    guard case .blob(let value) = sqlValue else { return nil }
    self = value
  }
}

/// A row of an answer. A column that is not there, or is of another type than is asked for, is a mistake of the program
/// and ends it.
struct SQLRow: Sendable, Hashable {
  let columns: [String]
  let values: [SQLValue]

  /// A column by its name.
  subscript<Value: SQLConvertible>(_ column: String) -> Value {
    guard let value: Value = self[column] else { fatalError("The column \(column) is NULL.") }
    return value
  }

  /// A column by its name; nil when it is NULL.
  subscript<Value: SQLConvertible>(_ column: String) -> Value? {
    guard let index = columns.firstIndex(of: column) else { fatalError("There is no column \(column).") }
    return self[at: index]
  }

  /// A column by its place; nil when it is NULL.
  subscript<Value: SQLConvertible>(at index: Int) -> Value? {
    if values[index] == .null { return nil }
    guard let value = Value(sqlValue: values[index]) else {
      fatalError("The column \(columns[index]) is no \(Value.self).")
    }
    return value
  }

  func date(_ column: String) -> Date { Date(timeIntervalSince1970: self[column]) }

  func dateIfAny(_ column: String) -> Date? {
    (self[column] as Double?).map(Date.init(timeIntervalSince1970:))
  }
}

extension Date {
  /// How times are stored: seconds since 1970.
  var seconds: Double { timeIntervalSince1970 }
}
