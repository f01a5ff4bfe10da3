import Testing

@testable import ReplenishCore

@Suite struct CodeVerifierTests {
  struct File: Decodable {
    struct Good: Decodable {
      let name: String
      let octets: String?
      let verifier: String
      let challenge: String
    }
    struct Bad: Decodable {
      let name: String
      let value: String
    }
    let vectors: [Good]
    let invalidVerifiers: [Bad]
  }

  final class FixedBytes: RandomSource {
    let bytes: [UInt8]?
    init(_ bytes: [UInt8]?) { self.bytes = bytes }

    func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
      guard let bytes, bytes.count == buffer.count else { return false }
      buffer.copyBytes(from: bytes)
      return true
    }
  }

  @Test func vectors() throws {
    let file = try VectorFile.decode("pkce", as: File.self)
    #expect(!file.vectors.isEmpty && !file.invalidVerifiers.isEmpty)
    for vector in file.vectors {
      let verifier = try #require(CodeVerifier(Secret(copying: vector.verifier)), "\(vector.name)")
      #expect(verifier.challenge == vector.challenge, "\(vector.name)")
      if let octets = vector.octets {
        let bytes = try VectorFile.bytes(hex: octets)
        #expect(Base64URL.encode(bytes) == vector.verifier, "\(vector.name)")
        #expect(Base64URL.decode(vector.verifier) == bytes, "\(vector.name)")
        if bytes.count == 32 {
          let made = try #require(CodeVerifier(random: FixedBytes(bytes)))
          #expect(made.secret.shownForTest == vector.verifier, "\(vector.name)")
        }
      }
    }
    for vector in file.invalidVerifiers {
      #expect(CodeVerifier(Secret(copying: vector.value)) == nil, "\(vector.name)")
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
