import ReplenishTestSupport
import Testing

@testable import ReplenishCore

@Suite struct SPAKE2PlusTests {
  @Test func failsWithoutRandomness() throws {
    let vector = try #require(try SharedChecks.vectors.list("spake2plus").first)
    let exchange = SPAKE2Plus(context: [], prover: [], verifier: [])
    #expect(throws: SetupFault.cryptographyFailed) {
      try SPAKE2PlusProver(exchange, w0: vector.secret("w0"), w1: vector.secret("w1"), random: FixedRandom([]))
    }
  }

  @Test func drawsAgainWhatIsNoScalar() throws {
    let group = try P256()
    let order = [UInt8](hex: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    let one = [UInt8](repeating: 0, count: 31) + [1]
    let drawn = try group.randomScalar(FixedRandom(order + [UInt8](repeating: 0, count: 32) + one))
    #expect(
      try group.bytes(group.multiply(base: drawn))?.disclosed.prefix(5).map { $0 } == [4, 0x6b, 0x17, 0xd1, 0xf2])
  }
}
