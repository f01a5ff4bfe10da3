/// The parsers that read what others wrote, one fuzzing target each. The raw value names the target and its corpus.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// Login with Amazon's answers with tokens.
  case tokens
  /// Login with Amazon's answers with a pair of codes, and the answers to the questions that follow.
  case codePair = "code-pair"
  /// The address that a browser comes back to.
  case redirect
  /// DRS's answers to every operation.
  case drs
  /// The header fields of an HTTP answer.
  case headers
  /// JSON text.
  case json
  /// ATT packets from a phone.
  case att
  /// Frames of the setup protocol.
  case frames
  /// Setup messages and the JSON inside a session, each by itself.
  case messages
  /// A device in a handshake or a session with a phone that lies.
  case setupDevice = "setup-device"
  /// A phone in a handshake or a session with a device that lies.
  case setupPhone = "setup-phone"
  /// The kernel's Bluetooth: its management, and a controller's answers.
  case kernel
  /// bluetoothd's answers, signals and calls.
  case bluetoothd
  /// A companion's Bluetooth: the kernel's management, and advertisements.
  case central
  /// The factory's setup record.
  case credential
  /// Requests on the control socket.
  case controlRequest = "control-request"
  /// Replies on the control socket.
  case controlReply = "control-reply"
  /// The configuration file.
  case configuration
  /// The envelope of a record file.
  case envelope
  /// The payloads of all records, in a device that starts from them.
  case records
  /// A device's life: everything that can happen to it, in any order.
  case device

  /// Gives an input to the parser. Returns, or throws a ``Violation``; a trap or a sanitizer's report is a finding too.
  public func run(_ input: [UInt8]) throws(Violation) {
    var bytes = InputBytes(input)
    switch self {
    case .tokens: try AnswerTargets.tokens(input)
    case .codePair: try AnswerTargets.codePair(input)
    case .redirect: try AnswerTargets.redirect(input)
    case .drs: try AnswerTargets.drs(input)
    case .headers: try TextTargets.headers(input)
    case .json: try TextTargets.json(input)
    case .att: try ATTTarget.run(&bytes)
    case .frames: try FrameTarget.run(&bytes)
    case .messages: try MessageTarget.run(&bytes)
    case .setupDevice: try SetupDeviceTarget.run(&bytes)
    case .setupPhone: try SetupPhoneTarget.run(&bytes)
    case .kernel: try KernelTarget.run(&bytes)
    case .bluetoothd: try BluetoothdTarget.run(&bytes)
    case .central: try CentralTarget.run(&bytes)
    case .credential: try TextTargets.credential(input)
    case .controlRequest: try TextTargets.controlRequest(input)
    case .controlReply: try TextTargets.controlReply(input)
    case .configuration: try TextTargets.configuration(input)
    case .envelope: try RecordTargets.envelope(&bytes)
    case .records: try RecordTargets.records(input)
    case .device: try DeviceTarget.run(&bytes)
    }
  }
}

/// Something that must never be true, and was.
public struct Violation: Error, CustomStringConvertible {
  /// What was promised.
  public let description: String

  /// Throws unless a promise was kept.
  static func unless(_ isKept: Bool, _ promise: String) throws(Violation) {
    guard isKept else { throw Violation(description: promise) }
  }
}
