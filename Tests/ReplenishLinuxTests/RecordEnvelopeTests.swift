import ReplenishCore
import Testing

@testable import ReplenishCore

@Suite struct RecordEnvelopeTests {
  private func bytes(_ secret: Secret?) -> [UInt8] { secret?.withBytes { Array($0) } ?? [] }

  private func whole(_ reading: RecordEnvelope.Reading) -> String? {
    guard case .whole(let sequence, let payload) = reading else { return nil }
    return "\(sequence):" + payload.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  @Test func readsWhatItWrote() {
    for kind in RecordKind.allCases {
      let file = bytes(RecordEnvelope.encode(kind, sequence: 7, payload: Secret(copying: "payload")))
      #expect(file.count == RecordEnvelope.headerLength + 7)
      #expect(whole(RecordEnvelope.read(kind, Secret(copying: file))) == "7:payload")
    }
    let empty = RecordEnvelope.encode(.link, sequence: .max, payload: Secret(copying: ""))
    #expect(whole(RecordEnvelope.read(.link, Secret(copying: bytes(empty)))) == "\(UInt64.max):")
  }

  /// The form on disk, byte for byte; the digest was computed with `sha256sum`.
  @Test func isTheDocumentedForm() {
    let file = bytes(RecordEnvelope.encode(.journal, sequence: 0x0102, payload: Secret(copying: "abc")))
    let header: [UInt8] =
      Array("RPLNSHR".utf8) + [0, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0]
    #expect(Array(file[..<32]) == header)
    let digest = file[32..<64].map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    #expect(digest == "509daaf30a8a4b1e392dd5eb9c1fd1133ac1d05e6241e718e976ba69479eea42")
    #expect(Array(file[64...]) == Array("abc".utf8))
  }

  @Test func noticesEveryChangedBitAndEveryLength() {
    let file = bytes(RecordEnvelope.encode(.link, sequence: 9, payload: Secret(copying: "Atzr|secret")))
    for index in file.indices {
      for bit in 0..<8 {
        var changed = file
        changed[index] ^= 1 << bit
        guard case .damaged = RecordEnvelope.read(.link, Secret(copying: changed)) else {
          Issue.record("byte \(index), bit \(bit) passed")
          continue
        }
      }
    }
    for length in 0..<file.count {
      guard case .damaged = RecordEnvelope.read(.link, Secret(copying: Array(file[..<length]))) else {
        Issue.record("\(length) bytes passed")
        continue
      }
    }
    guard case .damaged(.length) = RecordEnvelope.read(.link, Secret(copying: file + [0])) else {
      Issue.record("a longer file passed")
      return
    }
  }

  @Test func refusesAnotherKind() {
    let file = bytes(RecordEnvelope.encode(.link, sequence: 1, payload: Secret(copying: "x")))
    guard case .damaged(.kind) = RecordEnvelope.read(.journal, Secret(copying: file)) else {
      Issue.record("a link passed for a journal")
      return
    }
  }

  @Test func tellsALaterVersionFromDamage() {
    let file = RecordEnvelope.encode(.link, version: 2, sequence: 4, payload: Secret(copying: "later"))
    guard case .newer(version: 2, sequence: 4) = RecordEnvelope.read(.link, Secret(copying: bytes(file))) else {
      Issue.record("a later version was not recognized")
      return
    }
    let old = RecordEnvelope.encode(.link, version: 0, sequence: 4, payload: Secret(copying: "never"))
    guard case .damaged = RecordEnvelope.read(.link, Secret(copying: bytes(old))) else {
      Issue.record("version 0 passed")
      return
    }
  }

  @Test func boundsThePayload() {
    let most = Secret(count: RecordEnvelope.maximumPayload) { _ in }
    #expect(RecordEnvelope.encode(.link, sequence: 1, payload: most) != nil)
    let more = Secret(count: RecordEnvelope.maximumPayload + 1) { _ in }
    #expect(RecordEnvelope.encode(.link, sequence: 1, payload: more) == nil)
  }
}
