/// The address of a service as a person configures it: `https://host[:port][/path]`, no slash at the end.
public struct ServiceURL: Equatable, Sendable {
  /// What is wrong with an address.
  public enum Fault: Error, Equatable {
    /// It does not begin with `https://`; the device sends tokens there and speaks nothing else.
    case notHTTPS
    /// It has no host.
    case noHost
    /// It has a character that needs encoding, a `\`, or is longer than ``ServiceURL/longest`` bytes.
    case notPlain
    /// It has a user name, a query or a fragment.
    case notAnAddressOnly

    /// What is wrong and what is expected, in a sentence.
    public var explanation: String {
      switch self {
      case .notHTTPS: return "the address must begin with https://"
      case .noHost: return "the address has no host name after https://"
      case .notPlain: return "the address may hold only unescaped ASCII without spaces, and 255 characters"
      case .notAnAddressOnly: return "the address must have no user name (@), query (?) or fragment (#)"
      }
    }
  }

  /// The most bytes it may have.
  public static var longest: Int { 255 }

  /// The address, without a slash at its end.
  public let text: String

  /// Checks an address.
  public init(_ text: String) throws(Fault) {
    var bytes = text.bytes
    let scheme: StaticString = "https://"
    guard ASCII.hasPrefix(bytes, scheme) else { throw .notHTTPS }
    guard bytes.count <= ServiceURL.longest else { throw .notPlain }
    for byte in bytes.dropFirst(scheme.utf8CodeUnitCount) {
      switch byte {
      case UInt8(ascii: "@"), UInt8(ascii: "?"), UInt8(ascii: "#"): throw .notAnAddressOnly
      case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"), UInt8(ascii: "/"): continue
      default: guard ASCII.isUnreserved(byte) else { throw .notPlain }
      }
    }
    while bytes.count > scheme.utf8CodeUnitCount, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    guard bytes.count > scheme.utf8CodeUnitCount else { throw .noHost }
    let first = bytes[scheme.utf8CodeUnitCount]
    guard first != UInt8(ascii: "/"), first != UInt8(ascii: ":") else { throw .noHost }
    self.text = String(utf8: bytes)
  }
}

/// What is wrong with an address, by a name that reads well in `throws(…)` outside of ``ServiceURL``.
public typealias ServiceURLFault = ServiceURL.Fault
