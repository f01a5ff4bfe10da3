import Testing

@testable import ReplenishCore

@Suite struct CodePairPollingTests {
  private func polling(interval: Int, expiresIn: Int = 600, requestedAt: UInt64 = 1000) -> CodePairPolling {
    let pair = CodePair(
      userCode: "BDFGHJ", deviceCode: Secret(copying: "d"), verificationURI: "https://amazon.com/us/code",
      expiresIn: expiresIn, interval: interval)
    return CodePairPolling(pair, requestedAt: requestedAt)
  }

  @Test func pendingKeepsTheInterval() {
    var polling = polling(interval: 30)
    #expect(polling.deadline == 601_000)
    #expect(polling.next(after: .authorizationPending, at: 2000) == .ask(at: 32_000))
    #expect(polling.next(after: .authorizationPending, at: 32_000) == .ask(at: 62_000))
  }

  @Test func slowDownDoublesUpToAMinute() {
    var polling = polling(interval: 5)
    let waits = (0..<6).map { _ in
      _ = polling.next(after: .slowDown, at: 0)
      return polling.interval
    }
    #expect(waits == [10, 20, 40, 60, 60, 60])
    _ = polling.next(after: .authorizationPending, at: 0)
    #expect(polling.interval == 60)
  }

  @Test func aLongerIntervalOfTheServiceStays() {
    var polling = polling(interval: 90)
    _ = polling.next(after: .slowDown, at: 0)
    #expect(polling.interval == 90)
  }

  @Test func noAnswerAndServerFaultsWaitAndGoOn() {
    var polling = polling(interval: 5)
    #expect(polling.next(after: nil, at: 1000) == .ask(at: 6000))
    #expect(polling.next(after: .server(status: 503, retryAfter: nil), at: 1000) == .ask(at: 6000))
    #expect(polling.next(after: .server(status: 503, retryAfter: 20), at: 1000) == .ask(at: 21_000))
    #expect(polling.next(after: .malformed("x"), at: 1000) == .ask(at: 6000))
  }

  @Test func nothingIsAskedAfterTheEnd() {
    var polling = polling(interval: 30)
    #expect(polling.next(after: .authorizationPending, at: 570_999) == .ask(at: 600_999))
    #expect(polling.next(after: .authorizationPending, at: 571_000) == .expired)
    #expect(polling.next(after: .authorizationPending, at: 900_000) == .expired)
  }

  @Test func endings() {
    var polling = polling(interval: 5)
    #expect(polling.next(after: .invalidCodePair, at: 0) == .expired)
    #expect(polling.next(after: .expiredToken, at: 0) == .expired)
    #expect(polling.next(after: .accessDenied, at: 0) == .stop(.accessDenied))
    let unknown = TokenError.invalidClient(ServiceText("x"))
    #expect(polling.next(after: unknown, at: 0) == .stop(unknown))
  }

  @Test func absurdValuesAreHeldInBounds() {
    #expect(polling(interval: 0).interval == 1)
    #expect(polling(interval: .max).interval == CodePair.longestInterval)
    #expect(polling(interval: 5, expiresIn: .max).deadline == 1000 + 86_400_000)
    #expect(polling(interval: 5, expiresIn: -1).deadline == 1000)
  }
}
