import ReplenishCore
import Testing

@testable import ReplenishSelfTest

/// The self-test that programs carry: it passes here, and each of its checks fails for another answer.
@Suite struct SelfTestTests {
  private final class CountingRandom: RandomSource {
    private var next: UInt8 = 0
    func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
      for index in bytes.indices {
        bytes[index] = next
        next &+= 1
      }
      return true
    }
  }

  /// Gives the same bytes each time, or none.
  private final class BrokenRandom: RandomSource {
    private let bytes: [UInt8]?
    init(_ bytes: [UInt8]?) { self.bytes = bytes }

    func fill(_ target: UnsafeMutableRawBufferPointer) -> Bool {
      guard let bytes else { return false }
      for index in target.indices { target[index] = bytes[index % bytes.count] }
      return true
    }
  }

  private struct Run {
    let passed: Bool
    let failed: [String]
    let count: Int

    init(_ random: any RandomSource, uptime: () -> UInt64) {
      var failed: [String] = []
      var count = 0
      passed = SelfTest.run(random: random, uptime: uptime) { name, isRight in
        count += 1
        if !isRight { failed.append("\(name)") }
      }
      self.failed = failed
      self.count = count
    }
  }

  @Test func passesHere() {
    var time: UInt64 = 0
    let run = Run(CountingRandom()) {
      time += 1
      return time
    }
    #expect(run.passed && run.failed.isEmpty)
    #expect(run.count == 14)
    var failed: [String] = []
    let passed = SelfTest.runControl { name, isRight in if !isRight { failed.append("\(name)") } }
    #expect(passed && failed.isEmpty)
  }

  @Test func oneFailedCheckFailsTheWhole() {
    var time: UInt64 = 0
    let run = Run(BrokenRandom([1, 2, 3])) {
      time += 1
      return time
    }
    #expect(!run.passed)
    #expect(run.failed == ["random numbers differ"])
  }

  @Test func randomnessMustComeAndDiffer() {
    #expect(SelfTest.differs(CountingRandom()))
    for bytes: [UInt8]? in [nil, [0], [0xFF], [1, 2]] { #expect(!SelfTest.differs(BrokenRandom(bytes))) }
  }

  @Test func theClockMustRunForward() {
    var readings = 0
    let slow = SelfTest.runs {
      readings += 1
      return 5 + UInt64(readings / 100)
    }
    #expect(slow)
    #expect(!SelfTest.runs({ 5 }, readings: 1000))
    var time: UInt64 = 100
    let backward = SelfTest.runs {
      time -= 1
      return time
    }
    #expect(!backward)
  }

  @Test func anotherAnswerFails() {
    #expect(!SelfTest.sha256(is: "00"))
    #expect(!SelfTest.hmac(is: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3844"))
    #expect(!SelfTest.hkdf(is: "3cb25f25faacd57a90434f64d0362f2a"))
    #expect(!SelfTest.seals(as: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab918"))
    #expect(!SelfTest.refusesTampering(with: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab918"))
    #expect(!SelfTest.multipliesBasePoint(to: "04"))
    #expect(!SelfTest.spake2plus(shareV: "04"))
    #expect(!SelfTest.spake2plus(confirmP: "926cc713504b9b4d76c9162ded04b5493e89109f6d89462cd33adc46fda27526"))
    #expect(!SelfTest.spake2plus(confirmV: "00"))
    #expect(!SelfTest.codeChallenge(is: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN"))
    #expect(!SelfTest.base64url(is: "+//+Zg"))
    #expect(!SelfTest.json(is: "{\"n\":9007199254740992}"))
    #expect(!SelfTest.recordRoundTrip(payload: "payloaf"))
    #expect(!SelfTest.controlRequest(is: "{}"))
    #expect(!SelfTest.controlReply(is: "{\"protocol\":1,\"reply\":\"done\"}"))
  }

  /// A digit that is none must not make two empty answers equal.
  @Test func noAnswerEqualsNothing() {
    #expect(SelfTest.hex("0g").isEmpty)
    #expect(!SelfTest.sha256(is: "0g"))
  }
}
