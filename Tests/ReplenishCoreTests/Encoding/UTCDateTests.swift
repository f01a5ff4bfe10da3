import Foundation
import Testing

@testable import ReplenishCore

@Suite struct UTCDateTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (1_451_296_800, "2015-12-28T10:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
      (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
      (253_402_300_799, "9999-12-31T23:59:59Z"),
    ] as [(Int64, String)]) func bothWays(seconds: Int64, text: String)
  {
    #expect(UTCDate.text(seconds) == text)
    #expect(UTCDate.parse(text) == seconds)
  }

  @Test func timesOutsideAreHeldAtTheLimits() {
    #expect(UTCDate.text(-1) == "1970-01-01T00:00:00Z")
    #expect(UTCDate.text(.min) == "1970-01-01T00:00:00Z")
    #expect(UTCDate.text(.max) == "9999-12-31T23:59:59Z")
  }

  @Test func agreesWithFoundation() throws {
    let formatter = ISO8601DateFormatter()
    for seconds in stride(from: 0, through: UTCDate.latest, by: 126_700_001) {  // 2000 times, at all hours
      let text = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
      #expect(UTCDate.text(seconds) == text)
      #expect(UTCDate.parse(text) == seconds)
    }
  }

  @Test(
    arguments: [
      ("2016-01-02T08:00:00.000Z", 1_451_721_600), ("2016-01-02T08:00:00.999999999Z", 1_451_721_600),
      ("2016-01-02T17:00:00+09:00", 1_451_721_600), ("2016-01-02T02:30:00-05:30", 1_451_721_600),
      ("2017-04-07", 1_491_523_200), ("2017-04-7", 1_491_523_200), ("2016-12-31T23:59:60Z", 1_483_228_800),
      ("1969-12-31T23:59:59Z", -1),
    ] as [(String, Int64)]) func otherForms(text: String, seconds: Int64)
  {
    #expect(UTCDate.parse(text) == seconds)
  }

  @Test(arguments: [
    "", "2015", "2015-12", "2015-12-28T", "2015-12-28T10:00Z", "2015-12-28T10:00:00", "2015-12-28 10:00:00Z",
    "2015-12-28T10:00:00z", "2015-12-28T10:00:00Z ", "2015-13-01", "2015-00-01", "2015-02-29", "2015-04-31", "2015-1-0",
    "2015-12-28T24:00:00Z", "2015-12-28T10:60:00Z", "2015-12-28T10:00:61Z", "2015-12-28T10:00:00.Z",
    "2015-12-28T10:00:00.1234567890Z", "2015-12-28T10:00:00+9:00", "2015-12-28T10:00:00+0900", "-015-12-28",
    "20151-12-28", "0000-01-01", "２015-12-28", "2015-1-1T00:00:00Z",
  ]) func notADate(text: String) {
    #expect(UTCDate.parse(text) == nil)
  }
}
