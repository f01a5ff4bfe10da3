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
    return String(decoding: text, as: UTF8.self)
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
