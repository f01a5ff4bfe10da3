/// What carries ATT packets between the device and one phone: Bluetooth, or a socket on a machine without it.
///
/// Each `onConnected` is followed by one `onDisconnected`, whoever ends the connection. A second phone is turned away
/// while one is connected.
public protocol Bearer: AnyObject {
  /// A phone has connected.
  var onConnected: () -> Void { get set }
  /// An ATT packet came from the phone.
  var onPacket: ([UInt8]) -> Void { get set }
  /// The phone is gone.
  var onDisconnected: () -> Void { get set }
  /// It was open, and no phone can come any more: the window is of no use.
  var onFailed: (BearerFault) -> Void { get set }
  /// Which way this is, why, and how it is just now; for `status`.
  var summary: String { get }

  /// Becomes visible and accepts a phone.
  func open() throws(BearerFault)
  /// Vanishes: no phone can come. What was changed on the board may need a moment more to be put back. Nothing happens
  /// if it is not open.
  func close()
  /// Holds nothing any more, at once: the loop ends.
  func end()
  /// Sends one ATT packet to the phone; without a phone it is dropped.
  func send(_ packet: [UInt8])
  /// Ends the phone's connection once what was sent has left.
  func disconnect()
}

/// Why a bearer cannot be opened.
public struct BearerFault: Error, Equatable {
  /// One sentence for a person: what was wrong, where, and what to do.
  public let text: String

  /// Makes a fault.
  public init(_ text: String) { self.text = text }
}
