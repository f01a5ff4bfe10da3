@testable import ReplenishCore
@testable import ReplenishLinux

/// Texts that are read whole: headers, JSON, the setup record, the control socket, the configuration.
enum TextTargets {
  static func headers(_ input: [UInt8]) throws(Violation) {
    var headers = HTTPAnswerHeaders()
    for line in input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      Array(line).withUnsafeBytes { headers.take($0) }
    }
    for text in [headers.contentType, headers.errorType, headers.requestID] {
      guard let text else { continue }
      let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 <= 0x7E }
      try Violation.unless(isPlain && text.utf8.count <= 256, "a field's value is short and printable")
    }
    try Violation.unless((0...999_999_999).contains(headers.retryAfter ?? 0), "a wait is a small number")
  }

  static func json(_ input: [UInt8]) throws(Violation) {
    guard let value = try? JSONValue.parse(input) else { return }
    try walk(value, depth: 0)
    let once = value.encoded()
    guard let again = try? JSONValue.parse(once) else { throw Violation(description: "what is written can be read") }
    try Violation.unless(Secret.matches(once, again.encoded()), "what is written and read is the same")
  }

  static func credential(_ input: [UInt8]) throws(Violation) {
    let credential: SetupCredential
    do throws(SetupCredential.Fault) {
      credential = try SetupCredential.decode(Secret(copying: input))
    } catch {
      return try Violation.unless(!error.text.isEmpty, "a fault has a text")
    }
    guard let again = try? SetupCredential.decode(credential.encode()) else {
      throw Violation(description: "a record that was read can be written and read")
    }
    try Violation.unless(
      Secret.matches(again.l, credential.l) && Secret.matches(again.w0, credential.w0) && again.salt == credential.salt,
      "a record that was written and read is the same")
  }

  static func controlRequest(_ input: [UInt8]) throws(Violation) {
    let command: Command
    do throws(Refusal) {
      command = try ControlRequest.decode(input)
    } catch {
      try Violation.unless(error.code == .badRequest, "a bad request is called one")
      return try fits(.refused(error))
    }
    guard let again = try? ControlRequest.decode(ControlRequest.encode(command)) else {
      throw Violation(description: "a command that was read can be written and read")
    }
    try Violation.unless(again == command, "a command that was written and read is the same")
  }

  static func controlReply(_ input: [UInt8]) throws(Violation) {
    let reply: Reply
    do throws(ControlReply.Fault) {
      reply = try ControlReply.decode(input)
    } catch {
      return try Violation.unless(!error.text.isEmpty, "a fault has a text")
    }
    try fits(reply)
  }

  static func configuration(_ input: [UInt8]) throws(Violation) {
    do throws(ConfigurationMistakes) {
      _ = try DaemonConfiguration.parse(input, file: "dash-button.conf")
    } catch {
      try Violation.unless(!error.list.isEmpty, "mistakes are never none")
      try Violation.unless(error.list.count <= ConfigurationMistakes.limit, "mistakes are bounded")
      for mistake in error.list {
        let text = mistake.text.utf8
        try Violation.unless(text.allSatisfy { $0 >= 0x20 && $0 <= 0x7E }, "a message is printable")
        try Violation.unless(text.count <= 4096, "a message is short")
      }
    }
  }

  /// A reply can be written, fits a message, and can be read.
  static func fits(_ reply: Reply) throws(Violation) {
    let message = ControlReply.encode(reply)
    try Violation.unless(message.count <= ControlProtocol.maximumLength, "a reply fits a message")
    try Violation.unless((try? ControlReply.decode(message)) != nil, "a reply that was written can be read")
  }

  private static func walk(_ value: JSONValue, depth: Int) throws(Violation) {
    try Violation.unless(depth < 4096, "JSON is not nested deeper than jansson allows")
    _ = (value.utf8, value.string, value.secret, value.integer, value.number, value.bool, value.isNull)
    for element in value.elements ?? [] { try walk(element, depth: depth + 1) }
    for member in value.members ?? [] { try walk(member.value, depth: depth + 1) }
  }
}
