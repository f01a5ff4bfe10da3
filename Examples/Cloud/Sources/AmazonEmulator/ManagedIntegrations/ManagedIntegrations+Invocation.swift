import Foundation

extension ManagedIntegrations {
  /// Why a connector did not do what it was asked for.
  struct InvocationFailure: Error {
    var text: String
  }

  /// Calls a connector: two seconds for each try, five more tries, and a report of what went wrong.
  func invoke(
    _ operation: ConnectorOperation, _ id: String, _ authorization: InvocationEnvelope.Authorization,
    _ further: [String: JSONValue] = [:], device: String? = nil, trace: String? = nil, thing: String? = nil
  ) async -> Result<InvocationEnvelope.Answer, InvocationFailure> {
    guard let association = associations[id], let connector = destinations[association.destination]?.connector else {
      return .failure(InvocationFailure(text: "There is no such association"))
    }
    let envelope = InvocationEnvelope.request(operation, connector: connector, authorization, further).encoded
    var (text, code) = ("The connector has no address", 503)
    if let address = settings.connectorURL {
      for attempt in 1...((settings.invocationRetries ?? 0) + 1) where !Task.isCancelled {
        let began = clock.now
        let result = await outgoing.post(
          envelope, to: address, headers: [("Content-Type", "application/json")],
          seconds: settings.invocationSeconds ?? 2, as: operation.fault)
        let (answer, outcome) = Self.read(result)
        note(
          ConnectorInvocation(
            time: began, operation: operation.rawValue, association: id, attempt: attempt, result: outcome))
        if let answer, answer.isSuccess { return .success(answer) }
        text = "The connector did not answer: " + outcome
        if let answer {
          // The words of the service's own report.
          (text, code) = (
            "Connector response exception: responseCode=\(answer.code), responseMessage=\(answer.message ?? "")",
            answer.code
          )
          break
        }
      }
    }
    let arn = arn("account-association", id)
    notify(
      "CONNECTOR_ERROR_REPORT", resources: [arn],
      [
        "statusCode": .number(Double(code)), "resourceType": "account-association".json,
        "resourceId": .array([id.json]), "associationArn": .array([arn.json]),
        "connectorDestinationId": association.destination.json, "connectorDeviceId": device?.json,
        "operation": operation.rawValue.json, "operationVersion": Unverified.version(of: operation).json,
        "traceId": trace?.json, "logLevel": "ERROR".json, "message": text.json, "managedThingId": thing?.json,
      ])
    return .failure(InvocationFailure(text: text))
  }

  private static func read(_ result: ManagedOutgoing.Result) -> (InvocationEnvelope.Answer?, outcome: String) {
    switch result {
    case .none(let reason): return (nil, reason)
    case .answer(let status, let body):
      guard Unverified.isFinal(httpStatus: status) else { return (nil, "HTTP status \(status)") }
      guard let answer = InvocationEnvelope.Answer(body) else { return (nil, "no envelope") }
      return (answer, String(answer.code))
    }
  }
}
