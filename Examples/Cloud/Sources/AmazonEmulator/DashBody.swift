import Foundation
import Hummingbird
import NIOCore

/// A request body of DRS, checked field by field so that a refusal can name the field.
enum DashBody {
  /// Decodes a JSON body.
  static func decode<Body: Decodable>(_ type: Body.Type, from request: Request) async throws -> Body {
    let mediaType = request.headers[.contentType]?.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces)
    guard mediaType?.lowercased() == "application/json" else {
      throw DashError.invalidRequest("The body must be JSON; send Content-Type: application/json.")
    }
    let body = try await request.body.collect(upTo: 64 * 1024)
    do {
      return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
    } catch DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty {
      throw DashError.invalidRequest(
        "\(context.codingPath.map(\.stringValue).joined(separator: ".")) has the wrong type.")
    } catch DecodingError.keyNotFound(let key, _) {
      throw DashError.invalidRequest("\(key.stringValue) is missing.")
    } catch DecodingError.valueNotFound(_, let context) where !context.codingPath.isEmpty {
      throw DashError.invalidRequest("\(context.codingPath.map(\.stringValue).joined(separator: ".")) is null.")
    } catch {
      throw DashError.invalidRequest("The body is not a JSON object.")
    }
  }

  /// Date and time with a zone, or a date alone; Amazon's own Android sample sends a day of one digit.
  static func isDate(_ text: String) -> Bool {
    if (try? Date(text, strategy: .iso8601)) != nil { return true }
    if (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))) != nil { return true }
    return text.wholeMatch(of: /\d{4}-(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])/) != nil
  }

  static func checkDate(_ text: String?, _ name: String) throws {
    if let text, !isDate(text) {
      throw DashError.invalidRequest("\(name) is not an ISO 8601 date such as 2015-12-28T10:00:00Z.")
    }
  }
}

/// The body of a device status.
struct DeviceStatus: Decodable {
  var mostRecentlyActiveDate: String
}

extension SlotStatus {
  /// Refuses dates that are none and negative quantities.
  func check() throws {
    try DashBody.checkDate(expectedReplenishmentDate, "expectedReplenishmentDate")
    try DashBody.checkDate(lastUseDate, "lastUseDate")
    let quantities = [
      ("remainingQuantityInUnit", remainingQuantityInUnit), ("originalQuantityInUnit", originalQuantityInUnit),
      ("totalQuantityOnHand", totalQuantityOnHand),
    ]
    for case (let name, let quantity?) in quantities where quantity < 0 {
      throw DashError.invalidRequest("\(name) is negative.")
    }
  }
}
