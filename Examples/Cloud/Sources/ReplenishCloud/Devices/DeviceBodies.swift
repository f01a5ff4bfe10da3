import Foundation
import Hummingbird

/// The bodies that devices send. What is not named here is ignored; what is wrong is refused before it is stored.
enum DeviceBody {
  /// The largest body of any route.
  static let limit = 4096

  struct PressReport: Decodable {
    var slot: String
    /// Whole or broken seconds since the press; left out when the device cannot know.
    var ageSeconds: Double?
  }

  struct SlotStatus: Codable {
    var expectedReplenishmentDate: String?
    var remainingQuantityInUnit: Double?
    var originalQuantityInUnit: Double?
    var totalQuantityOnHand: Double?
    var lastUseDate: String?
  }

  struct DeviceStatus: Codable {
    var mostRecentlyActiveDate: String
  }

  struct CertificateRequest: Decodable {
    /// PKCS #10 in PEM.
    var request: String
  }

  struct CommandEnd: Decodable {
    enum State: String, Decodable {
      /// The device did it.
      case done
      /// The device does not know how, or does not do such things.
      case refused
    }

    var state: State
  }

  struct Malformed: Error {}

  static func decode<Value: Decodable>(_ type: Value.Type, _ request: Request) async throws -> Value {
    let buffer = try await request.body.collect(upTo: limit)
    do {
      return try JSONDecoder().decode(type, from: Data(buffer.readableBytesView))
    } catch {
      throw Malformed()
    }
  }

  static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// A slot's name: 1 to 64 visible ASCII characters that mean nothing in a path.
  static func isSlot(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count) && text != "." && text != ".."
      && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") }
  }

  /// A press's identifier: 32 hexadecimal digits in lower case.
  static func isPressID(_ text: String) -> Bool {
    text.utf8.count == 32
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
      }
  }

  /// A date as the service takes it: ISO 8601, with or without a time of day.
  static func isDate(_ text: String) -> Bool {
    (8...40).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-:.+TZ".utf8.contains(byte)
      }
  }
}
