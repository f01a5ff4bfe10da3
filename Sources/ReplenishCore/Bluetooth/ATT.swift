/// The Attribute Protocol's numbers (Bluetooth Core Specification, Vol 3, Part F).
enum ATT {
  /// The MTU before any exchange, which every device can do (section 5.2.1 of Part G).
  static let minimumMTU = 23
  /// The largest MTU that has a use: an attribute's value is at most 512 bytes.
  static let maximumMTU = 517
  /// The longest value of an attribute (section 3.2.9).
  static let maximumValue = 512
  /// The opcode and handle before the value in a write or an indication.
  static let headerLength = 3

  /// The opcodes (section 3.4.8).
  enum Opcode: UInt8 {
    case errorResponse = 0x01
    case exchangeMTURequest = 0x02
    case exchangeMTUResponse = 0x03
    case findInformationRequest = 0x04
    case findInformationResponse = 0x05
    case findByTypeValueRequest = 0x06
    case findByTypeValueResponse = 0x07
    case readByTypeRequest = 0x08
    case readByTypeResponse = 0x09
    case readRequest = 0x0A
    case readResponse = 0x0B
    case readBlobRequest = 0x0C
    case readBlobResponse = 0x0D
    case readByGroupTypeRequest = 0x10
    case readByGroupTypeResponse = 0x11
    case writeRequest = 0x12
    case writeResponse = 0x13
    case prepareWriteRequest = 0x16
    case prepareWriteResponse = 0x17
    case executeWriteRequest = 0x18
    case executeWriteResponse = 0x19
    case handleValueNotification = 0x1B
    case handleValueIndication = 0x1D
    case handleValueConfirmation = 0x1E
    case writeCommand = 0x52
  }

  /// Whether an opcode, known or not, is one that its receiver need not answer: a command, or itself an answer.
  static func isRequest(_ opcode: UInt8) -> Bool {
    opcode & 0x40 == 0 && opcode % 2 == 0 && opcode != Opcode.handleValueConfirmation.rawValue
  }
}

/// The error codes of the Attribute Protocol (section 3.4.1.1; the last two from the Core Specification Supplement).
enum ATTError: UInt8, Error {
  case invalidHandle = 0x01
  case readNotPermitted = 0x02
  case writeNotPermitted = 0x03
  case invalidPDU = 0x04
  case insufficientAuthentication = 0x05
  case requestNotSupported = 0x06
  case invalidOffset = 0x07
  case prepareQueueFull = 0x09
  case attributeNotFound = 0x0A
  case invalidAttributeValueLength = 0x0D
  case insufficientEncryption = 0x0F
  case unsupportedGroupType = 0x10
  case valueNotAllowed = 0x13
  case writeRequestRejected = 0xFC
  case clientConfigurationImproper = 0xFD
}
