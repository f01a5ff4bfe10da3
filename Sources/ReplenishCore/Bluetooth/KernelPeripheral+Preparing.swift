/// From an adapter that was found to one that advertises: the commands, and what their refusals mean.
extension KernelPeripheral {
  mutating func answered(_ command: [UInt8], _ status: UInt8, _ parameters: [UInt8]) -> [Step] {
    switch stage {
    case .finding:
      switch AdapterChoice(wanted, status: status, parameters) {
      case .adapter(let index): return read(index)
      case .none: return wait()
      case .failed(let text): return fail(text)
      }
    case .reading:
      // Gone between list and question.
      guard status == 0 else { return wait() }
      guard let information = AdapterInformation(parameters) else {
        return fail(AdapterInformation.senseless(index))
      }
      return prepare(information)
    case .preparing:
      guard status == 0 else { return refused(command, status) }
      retries = 0
      return next()
    case .ending: return endingStep()
    default: return []
    }
  }

  /// The next command, or what follows when there is none.
  mutating func next() -> [Step] {
    guard let command = tasks.first else {
      if isRaw { return beginRaw() }
      stage = .advertising
      return []
    }
    tasks.removeFirst()
    // A phone that sees the first advertisement must find somebody to talk to.
    let isFirstOfAdvertising =
      command[0] == ManagementCommand.addExtendedAdvertisingParameters
      || command[0] == ManagementCommand.addAdvertising
    let steps: [Step] =
      isFirstOfAdvertising ? [.listen(address: identity.address, isRandom: identity.isRandom)] : []
    return steps + send(command)
  }

  private mutating func prepare(_ information: AdapterInformation) -> [Step] {
    guard information.supported.contains(.lowEnergy) else {
      return fail("hci\(index): it has no Bluetooth LE; use an adapter that has (adapter in the configuration)")
    }
    let now = information.current
    if original == nil { original = now }
    stage = .preparing
    isRaw = false
    tasks = []
    // With privacy the kernel advertises from a random address that changes, made from a key that nobody else has. An
    // adapter without a public address gets a random one for this window. Both can be set only while it is off.
    let needsAddress = !information.hasAddress
    let needsPrivacy = !needsAddress && !now.contains(.privacy)
    let mustBeOff = needsAddress || needsPrivacy
    guard let key = random.bytes(count: 16), let address = randomAddress() else { return noRandomness() }
    if now.contains(.powered), mustBeOff { task(ManagementCommand.setPowered, [0]) }
    if !now.contains(.lowEnergy) { task(ManagementCommand.setLowEnergy, [1]) }
    if requiresEncryption {
      // Bonding, since phones that want it are refused otherwise; and with nothing to compare or type in on the device.
      changesPairing = information.supported.contains(.secureSimplePairing)
      if changesPairing, !now.contains(.secureSimplePairing) { task(ManagementCommand.setSecureSimplePairing, [1]) }
      if !now.contains(.secureConnections) { task(ManagementCommand.setSecureConnections, [1]) }
      task(ManagementCommand.setCapability, [3])
      if !now.contains(.bondable) { task(ManagementCommand.setBondable, [1]) }
    }
    if needsPrivacy { task(ManagementCommand.setPrivacy, [1] + key) }
    if needsAddress { task(ManagementCommand.setStaticAddress, address) }
    if mustBeOff || !now.contains(.powered) { task(ManagementCommand.setPowered, [1]) }
    identity = needsAddress ? (address, true) : (information.address, false)
    // One that a killed daemon left. The kernel (6.1, 6.12) replaces it without taking its timer down, and dies of that when
    // the random address would change, a quarter of an hour later.
    task(ManagementCommand.removeAdvertising, [ManagementCommand.instance])
    tasks.append(ManagementCommand.advertisingParameters(index))
    tasks.append(ManagementCommand.advertisingData(index, advertisement.advertisingData, advertisement.scanResponse))
    return next()
  }

  /// Adds a command to what is to be done.
  mutating func task(_ code: UInt8, _ parameters: [UInt8]) {
    tasks.append(ManagementCommand.packet(code, index, parameters))
  }

  /// What the kernel's refusal of a command leads to.
  private mutating func refused(_ command: [UInt8], _ status: UInt8) -> [Step] {
    switch status {
    case 0x0A:  // busy
      retries += 1
      guard retries <= KernelPeripheral.mostRetries else {
        return fail("hci\(index): another program is busy with it; stop that program and open the window again")
      }
      tasks = [command] + tasks
      return [.wait(milliseconds: KernelPeripheral.busyPause)]
    case 0x0F: return restart()  // not powered
    case 0x11: return lose()  // no such adapter
    case 0x12: return fail("hci\(index): rfkill blocks it; run: rfkill unblock bluetooth")
    case 0x14:
      return fail(
        "hci\(index): this process may not manage Bluetooth; give it the capability CAP_NET_ADMIN (AmbientCapabilities in the unit)"
      )
    default: break
    }
    switch command[0] {
    // There was none.
    case ManagementCommand.removeAdvertising: return next()
    case ManagementCommand.setPrivacy, ManagementCommand.setStaticAddress:
      // Through the management it would advertise from the public address.
      isRaw = true
      // What is left to do with the management: to switch it on.
      tasks = []
      task(ManagementCommand.setPowered, [1])
      return next()
    case ManagementCommand.addExtendedAdvertisingParameters, ManagementCommand.addExtendedAdvertisingData:
      tasks = [ManagementCommand.advertising(index, advertisement.advertisingData, advertisement.scanResponse)]
      return [.stopListening] + next()
    case ManagementCommand.setSecureConnections, ManagementCommand.setSecureSimplePairing:
      return fail(
        "hci\(index): the kernel has no LE Secure Connections for it (status \(status)), which require-encryption needs; use another adapter, or require-encryption = no"
      )
    case ManagementCommand.addAdvertising:
      isRaw = true
      tasks = []
      return [.stopListening] + next()
    default:
      return fail(
        "hci\(index): the kernel refused management command \(command[0]) (status \(status)); see its log: dmesg"
      )
    }
  }

  private mutating func beginRaw() -> [Step] {
    guard !requiresEncryption else {
      return fail(
        "hci\(index): the kernel does not advertise on it by itself, and phones could not pair, which require-encryption needs; use another adapter, or require-encryption = no"
      )
    }
    guard let address = randomAddress() else { return noRandomness() }
    controllerTasks = HCICommand.advertise(
      address: address, advertisement.advertisingData, advertisement.scanResponse)
    return [
      .listen(address: identity.address, isRandom: identity.isRandom), .openController(index),
      .command(controllerTasks[0]),
    ]
  }

  /// A static random address (Core Specification, Vol 6, Part B, section 1.3.2.1): its two highest bits are set.
  private func randomAddress() -> [UInt8]? {
    guard var address = random.bytes(count: 6) else { return nil }
    address[5] |= 0xC0
    return address
  }

  private mutating func noRandomness() -> [Step] {
    fail("hci\(index): no random numbers can be had for its address; see the kernel's log: dmesg")
  }
}
