import ReplenishTestSupport
import Testing

@testable import ReplenishCore

@Suite struct SealedRecordTests {
  private static let payload = "Atzr|planted-token"

  private static func seal(_ fill: UInt8 = 7) -> RecordSeal {
    let key = Secret(copying: [UInt8](repeating: fill, count: RecordSeal.keyLength))
    guard let seal = RecordSeal(key: key, source: "/run/key", random: SeededRandom(UInt64(fill))) else {
      fatalError("32 bytes are a key")
    }
    return seal
  }

  private static let file: [UInt8] =
    RecordEnvelope.encode(.link, sequence: 9, payload: Secret(copying: payload), seal: seal())?.disclosed ?? []

  private func read(_ file: [UInt8], _ kind: RecordKind = .link, _ seal: RecordSeal? = seal()) -> String {
    switch RecordEnvelope.read(kind, Secret(copying: file), seal: seal) {
    case .whole: "plain"
    case .opened(let sequence, let payload): "\(sequence):" + String(decoding: payload.disclosed, as: UTF8.self)
    case .locked(let sequence): "locked \(sequence)"
    case .newer(let version, _): "newer \(version)"
    case .damaged(let damage): "damaged: \(damage)"
    }
  }

  /// The same file with a checksum that fits, as somebody makes it who writes it on purpose.
  private func checksummed(_ file: [UInt8]) -> [UInt8] {
    Array(file[..<32]) + SHA256.digest(Array(file[..<32]) + Array(file[64...])) + Array(file[64...])
  }

  @Test func isTheDocumentedForm() { SharedChecks.expectPassed(SealedRecordVectors.checks(SharedChecks.vectors)) }

  @Test func opensWithItsKeyAndShowsNothingWithout() {
    #expect(read(Self.file) == "9:" + Self.payload)
    #expect(read(Self.file, .link, nil) == "locked 9")
    #expect(read(Self.file, .link, Self.seal(8)) == "locked 9")
    let planted = Array("planted".utf8)
    #expect(!Self.file.indices.contains { Self.file[$0...].starts(with: planted) })
  }

  @Test func noNonceComesTwice() {
    let seal = Self.seal()
    var nonces: Set<[UInt8]> = []
    for _ in 0..<100 {
      let file = RecordEnvelope.encode(.link, sequence: 1, payload: Secret(copying: "x"), seal: seal)?.disclosed ?? []
      nonces.insert(Array(file.dropFirst(64).prefix(12)))
    }
    #expect(nonces.count == 100)
  }

  /// A torn record is told apart without the key.
  @Test(arguments: [true, false]) func everyFlippedBitIsDamage(hasKey: Bool) {
    for index in Self.file.indices {
      for bit in 0..<8 {
        var changed = Self.file
        changed[index] ^= 1 << bit
        #expect(read(changed, .link, hasKey ? Self.seal() : nil).hasPrefix("damaged"), "byte \(index), bit \(bit)")
      }
    }
  }

  @Test func everyFlippedBitThatWasChecksummedAnewStaysShut() {
    for index in Self.file.indices where !(32..<64).contains(index) {
      for bit in 0..<8 {
        var changed = Self.file
        changed[index] ^= 1 << bit
        let found = read(checksummed(changed))
        #expect(!found.contains(Self.payload), "byte \(index), bit \(bit): \(found)")
        // What still is a sealed record of this version is kept, with its number.
        if (12..<20).contains(index) || (25..<32).contains(index) || index >= 64 {
          #expect(found.hasPrefix("locked"), "byte \(index), bit \(bit): \(found)")
        }
      }
    }
  }

  @Test func anotherKindOrPlaceInTimeIsRefused() {
    var farewell = Self.file
    farewell[11] = 2
    #expect(read(checksummed(farewell), .farewell) == "locked 9")
    var later = Self.file
    later[19] = 10
    #expect(read(checksummed(later)) == "locked 10")
  }

  @Test func aPayloadThatIsTooShortToBeSealedIsRefused() throws {
    let length = AESGCM.nonceLength + AESGCM.tagLength
    for count in 0..<length {
      var file = Array(Self.file[..<64]) + [UInt8](repeating: 0, count: count)
      file[23] = UInt8(count)
      #expect(read(checksummed(file)) == "locked 9")
    }
  }

  @Test func anUnknownSealIsALaterFirmwares() {
    var changed = Self.file
    changed[24] = 2
    #expect(read(checksummed(changed)) == "newer 1")
    #expect(Texts.newerRecord(.link, version: 1).contains("another seal"))
    #expect(Texts.newerRecord(.link, version: 2).contains("format 2"))
  }

  @Test func boundsWhatIsStored() {
    let most = RecordEnvelope.maximumPayload - AESGCM.nonceLength - AESGCM.tagLength
    #expect(RecordEnvelope.encode(.link, sequence: 1, payload: Secret(count: most) { _ in }, seal: Self.seal()) != nil)
    let more = Secret(count: most + 1) { _ in }
    #expect(RecordEnvelope.encode(.link, sequence: 1, payload: more, seal: Self.seal()) == nil)
  }

  @Test func aKeyHas32Bytes() {
    for count in [0, 16, 31, 33] {
      #expect(RecordSeal(key: Secret(count: count) { _ in }, source: "", random: SeededRandom(1)) == nil)
    }
  }

  /// Test case 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega).
  @Test func isAES256GCM() throws {
    let key = Secret(copying: [UInt8](hex: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"))
    let nonce = [UInt8](hex: "cafebabefacedbaddecaf888")
    let additional = [UInt8](hex: "feedfacedeadbeeffeedfacedeadbeefabaddad2")
    let message = [UInt8](
      hex: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
    let sealed = AESGCM.seal(Secret(copying: message), key: key, nonce: nonce, additional: additional)
    #expect(
      sealed?.hex == "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662" + "76fc6ece0f4e1768cddf8853bb2d551b")
    #expect(try AESGCM.open(sealed ?? [], key: key, nonce: nonce, additional: additional).disclosed == message)
  }
}
