/// A ``Reply`` as a message of the control socket: `{"protocol":1,"reply":"noted","press":"00ff…"}`.
///
/// Members that a reader does not know are passed over; a reply of another protocol version is refused.
public enum ControlReply {
  /// The words for the replies in the member `reply`.
  enum Word: String, CaseIterable {
    case done, status, noted, identity, slots, order, cancelled, refused
  }

  /// Why a message is no reply.
  public enum Fault: Error, Equatable {
    /// It has more bytes than ``ControlProtocol/maximumLength``.
    case tooLong(Int)
    /// It is no JSON object.
    case notJSON
    /// It is of another protocol version; 0 where it names none.
    case otherProtocol(Int64)
    /// A member is missing or not of its kind.
    case malformed(String)

    /// What was wrong and what to do, in a sentence.
    public var text: String {
      switch self {
      case .tooLong(let count):
        "the reply has \(count) bytes, more than \(ControlProtocol.maximumLength); is the socket the daemon's?"
      case .notJSON: "the reply is no JSON object; is the socket the daemon's?"
      case .otherProtocol(let version):
        "the daemon speaks protocol \(version), this program \(ControlProtocol.version); install both of one version"
      case .malformed(let member):
        "the reply's member \(member) is missing or malformed; install daemon and replenishctl of one version"
      }
    }
  }
}
