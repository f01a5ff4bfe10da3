/// A device's messages as JSON. A phone passes over members and failure reasons that it does not know.
extension DeviceMessage {
  private static let typeParameters: StaticString = "parameters"
  private static let typeProgress: StaticString = "progress"
  private static let typeLinked: StaticString = "linked"
  private static let typeFailed: StaticString = "failed"
  private static let maximumText = 400

  /// The message as JSON text.
  func encoded() -> Secret {
    let object = JSONValue.object()
    switch self {
    case .parameters(let parameters):
      object.set("type", Secret(copying: DeviceMessage.typeParameters.bytes))
      object.set("model", parameters.model)
      object.set("serial", parameters.serial)
      object.set("code_challenge", parameters.codeChallenge)
      object.set("code_challenge_method", parameters.codeChallengeMethod)
      object.set("scope", parameters.scope)
      object.set("is_test_device", parameters.isTestDevice)
      object.set("should_include_non_live", parameters.includeNonLive)
    case .progress(let stage):
      object.set("type", Secret(copying: DeviceMessage.typeProgress.bytes))
      object.set("stage", stage.rawValue)
    case .linked: object.set("type", Secret(copying: DeviceMessage.typeLinked.bytes))
    case .failed(let failure):
      object.set("type", Secret(copying: DeviceMessage.typeFailed.bytes))
      object.set("reason", failure.reason.rawValue)
      object.set("text", failure.text.shortened(to: DeviceMessage.maximumText))
      object.set("may_retry", failure.mayRetry)
    }
    return object.encoded()
  }

  /// Reads JSON text.
  static func decode(_ text: Secret) throws(MessageFault) -> DeviceMessage {
    let object = try JSONValue.message(text)
    guard let type = object["type"]?.utf8 else { throw .unknownType }
    if type == typeParameters.bytes { return .parameters(try parameters(object)) }
    if type == typeProgress.bytes {
      guard let name = object["stage"]?.string, let stage = LinkStage(rawValue: name) else { throw .member("stage") }
      return .progress(stage)
    }
    if type == typeLinked.bytes { return .linked }
    if type == typeFailed.bytes {
      guard let reason = object["reason"]?.string else { throw .member("reason") }
      guard let text = object["text"]?.string else { throw .member("text") }
      guard let mayRetry = object["may_retry"]?.bool else { throw .member("may_retry") }
      return .failed(LinkFailure(LinkFailure.Reason(rawValue: reason) ?? .other, text, mayRetry: mayRetry))
    }
    throw .unknownType
  }

  private static func parameters(_ object: JSONValue) throws(MessageFault) -> LinkParameters {
    let method: StaticString = "S256"
    guard let model = object["model"]?.string else { throw .member("model") }
    guard let serial = object["serial"]?.string else { throw .member("serial") }
    guard let challenge = object["code_challenge"]?.string, challenge.utf8.count == 43 else {
      throw .member("code_challenge")
    }
    guard let name = object["code_challenge_method"]?.utf8, name == method.bytes else {
      throw .member("code_challenge_method")
    }
    guard let scope = object["scope"]?.string else { throw .member("scope") }
    guard let isTestDevice = object["is_test_device"]?.bool else { throw .member("is_test_device") }
    guard let includeNonLive = object["should_include_non_live"]?.bool else {
      throw .member("should_include_non_live")
    }
    return LinkParameters(
      model: model, serial: serial, codeChallenge: challenge, scope: scope, isTestDevice: isTestDevice,
      includeNonLive: includeNonLive)
  }
}
