import ReplenishTestSupport
import Testing

@testable import ReplenishCore

@Suite struct CodeVerifierTests {
  final class FixedBytes: RandomSource {
    let bytes: [UInt8]?
    init(_ bytes: [UInt8]?) { self.bytes = bytes }

    func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
      guard let bytes, bytes.count == buffer.count else { return false }
      buffer.copyBytes(from: bytes)
      return true
    }
  }

  @Test func noRandomnessGivesNoVerifier() {
    #expect(CodeVerifier(random: FixedBytes(nil)) == nil)
  }

  @Test func printingShowsNoVerifier() throws {
    let verifier = try #require(CodeVerifier(random: FixedBytes([UInt8](repeating: 7, count: 32))))
    var dumped = "\(verifier)"
    dump(verifier, to: &dumped)
    #expect(!dumped.contains(verifier.secret.shownForTest))
  }
}
