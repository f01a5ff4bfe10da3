@testable import ReplenishCore

/// Single messages: those of the handshake, and the JSON of both sides inside a session.
enum MessageTarget {
  static func run(_ bytes: inout InputBytes) throws(Violation) {
    let kind = bytes.number(below: 3)
    let message = bytes.remainder()
    switch kind {
    case 0: try setup(message)
    case 1: try phone(message)
    default: try device(message)
    }
  }

  private static func setup(_ bytes: [UInt8]) throws(Violation) {
    guard let message = try? SetupMessage(bytes) else { return }
    if case .fault = message { return }  // a code that is not known is read as another
    try Violation.unless(message.bytes == bytes, "a setup message that was read is written the same")
  }

  private static func phone(_ text: [UInt8]) throws(Violation) {
    let message: PhoneMessage
    do throws(MessageFault) {
      message = try PhoneMessage.decode(Secret(copying: text))
    } catch {
      return try Violation.unless(!error.text.isEmpty, "a fault has a text")
    }
    guard let encoded = try? message.encoded(), (try? PhoneMessage.decode(encoded)) != nil else {
      throw Violation(description: "a phone's message that was read can be written and read")
    }
  }

  private static func device(_ text: [UInt8]) throws(Violation) {
    guard let message = try? DeviceMessage.decode(Secret(copying: text)) else { return }
    guard let again = try? DeviceMessage.decode(message.encoded()) else {
      throw Violation(description: "a device's message that was read can be written and read")
    }
    if case .failed = message { return }  // its text may have been shortened
    try Violation.unless(again == message, "a device's message that was written and read is the same")
  }
}
