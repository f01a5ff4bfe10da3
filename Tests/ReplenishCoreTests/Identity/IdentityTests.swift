import Testing

@testable import ReplenishCore

@Suite struct IdentityTests {
  @Test func theFaultNamesWhatIsWrong() {
    #expect(throws: IdentityFault.empty) { try SerialNumber("") }
    #expect(throws: IdentityFault.tooLong(count: 51, limit: 50)) { try SerialNumber(String(repeating: "1", count: 51)) }
    #expect(throws: IdentityFault.forbiddenByte(0x2D, position: 3)) { try SerialNumber("AB-1") }
    #expect(throws: IdentityFault.forbiddenByte(0x0A, position: 2)) { try SerialNumber("A\n") }
    #expect(throws: IdentityFault.forbiddenByte(0, position: 2)) { try SerialNumber("A\0") }
    #expect(IdentityFault.forbiddenByte(0x2D, position: 3).explanation.contains("the character - at position 3"))
    #expect(IdentityFault.forbiddenByte(0x1B, position: 1).explanation.contains("control character"))
    #expect(IdentityFault.forbiddenByte(0xC3, position: 1).explanation.contains("not ASCII"))
  }
}
