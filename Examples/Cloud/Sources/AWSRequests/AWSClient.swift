import BoundedHTTP
import Foundation
import NIOHTTP1
import Synchronization

/// Asks a service of AWS that speaks JSON 1.1: signs, tries again where that helps, and says what went wrong.
public final class AWSClient: Sendable {
  /// How often a request goes out when AWS is busy or does not answer.
  static let attempts = 3
  /// The longest wait between two attempts, in seconds.
  static let longestWait = 20.0
  /// A difference of the clocks below this is not why a signature is refused; AWS allows 15 minutes. Seconds.
  static let toleratedSkew = 240.0

  /// Where it is asked.
  public let place: AWSPlace
  private let service: String
  private let credentials: CredentialChain
  private let http: any HTTPSender
  private let clock: AWSClock
  /// What the other side's clock shows more than this one, in seconds.
  private let offset = Mutex(0.0)

  /// Creates a client.
  ///
  /// - Parameters:
  ///   - service: The service's name in signatures and in `X-Amz-Target`.
  ///   - place: Where it is asked.
  ///   - credentials: Who signs.
  ///   - http: What sends.
  ///   - clock: Time and chance.
  public init(
    service: String, at place: AWSPlace, credentials: CredentialChain, http: any HTTPSender,
    clock: AWSClock = AWSClock()
  ) {
    self.service = service
    self.place = place
    self.credentials = credentials
    self.http = http
    self.clock = clock
  }

  /// Asks for an operation and returns the members of the answer.
  ///
  /// It may be sent more than once: writing operations need a `ClientRequestToken` in their members.
  public func call(_ operation: String, _ members: [String: Any]) async throws -> [String: Any] {
    let data = try JSONSerialization.data(withJSONObject: members, options: [.sortedKeys, .withoutEscapingSlashes])
    let body = String(decoding: data, as: UTF8.self)
    var (attempt, wasRenewed, wasCorrected) = (1, false, false)
    while true {
      let signedBy = try await credentials.credentials()
      let exchange = await http.send(signed(operation, body, by: signedBy))
      let failure: AWSFailure
      switch exchange {
      case .answer(let answer) where answer.status == 200:
        if let found = (try? JSONSerialization.jsonObject(with: answer.body)) as? [String: Any] { return found }
        failure = AWSFailure(.transient, "AWS answered \(operation) with something that is no JSON")
      case .answer(let answer): failure = AWSErrorAnswer.failure(answer, to: operation)
      case .none(let reason):
        failure = AWSFailure(.transient, "no answer to \(operation) from \(place.host): \(reason)")
      }
      switch failure.kind {
      case .expiredCredentials where !wasRenewed:
        wasRenewed = true
        if try await credentials.renew(after: signedBy) { continue }
      case .skewedClock where !wasCorrected:
        wasCorrected = true
        if case .answer(let answer) = exchange, correct(by: answer) { continue }
      case .throttled, .transient:
        guard attempt < Self.attempts else { throw failure }
        try await clock.sleep(clock.random(0...min(Self.longestWait, Double(1 << attempt))))
        attempt += 1
        continue
      default: break
      }
      throw failure
    }
  }

  private func signed(_ operation: String, _ body: String, by credentials: AWSCredentials) -> HTTPCall {
    let headers: [(name: String, value: String)] = [
      ("Content-Type", "application/x-amz-json-1.1"), ("Host", place.host), ("X-Amz-Target", "\(service).\(operation)"),
    ]
    let signer = SignatureV4(credentials: credentials, region: place.region, service: service)
    let request = SignatureV4.Request(method: "POST", target: "/", headers: headers, body: Data(body.utf8))
    let added = signer.headers(for: request, at: clock.now() + offset.withLock { $0 })
    return HTTPCall(.POST, place.address + "/", headers: HTTPHeaders(headers + added), body: body, seconds: 10)
  }

  /// Takes the other side's time over, if the difference can be why it refused.
  private func correct(by answer: HTTPAnswer) -> Bool {
    guard let date = answer.headers.first(name: "Date").flatMap(AWSDates.http) else { return false }
    let difference = date.timeIntervalSince(clock.now())
    return offset.withLock {
      guard abs(difference - $0) > Self.toleratedSkew else { return false }
      $0 = difference
      return true
    }
  }
}
