import Foundation
import OAuthServer

/// What `scope_data` says about the device that asks for `dash:replenish`.
public struct ScopeData: Equatable, Codable, Sendable {
  /// The model identifier, at most 64 of `A-Z a-z 0-9 + _ -`.
  public var model: String
  /// The serial number, in the same characters.
  public var serial: String
  /// Whether orders are only pretended.
  public var isTestDevice: Bool
  /// Whether a model may be used that is not certified yet.
  public var includesNonLive: Bool

  /// Reads the JSON text; both documented spellings of a boolean are understood, `true` and `"true"`.
  public init(text: String) throws {
    let refusal = OAuthError(
      .invalidRequest, .invalid(parameter: "scope_data"),
      """
      scope_data must be JSON like {"dash:replenish":{"device_model":"MODEL","serial":"SERIAL"}}, both of at most \
      64 characters out of A-Z a-z 0-9 + _ -.
      """)
    guard let outer = try? JSONDecoder().decode(Outer.self, from: Data(text.utf8)),
      Self.isIdentifier(outer.dash.device_model), Self.isIdentifier(outer.dash.serial)
    else { throw refusal }
    model = outer.dash.device_model
    serial = outer.dash.serial
    isTestDevice = outer.dash.is_test_device?.isOn ?? false
    includesNonLive = outer.dash.should_include_non_live?.isOn ?? false
  }

  private struct Outer: Decodable {
    struct Dash: Decodable {
      var device_model: String
      var serial: String
      var is_test_device: Flag?
      var should_include_non_live: Flag?
    }

    var dash: Dash

    enum CodingKeys: String, CodingKey { case dash = "dash:replenish" }
  }

  /// A boolean in either of its two documented spellings.
  private struct Flag: Decodable {
    var isOn: Bool

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        isOn = flag
      } else {
        switch try container.decode(String.self) {
        case "true": isOn = true
        case "false": isOn = false
        default: throw DecodingError.dataCorruptedError(in: container, debugDescription: "neither true nor false")
        }
      }
    }
  }

  private static func isIdentifier(_ text: String) -> Bool {
    guard (1...64).contains(text.utf8.count) else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }
}
