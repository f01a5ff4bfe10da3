/// A text put together from parts: a literal with values in it, where a function takes a `Wording`.
///
/// Concatenation and interpolation of `String` itself bring 6 KB of code for encodings that no board has, once one of them
/// is used anywhere in a program.
package struct Wording: ExpressibleByStringInterpolation {
  /// The bytes of its UTF-8.
  package private(set) var bytes: [UInt8]

  /// The text.
  package var text: String { String(utf8: bytes) }

  package init(_ text: String) { bytes = text.bytes }

  package init(stringLiteral text: StaticString) { bytes = text.bytes }

  package init(stringInterpolation parts: Parts) { bytes = parts.bytes }

  /// The parts of a literal.
  package struct Parts: StringInterpolationProtocol {
    fileprivate var bytes: [UInt8] = []

    package init(literalCapacity: Int, interpolationCount: Int) {}

    @inline(never)
    package mutating func appendLiteral(_ literal: StaticString) { bytes += literal.bytes }

    @inline(never)
    package mutating func appendInterpolation(_ text: String) { bytes += text.bytes }

    package mutating func appendInterpolation(_ text: StaticString) { appendLiteral(text) }

    package mutating func appendInterpolation(_ text: Wording) { bytes += text.bytes }

    package mutating func appendInterpolation(_ number: some BinaryInteger) { append(Int64(clamping: number)) }

    @inline(never)
    private mutating func append(_ number: Int64) {
      if number < 0 { bytes.append(UInt8(ascii: "-")) }
      var digits: [UInt8] = []
      var rest = number.magnitude
      repeat {
        digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
      } while rest > 0
      bytes += digits.reversed()
    }
  }
}

/// A text put together from parts; see ``Wording``.
package func composed(_ wording: Wording) -> String { wording.text }
