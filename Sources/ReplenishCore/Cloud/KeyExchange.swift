/// What a device and the maker's cloud say of its next key (`POST /v1/certificate`).
package enum KeyExchange {
  /// Asks for a certificate, by a request in PEM (PKCS #10, RFC 2986).
  package static func request(_ certificateRequest: String, at address: String) -> HTTPRequest {
    let body = JSONValue.object()
    body.set("request", certificateRequest)
    return HTTPRequest(
      .post, composed("\(address)/v1/certificate"), contentType: "application/json", body: body.encoded())
  }

  /// The certificate for a key, with those up to the maker's authority, in PEM.
  package static func certificate(_ outcome: HTTPOutcome, for key: DeviceKey) throws(Refusal) -> Secret {
    let certificate = try take(outcome) { (answer) throws(DashError) in
      try CloudAnswer.read(answer) { (object) throws(AnswerFault) in
        guard let certificate = object["certificate"]?.secret, key.isKey(of: certificate) else {
          throw AnswerFault("certificate", "is missing or not for the key")
        }
        return certificate
      }
    }
    return certificate
  }

  /// The first use of the new key, by which the one before becomes nobody's.
  package static func firstUse(at address: String) -> HTTPRequest {
    HTTPRequest(.get, composed("\(address)/v1/device"))
  }

  /// Whether the new key was taken.
  package static func check(_ outcome: HTTPOutcome) throws(Refusal) {
    _ = try take(outcome) { (answer) throws(DashError) in try CloudAnswer.check(answer) }
  }

  private static func take<Value>(
    _ outcome: HTTPOutcome, _ read: (HTTPAnswer) throws(DashError) -> Value
  ) throws(Refusal) -> Value {
    switch outcome {
    case .failed(let failure): throw Refusal(.unreachable, Texts.cloud(failure))
    case .answered(let answer):
      do throws(DashError) { return try read(answer) } catch {
        if case .slotUnknown = error { throw Refusal(.service, Texts.noNewKeys) }
        throw Refusal(Refusal.Code(error), error.explanation)
      }
    }
  }
}
