/// A phone's messages as JSON. The device reads them strictly: known members only, each within its limits.
extension PhoneMessage {
  private static let typeAuthorization: StaticString = "authorization"
  private static let typeRequestParameters: StaticString = "request_parameters"
  private static let typeIdentify: StaticString = "identify"
  private static let grantType: StaticString = "authorization_code"

  /// The message as JSON text; throws if a part of it is outside its limits.
  func encoded() throws(MessageFault) -> Secret {
    let object = JSONValue.object()
    switch self {
    case .authorization(let grant):
      try grant.check()
      object.set("type", Secret(copying: PhoneMessage.typeAuthorization.bytes))
      object.set("grant_type", Secret(copying: PhoneMessage.grantType.bytes))
      object.set("code", grant.code)
      object.set("redirect_uri", grant.redirectURI)
      object.set("client_id", grant.clientID)
    case .requestParameters: object.set("type", Secret(copying: PhoneMessage.typeRequestParameters.bytes))
    case .identify: object.set("type", Secret(copying: PhoneMessage.typeIdentify.bytes))
    }
    return object.encoded()
  }

  /// Reads JSON text.
  static func decode(_ text: Secret) throws(MessageFault) -> PhoneMessage {
    let object = try JSONValue.message(text)
    guard let type = object["type"]?.utf8 else { throw .unknownType }
    let message: PhoneMessage
    var known = 1
    if type == typeAuthorization.bytes {
      guard object["code_verifier"] == nil else { throw .verifierSent }
      if let grant = object["grant_type"] {
        guard let name = grant.utf8, name == grantType.bytes else { throw .grantType }
        known += 1
      }
      guard let code = object["code"]?.secret else { throw .member("code") }
      guard let redirectURI = object["redirect_uri"]?.string else { throw .member("redirect_uri") }
      guard let clientID = object["client_id"]?.string else { throw .member("client_id") }
      known += 3
      let grant = AuthorizationGrant(code: code, redirectURI: redirectURI, clientID: clientID)
      try grant.check()
      message = .authorization(grant)
    } else if type == typeRequestParameters.bytes {
      message = .requestParameters
    } else if type == typeIdentify.bytes {
      message = .identify
    } else {
      throw .unknownType
    }
    guard object.memberCount == known else { throw .unknownMember }
    return message
  }
}

extension AuthorizationGrant {
  /// Throws for a part outside its limits.
  func check() throws(MessageFault) {
    let isCode = code.withBytes { bytes in
      !bytes.isEmpty && bytes.count <= 2048 && bytes.allSatisfy { $0 >= 0x20 && $0 <= 0x7E }
    }
    guard isCode else { throw .member("code") }
    guard AuthorizationGrant.isPlain(redirectURI, upTo: 1024) else { throw .member("redirect_uri") }
    guard AuthorizationGrant.isPlain(clientID, upTo: 256) else { throw .member("client_id") }
  }

  private static func isPlain(_ text: String, upTo limit: Int) -> Bool {
    let bytes = text.bytes
    return !bytes.isEmpty && bytes.count <= limit && bytes.allSatisfy { $0 >= 0x21 && $0 <= 0x7E }
  }
}

extension JSONValue {
  /// Reads one JSON object.
  static func message(_ text: Secret) throws(MessageFault) -> JSONValue {
    let object: JSONValue
    do {
      object = try JSONValue.parse(text)
    } catch {
      throw .notJSON(line: error.line, column: error.column)
    }
    guard object.isObject else { throw .notJSON(line: 1, column: 1) }
    return object
  }
}
