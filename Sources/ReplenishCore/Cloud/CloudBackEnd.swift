/// Who orders in the owner's name where the device does not do so itself.
///
/// A seam, reached through this protocol alone, so that firmware whose device orders by itself links nothing of what is
/// behind it: ``MakersCloud``, the one there is. It works on the device that it is given.
package protocol CloudBackEnd: AnyObject {
  /// Where it listens, for a person.
  var address: String { get }
  /// Takes over from a link of the device's own, if its records told of one.
  func start(_ device: Device, hadLink: Bool)
  /// Begins whatever can begin now.
  func advance(_ device: Device)
  /// Tells the cloud that somebody is at the device: who held a button (no command), or asked for it.
  func announce(_ device: Device, _ command: CommandID?)
  /// The request for what DRS would be asked.
  func request(_ asked: DashRequest, _ device: Device) -> HTTPRequest
  /// The report of a press and its age in seconds. It may be sent any number of times.
  func request(press: PressID, slotID: String, age: Int64?) -> HTTPRequest
  /// Takes the cloud's word on a press.
  func takePress(_ answer: HTTPAnswer, _ id: PressID, _ device: Device) throws(DashError)
  /// Ends a press of which the cloud said nothing for too long.
  func expire(_ press: PressID, _ device: Device)
  /// Takes the answer to what gives nothing back.
  func acknowledge(_ answer: HTTPAnswer, _ device: Device) throws(DashError)
  /// Reads the answer to a command.
  func read(_ answer: HTTPAnswer, for command: Command, _ device: Device) throws(DashError) -> Reply
  /// Takes the answer to a question of its own.
  func takeAnswer(_ id: RequestID, _ outcome: HTTPOutcome, _ device: Device)
  /// A failure on the way to the cloud, for a person.
  func explain(_ failure: TransportFailure) -> String
  /// Whether it waits for commands, with a request that the cloud holds.
  var holdsRequest: Bool { get }
  /// Whether a factory reset leaves nothing more to be told.
  var isForgotten: Bool { get }
  /// The uptime in milliseconds until which the cloud takes a claim of the device; nil when it takes none.
  var claimableUntil: UInt64? { get }
}
