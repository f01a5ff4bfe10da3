/// What a device wants done. Effects are performed in their order.
public indirect enum Effect {
  /// Replace a record durably, then give ``Input/stored(_:_:)``.
  case store(RecordKind, Secret)
  /// Remove every copy of a record durably, set-aside ones too, then give ``Input/stored(_:_:)``.
  case remove(RecordKind)
  /// Make an HTTPS request, then give ``Input/answer(_:_:)``. At most a handful are under way at once.
  case request(RequestID, HTTPRequest)
  /// Show a signal on the light of a slot, until the next one.
  case light(slot: Int, LightSignal)
  /// Tell the firmware.
  case raise(Event)
  /// Answer a command. Each is answered once.
  case reply(CommandID, Reply)
  /// Become visible over Bluetooth and accept one phone.
  case openWindow
  /// Vanish from Bluetooth: no bus connection, no HCI socket, no phone.
  case closeWindow
  /// Send an ATT packet to the phone.
  case transmit([UInt8])
  /// End the phone's connection once what was sent has left.
  case disconnectPhone
}
