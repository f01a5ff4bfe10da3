import ReplenishCore

/// One vector: an object of a file, whose members must be there when they are asked for.
package struct Vector {
  /// All of it.
  package let members: [String: TestJSON]
  /// The file it is from.
  package let file: String

  package init(_ value: TestJSON, in file: String) throws(VectorFault) {
    guard let members = value.object else { throw VectorFault("\(file).json: a vector is no object") }
    self.members = members
    self.file = file
  }

  package subscript(_ name: String) -> TestJSON? { members[name] }

  /// A member that must be there.
  package func member(_ name: String) throws(VectorFault) -> TestJSON {
    guard let value = members[name] else { throw VectorFault("the vector has no \(name)") }
    return value
  }

  /// An object.
  package func object(_ name: String) throws(VectorFault) -> [String: TestJSON] {
    guard let object = try member(name).object else { throw VectorFault("\(name) is no object") }
    return object
  }

  /// A text.
  package func text(_ name: String) throws(VectorFault) -> String {
    guard let text = try member(name).string else { throw VectorFault("\(name) is no text") }
    return text
  }

  /// A whole number.
  package func integer(_ name: String) throws(VectorFault) -> Int {
    guard let number = try member(name).double, let integer = Int(exactly: number) else {
      throw VectorFault("\(name) is no whole number")
    }
    return integer
  }

  /// The bytes of hexadecimal digits.
  package func bytes(_ name: String) throws(VectorFault) -> [UInt8] { try Vector.bytes(hex: text(name), name) }

  /// The same as a secret.
  package func secret(_ name: String) throws(VectorFault) -> Secret { Secret(copying: try bytes(name)) }

  static func bytes(hex: String, _ name: String) throws(VectorFault) -> [UInt8] {
    let digits = Array(hex.utf8)
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard index + 1 < digits.count,
        let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)
      else { throw VectorFault("\(name) is not hexadecimal") }
      bytes.append(byte)
    }
    return bytes
  }
}

/// What the vectors of the services have on top; see `Tests/Vectors/README.md`.
extension Vector {
  /// The kinds that exist; another one is a fault.
  package enum Kind: String { case request, response, authorize, scopeData, redirect }

  package var kind: Kind {
    get throws(VectorFault) {
      let word = try text("kind")
      guard let kind = Kind(rawValue: word) else { throw VectorFault("there is no kind \(word)") }
      return kind
    }
  }

  /// One of the inputs, nil where there is none.
  package func given(_ key: String) -> TestJSON? { members["inputs"]?[key] }

  /// One of the inputs that must be there and be a text.
  package func input(_ key: String) throws(VectorFault) -> String {
    guard let text = given(key)?.string else { throw VectorFault("the inputs have no text \(key)") }
    return text
  }

  /// One of the inputs that must be there and be a number or null.
  package func number(_ key: String) throws(VectorFault) -> Double? {
    switch given(key) {
    case .number(let number)?: return number
    case .null?: return nil
    default: throw VectorFault("the inputs have no number \(key)")
    }
  }

  package var expectedOutcome: String {
    get throws(VectorFault) {
      guard let outcome = members["expect"]?["outcome"]?.string else { throw VectorFault("no outcome is expected") }
      return outcome
    }
  }

  /// The answer as the transport would hand it over.
  package func answer() throws(VectorFault) -> HTTPAnswer {
    let response = try Vector(member("response"), in: file)
    var headers: [String: String] = [:]
    for (name, value) in try response.object("headers") {
      headers[String(decoding: WireText.lowercase(Array(name.utf8)), as: UTF8.self)] = value.string
    }
    return HTTPAnswer(
      status: try response.integer("status"), contentType: headers["content-type"],
      errorType: headers["x-amzn-errortype"], requestID: headers["x-amzn-requestid"],
      retryAfter: headers["retry-after"].flatMap { Int($0) }, body: Secret(copying: try Vector.body(response)))
  }

  private static func body(_ response: Vector) throws(VectorFault) -> [UInt8] {
    if let text = response["bodyText"]?.string { return Array(text.utf8) }
    if response["bodyHex"]?.string != nil { return try response.bytes("bodyHex") }
    guard let parts = response["bodyParts"]?.elements else { throw VectorFault("the response has no body") }
    var body: [UInt8] = []
    for part in parts {
      let part = try Vector(part, in: response.file)
      let text = Array(try part.text("text").utf8)
      for _ in 0..<(try part.integer("times")) { body += text }
    }
    return body
  }
}

extension Secret {
  /// The bytes as text, for tests only.
  package var shownForTest: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
