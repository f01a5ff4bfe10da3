/// Times as the services write them: ISO 8601, proleptic Gregorian, UTC.
public enum UTCDate {
  /// The last second that four digits of year can name, 9999-12-31T23:59:59Z.
  public static var latest: Int64 { 253_402_300_799 }

  /// Seconds since 1970 as `2015-12-28T10:00:00Z`. A time before 1970 or after 9999 is written as that limit: a board
  /// whose clock is that wrong has no better answer.
  public static func text(_ seconds: Int64) -> String {
    let seconds = min(max(seconds, 0), latest)
    let day = civil(daysSince1970: seconds / 86_400)
    let second = Int(seconds % 86_400)
    var text: [UInt8] = []
    append(day.year, digits: 4, then: "-", to: &text)
    append(day.month, digits: 2, then: "-", to: &text)
    append(day.day, digits: 2, then: "T", to: &text)
    append(second / 3600, digits: 2, then: ":", to: &text)
    append(second / 60 % 60, digits: 2, then: ":", to: &text)
    append(second % 60, digits: 2, then: "Z", to: &text)
    return String(utf8: text)
  }

  /// The seconds since 1970 of a time; nil if it is none of the forms below or names a day or hour that is not.
  ///
  /// Forms: `2015-12-28T10:00:00Z`, the same with a fraction (cut off) or with an offset (`+09:00`), and a day alone,
  /// which means its first second in UTC and whose month and day may have one digit, as a sample of Amazon's writes it.
  public static func parse(_ text: String) -> Int64? {
    let bytes = text.bytes
    var reader = DigitReader(bytes)
    guard let year = reader.number(4...4), reader.skip("-"), let month = reader.number(1...2), reader.skip("-"),
      let day = reader.number(1...2), year > 0, (1...12).contains(month), day >= 1, day <= length(month, year)
    else { return nil }
    let midnight = days(year: year, month: month, day: day) * 86_400
    if reader.isAtEnd { return midnight }
    guard bytes.count >= 20, reader.skip("T"), let hour = reader.number(2...2), hour < 24, reader.skip(":"),
      let minute = reader.number(2...2), minute < 60, reader.skip(":"), let second = reader.number(2...2), second <= 60
    else { return nil }
    if reader.skip(".") { guard reader.number(1...9) != nil else { return nil } }
    guard let offset = offset(&reader), reader.isAtEnd else { return nil }
    return midnight + Int64(hour * 3600 + minute * 60 + second - offset)
  }

  /// The seconds by which local time is ahead of UTC.
  private static func offset(_ reader: inout DigitReader) -> Int? {
    if reader.skip("Z") { return 0 }
    let sign = reader.skip("+") ? 1 : -1
    guard sign == 1 || reader.skip("-") else { return nil }
    guard let hour = reader.number(2...2), hour < 24, reader.skip(":"), let minute = reader.number(2...2), minute < 60
    else { return nil }
    return sign * (hour * 3600 + minute * 60)
  }

  private static func length(_ month: Int, _ year: Int) -> Int {
    switch month {
    case 2: return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: return 30
    default: return 31
    }
  }

  private static func append(_ number: Int, digits: Int, then separator: Unicode.Scalar, to text: inout [UInt8]) {
    var place = digits == 4 ? 1000 : 10
    while place > 0 {
      text.append(UInt8(ascii: "0") + UInt8(number / place % 10))
      place /= 10
    }
    text.append(UInt8(ascii: separator))
  }

  /// The day of a count of days from 1970-01-01 on. Years are counted from March, so that the leap day comes last.
  private static func civil(daysSince1970 days: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = Int(days) + 719_468  // from 0000-03-01
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }

  /// Days from 1970-01-01 to a day of a year from 1 on.
  static func days(year: Int, month: Int, day: Int) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let yearOfEra = year % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return Int64(year / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468)
  }
}

/// Reads runs of digits and the characters between them.
private struct DigitReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  /// A number of as many digits as the range allows (at most 9, so that it fits everywhere).
  mutating func number(_ digits: ClosedRange<Int>) -> Int? {
    let run = rest.prefix(digits.upperBound).prefix { ASCII.isDigit($0) }
    guard digits.contains(run.count) else { return nil }
    rest = rest.dropFirst(run.count)
    return run.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }
}
