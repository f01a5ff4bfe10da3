import ReplenishFuzzHarness
import Testing

/// All tests of the harness, one after another: a target keeps what it has reached, and uses it in one thread only.
@Suite(.serialized) struct FuzzTests {}

extension FuzzTests {
  /// The harness itself: an input that ends too early, or is nothing but lengths, is one.
  @Suite struct HarnessTests {
    @Test(arguments: FuzzTarget.allCases)
    func anyInputIsAnInput(_ target: FuzzTarget) throws {
      try target.run([])
      try target.run([UInt8](repeating: 0xFF, count: 300))
    }
  }
}
