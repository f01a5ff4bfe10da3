/// Why a handshake, a session or a connection of the setup protocol ended.
///
/// The device tells the phone by ``code``; the same numbers stand in SetupProtocol. None of them carries a secret.
public enum SetupFault: Error, Equatable {
  /// A frame or message broke the rules of the protocol.
  case malformed
  /// A message longer than ``SetupProtocol/maximumMessage`` was announced.
  case messageTooLarge
  /// A message came at a time when it has no meaning, or for a session that is not open.
  case unexpectedMessage
  /// The two sides have no protocol version in common.
  case unsupportedVersion
  /// A public share is no point of P-256 in uncompressed form, or is one that would give the key away.
  case invalidShare
  /// The other side does not know the setup code, or the phone was given a wrong one.
  case wrongSetupCode
  /// Too many guesses: the device accepts the next after this many seconds.
  case wait(seconds: Int)
  /// A sealed message does not open: altered, replayed, out of order or of another session.
  case tampered
  /// The other side takes no messages any more while more are waiting for it than may wait.
  case stalled
  /// No random numbers could be had, or the cryptographic library failed.
  case cryptographyFailed
  /// Found by the phone: salt, iterations or model of the device are outside the limits.
  case unacceptableParameters
  /// Found by the phone: the device is of another model than was asked for.
  case otherModel
  /// Found by the phone: the peer does not offer the setup service, or breaks the rules of ATT.
  case notASetupDevice

  /// The number by which the device tells the phone; 0 for what only a phone finds.
  public var code: UInt8 {
    switch self {
    case .malformed: 1
    case .messageTooLarge: 2
    case .unexpectedMessage: 3
    case .unsupportedVersion: 4
    case .invalidShare: 5
    case .wrongSetupCode: 6
    case .wait: 7
    case .tampered: 8
    case .stalled: 9
    case .cryptographyFailed: 10
    case .unacceptableParameters, .otherModel, .notASetupDevice: 0
    }
  }

  /// The fault of a number and, for ``wait(seconds:)``, its seconds; nil for a number that is not known.
  public init?(code: UInt8, seconds: Int) {
    switch code {
    case 1: self = .malformed
    case 2: self = .messageTooLarge
    case 3: self = .unexpectedMessage
    case 4: self = .unsupportedVersion
    case 5: self = .invalidShare
    case 6: self = .wrongSetupCode
    case 7: self = .wait(seconds: seconds)
    case 8: self = .tampered
    case 9: self = .stalled
    case 10: self = .cryptographyFailed
    default: return nil
    }
  }

  /// What is wrong and what to do, one sentence or two for a person.
  public var text: String {
    switch self {
    case .malformed: "A setup message was not understood. Connect again; if it stays, update the app or the device."
    case .messageTooLarge: "A setup message was longer than 4096 bytes. Send less, or update the app."
    case .unexpectedMessage: "A setup message came out of turn. Connect again and start over."
    case .unsupportedVersion: "App and device have no setup protocol version in common. Update the older of them."
    case .invalidShare: "A public share of the handshake is not acceptable. Connect again; if it stays, update the app."
    case .wrongSetupCode: "The setup code is not that of this device. Read the label again."
    case .wait(let seconds): composed("Too many wrong setup codes. Try again in \(seconds) seconds.")
    case .tampered: "A sealed message did not open: altered on the way or out of order. Connect again and start over."
    case .stalled: "The phone has stopped taking messages. Connect again and start over."
    case .cryptographyFailed: "The board gave no random numbers or its libcrypto failed. Restart it; see its log."
    case .unacceptableParameters:
      "The device asks for a salt, an iteration count or a model outside the limits. It may not be genuine: do not go on."
    case .otherModel: "The device is of another model than expected. Check that it is the right one."
    case .notASetupDevice: "The device offers no setup service. Open its setup window and connect again."
    }
  }
}
