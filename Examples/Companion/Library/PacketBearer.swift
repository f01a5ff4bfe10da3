/// What carries ATT packets to one device and back.
public protocol PacketBearer: AnyObject {
  /// The descriptor to poll for the device's going away; nil if there is none.
  var descriptor: Int32? { get }
  /// Which device it is, for a person: "the device at …".
  var place: String { get }

  /// Sends one ATT packet.
  func send(_ packet: [UInt8]) throws(LinkingFailure)

  /// Waits for the next ATT packet; nil if none comes within the time.
  func receive(within milliseconds: Int32) throws(LinkingFailure) -> [UInt8]?

  /// Hangs up.
  func close()
}
