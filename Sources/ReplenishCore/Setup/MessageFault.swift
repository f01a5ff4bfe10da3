/// Why a message inside a session is not acceptable. Names members of the message, never their values.
public enum MessageFault: Error, Equatable {
  /// Not JSON, or not one object.
  case notJSON(line: Int, column: Int)
  /// `type` is missing or names no message of this version.
  case unknownType
  /// A member is missing, of the wrong type, empty, too long, or holds characters it must not.
  case member(String)
  /// A member that this type of message does not have.
  case unknownMember
  /// `code_verifier` was sent. The verifier never leaves the device, and a verifier that others know is none.
  case verifierSent
  /// `grant_type` is not `authorization_code`.
  case grantType
  /// There is no proved session to send it over.
  case noSession

  /// What is wrong and what to do, for the author of an app.
  public var text: String {
    switch self {
    case .notJSON(let line, let column):
      composed("The message is not one JSON object (line \(line), column \(column)).")
    case .unknownType: "The message's type is missing or unknown to this version of the protocol."
    case .member(let name):
      composed("The message's member \(name) is missing, of the wrong type or outside its limits.")
    case .unknownMember: "The message has a member that its type does not have; send only those of the protocol."
    case .verifierSent: "Do not send code_verifier: it never leaves the device. Leave the member out."
    case .grantType: "The only grant_type is authorization_code. Send that or leave the member out."
    case .noSession: "No session is open. Prove the setup code first."
    }
  }
}
