/// What bluetoothd passes on from phones, and to them.
extension BluetoothdPeripheral {
  /// A phone reads. `mark` stands for the call, which gets one answer.
  public mutating func read(_ mark: UInt32, _ path: String, device: String, offset: UInt16) -> [Step] {
    guard path.isExactly(SetupObjects.Characteristic.info.path) else { return [.refuse(mark, .notPermitted)] }
    guard var steps = take(device) else { return turnAway(mark, device) }
    bridge.read(mark, SetupService.Handle.infoValue, offset: offset)
    steps += pump()
    return steps
  }

  /// A phone writes. `mtu` is 0 where bluetoothd does not tell it.
  public mutating func write(
    _ mark: UInt32, _ path: String, device: String, value: [UInt8], offset: UInt16, mtu: UInt16
  ) -> [Step] {
    guard path.isExactly(SetupObjects.Characteristic.write.path) else { return [.refuse(mark, .notPermitted)] }
    guard value.count <= ATT.maximumValue else { return [.refuse(mark, .invalidLength)] }
    // bluetoothd puts the parts of a long write together.
    guard offset == 0 else { return [.refuse(mark, .invalidOffset)] }
    guard var steps = take(device) else { return turnAway(mark, device) }
    // Only now: a phone may well have looked around before it agreed upon an MTU.
    bridge.exchange(mtu: Int(mtu))
    bridge.write(mark, value, to: SetupService.Handle.writeValue)
    steps += pump()
    return steps
  }

  /// A phone turns indications on; they are to go into a descriptor.
  public mutating func acquireNotify(_ mark: UInt32, _ path: String, device: String, mtu: UInt16) -> [Step] {
    guard path.isExactly(SetupObjects.Characteristic.indicate.path), acquires else {
      return [.refuse(mark, .notPermitted)]
    }
    guard var steps = take(device) else { return turnAway(mark, device) }
    if hasNotify { steps.append(.closeNotify) }
    hasNotify = true
    isSubscribed = true
    bridge.configure(isIndicating: true)
    steps.append(.openNotify(mark, mtu: max(mtu, UInt16(ATT.minimumMTU))))
    steps += pump()
    return steps
  }

  /// A phone, and it is not said which, turns indications on.
  public mutating func startNotify(_ mark: UInt32, _ path: String) -> [Step] {
    guard path.isExactly(SetupObjects.Characteristic.indicate.path) else { return [.refuse(mark, .notPermitted)] }
    var steps: [Step] = [.accept(mark)]
    guard !isSubscribed else { return steps }
    isSubscribed = true
    if phone != nil { bridge.configure(isIndicating: true) }
    steps += pump()
    return steps
  }

  /// The last phone that had them on turned them off, or is gone.
  public mutating func stopNotify(_ mark: UInt32) -> [Step] {
    [.accept(mark)] + unsubscribe()
  }

  /// The descriptor's other end is closed: indications were turned off, or the phone is gone.
  public mutating func notifyClosed() -> [Step] {
    guard hasNotify else { return [] }
    hasNotify = false
    return [.closeNotify] + unsubscribe()
  }

  /// The phone has confirmed an indication.
  public func confirmed() -> [Step] {
    phone == nil ? [] : [.packet([ATT.Opcode.handleValueConfirmation.rawValue])]
  }

  /// A device is connected no more.
  public mutating func deviceGone(_ device: String) -> [Step] {
    let count = leaving.count
    leaving.removeAll { $0.isExactly(device) }
    farewells.removeAll { $0.device.isExactly(device) }
    if leaving.count < count, leaving.isEmpty, stage == .ending, !hasPutBack { return putBack() }
    guard let phone, phone.isExactly(device) else { return [] }
    return losePhone()
  }

  /// Takes an ATT packet of the device's.
  public mutating func receive(att packet: [UInt8]) -> [Step] {
    guard phone != nil else { return [] }
    var steps: [Step] = []
    switch bridge.receive(packet) {
    case .value(let mark, let value): steps.append(.value(mark, value))
    case .written(let mark): steps.append(.accept(mark))
    case .refused(let mark, let code): steps.append(.refuse(mark, BluetoothdPeripheral.refusal(code)))
    case .indicated(let value): steps.append(hasNotify ? .notify(value) : .valueChanged(value))
    case nil: break
    }
    steps += pump()
    return steps
  }

  /// Sends the phone away; for the device it is gone at once.
  public mutating func disconnect() -> [Step] {
    guard let phone else { return [] }
    // The descriptor stays until bluetoothd closes it.
    let steps = losePhone(keepsNotify: true)
    return steps + sendAway(phone)
  }

  /// Makes a device the phone if there is none; nil if another one is.
  private mutating func take(_ device: String) -> [Step]? {
    if let phone { return phone.isExactly(device) ? [] : nil }
    guard stage == .advertising || stage == .preparing, !leaving.contains(where: { $0.isExactly(device) }) else {
      return nil
    }
    phone = device
    bridge = ATTBridge()
    if isSubscribed { bridge.configure(isIndicating: true) }
    return [.connected]
  }

  private mutating func turnAway(_ mark: UInt32, _ device: String) -> [Step] {
    let steps: [Step] = [.refuse(mark, .notPermitted)]
    return stage == .advertising || stage == .preparing ? steps + sendAway(device) : steps
  }

  private mutating func sendAway(_ device: String) -> [Step] {
    guard !leaving.contains(where: { $0.isExactly(device) }) else { return [] }
    leaving.append(device)
    let steps = call(.disconnect(device: device))
    farewells.append((lastCall, device))
    return steps
  }

  /// The phone is gone, or shall be.
  mutating func losePhone(keepsNotify: Bool = false) -> [Step] {
    var steps: [Step] = []
    for mark in bridge.waiting { steps.append(.refuse(mark, .notPermitted)) }
    bridge = ATTBridge()
    if hasNotify, !keepsNotify {
      hasNotify = false
      steps.append(.closeNotify)
    }
    isSubscribed = false
    guard phone != nil else { return steps }
    phone = nil
    steps.append(.disconnected)
    return steps
  }

  private mutating func unsubscribe() -> [Step] {
    guard isSubscribed else { return [] }
    isSubscribed = false
    if phone != nil { bridge.configure(isIndicating: false) }
    return pump()
  }

  private mutating func pump() -> [Step] {
    guard phone != nil, let packet = bridge.next() else { return [] }
    return [.packet(packet)]
  }

  private static func refusal(_ code: UInt8) -> Refusal {
    switch ATTError(rawValue: code) {
    case .invalidOffset: .invalidOffset
    case .invalidAttributeValueLength: .invalidLength
    case .clientConfigurationImproper: .improperlyConfigured
    default: .notPermitted
    }
  }
}
