/// From a daemon that was found to one that advertises for us, and back: the calls, and what their refusals mean.
extension BluetoothdPeripheral {
  /// Takes the answer to a call.
  public mutating func answered(_ number: UInt32, _ answer: Answer) -> [Step] {
    guard let (awaitedNumber, call) = awaited, number == awaitedNumber else { return farewell(number) }
    awaited = nil
    switch stage {
    case .finding:
      switch answer {
      case .adapters(let adapters): return choose(adapters)
      case .refused(let name, let text):
        guard isAbsence(name) else { return fail(refusal(of: call, name, text)) }
        isDaemonThere = false
        return wait()
      case .done: return fail("bluetoothd does not tell its adapters; use BlueZ 5.50 or later")
      }
    case .preparing:
      guard case .refused(let name, let text) = answer else { return next() }
      return refused(call, name, text)
    case .ending: return finish()
    default: return []
    }
  }

  /// A connection is ended when bluetoothd says so; one that could not be ended is none any more.
  private mutating func farewell(_ number: UInt32) -> [Step] {
    guard let index = farewells.firstIndex(where: { $0.number == number }) else { return [] }
    return deviceGone(farewells[index].device)
  }

  mutating func find() -> [Step] {
    stage = .finding
    retries = 0
    heals = 0
    return ask(.findAdapters)
  }

  mutating func wait() -> [Step] {
    stage = .waiting
    return [.wait(milliseconds: BluetoothdPeripheral.patience)]
  }

  private mutating func choose(_ adapters: [BluezAdapter]) -> [Step] {
    isDaemonThere = true
    var chosen: (index: UInt16, adapter: BluezAdapter)?
    for adapter in adapters {
      guard let index = adapter.index, index == wanted ?? index, index <= chosen?.index ?? index else { continue }
      chosen = (index, adapter)
    }
    guard let found = chosen?.adapter else {
      adapter = ""
      return wait()
    }
    adapter = found.path
    // How it was when the window opened counts, however often the daemon ends and comes back in between.
    if wasUnplugged || original?.adapter.isExactly(adapter) != true { original = (adapter, found.isPowered) }
    wasUnplugged = false
    let name = BluetoothdPeripheral.name(adapter)
    guard found.takesServices, let free = found.freeAdvertisements else {
      return fail(
        "\(name): bluetoothd offers no Bluetooth LE on it; use an adapter that has it, and no ControllerMode = bredr in main.conf"
      )
    }
    guard free > 0 else {
      return fail("\(name): other programs advertise all that it can; stop one of them (bluetoothctl show)")
    }
    acquires = found.tellsConfirmations
    stage = .preparing
    tasks = found.isPowered ? [] : [.setPowered(adapter: adapter, true)]
    if requiresEncryption, !hasAgent { tasks.append(.registerAgent) }
    // A phone that sees the first advertisement must find somebody to talk to.
    tasks += [.registerApplication(adapter: adapter), .registerAdvertisement(adapter: adapter)]
    return next()
  }

  /// The next call, or what follows when there is none.
  mutating func next() -> [Step] {
    guard !tasks.isEmpty else {
      stage = .advertising
      retries = 0
      heals = 0
      return []
    }
    return ask(tasks.removeFirst())
  }

  /// What a refusal leads to.
  private mutating func refused(_ task: Call, _ name: String, _ text: String) -> [Step] {
    if isAbsence(name) { return daemonChanged(isThere: false) }
    if name.isExactly("org.freedesktop.DBus.Error.UnknownObject")
      || name.isExactly("org.freedesktop.DBus.Error.UnknownMethod")
    {
      return adapterGone()
    }
    switch task {
    case .unregisterAdvertisement, .unregisterApplication: return next()
    case .registerAgent where name.isExactly("org.bluez.Error.AlreadyExists"): return next()
    case .registerApplication, .registerAdvertisement:
      if name.isExactly("org.bluez.Error.AlreadyExists"), heals < 2 {
        heals += 1
        let undo: Call =
          if case .registerApplication = task { .unregisterApplication(adapter: adapter) } else {
            .unregisterAdvertisement(adapter: adapter)
          }
        tasks = [undo, task] + tasks
        return next()
      }
    default: break
    }
    // An adapter that has just been switched on may not be ready.
    let isPassing =
      name.isExactly("org.bluez.Error.Failed") || name.isExactly("org.bluez.Error.Busy")
      || name.isExactly("org.bluez.Error.InProgress") || name.isExactly("org.bluez.Error.NotReady")
    if isPassing, !isBlocked(text), retries < BluetoothdPeripheral.mostRetries {
      retries += 1
      tasks = [task] + tasks
      return [.wait(milliseconds: BluetoothdPeripheral.busyPause)]
    }
    return fail(refusal(of: task, name, text))
  }

  private func refusal(of call: Call, _ name: String, _ text: String) -> String {
    if name.isExactly("org.freedesktop.DBus.Error.AccessDenied") {
      return
        "the bus does not let this user talk to bluetoothd; install dash-button-bluetooth.conf as a policy of the bus (Examples/DashButton), and run: systemctl reload dbus"
    }
    let place = BluetoothdPeripheral.name(adapter)
    if isBlocked(text) { return "\(place): rfkill blocks it; run: rfkill unblock bluetooth" }
    let what =
      switch call {
      case .findAdapters: "bluetoothd does not tell its adapters"
      case .setPowered: "\(place): bluetoothd does not switch it on"
      case .registerAdvertisement: "\(place): bluetoothd does not advertise for us"
      case .registerAgent: "\(place): bluetoothd does not let phones pair, which require-encryption needs"
      default: "\(place): bluetoothd does not take our service"
      }
    return "\(what) (\(ControlText.harmless("\(name): \(text)", limit: 200))); see its log: journalctl -u bluetooth"
  }

  private func isBlocked(_ text: String) -> Bool {
    let word = Array("rfkill".utf8)
    let bytes = Array(text.utf8)
    guard bytes.count >= word.count else { return false }
    return (0...(bytes.count - word.count)).contains { bytes[$0..<($0 + word.count)].elementsEqual(word) }
  }

  /// Whether an error says that nobody was there to answer.
  private func isAbsence(_ name: String) -> Bool {
    for absence in ["ServiceUnknown", "NameHasNoOwner", "NoReply", "Disconnected", "Timeout"]
    where name.isExactly("org.freedesktop.DBus.Error." + absence) { return true }
    // What activation by the service manager says of a unit that is masked, missing or fails.
    return name.utf8.starts(with: "org.freedesktop.systemd1.".utf8)
      || name.utf8.starts(with: "org.freedesktop.DBus.Error.Spawn.".utf8)
  }

  /// The adapter is gone: it may come back, as another number if none was asked for.
  mutating func adapterGone() -> [Step] {
    forget()
    adapter = ""
    leaving = []
    wasUnplugged = true
    let steps = losePhone()
    switch stage {
    case .preparing, .advertising: return steps + (wanted == nil ? find() : wait())
    case .ending: return steps + finish()
    default: return steps
    }
  }

  /// Somebody else undid what was done: do it again, but not for ever.
  mutating func restart(_ calls: [Call]) -> [Step] {
    restarts += 1
    guard restarts <= BluetoothdPeripheral.mostRestarts else {
      return fail(
        "\(BluetoothdPeripheral.name(adapter)): another program keeps undoing what is done; stop that program and open the window again"
      )
    }
    stage = .preparing
    tasks = calls
    return next()
  }

  /// Nothing is registered any more, and no answer comes.
  mutating func forget() {
    tasks = []
    awaited = nil
    hasApplication = false
    hasAdvertisement = false
    farewells = []
  }

  /// What the window changed, except for the advertisement, which is down already.
  mutating func putBack() -> [Step] {
    hasPutBack = true
    if hasApplication { tasks.append(.unregisterApplication(adapter: adapter)) }
    if hasAgent { tasks.append(.unregisterAgent) }
    if isDaemonThere, let original, !original.wasPowered, original.adapter.isExactly(adapter) {
      tasks.append(.setPowered(adapter: adapter, false))
    }
    var steps: [Step] = [.wait(milliseconds: BluetoothdPeripheral.endingTime)]
    // All at once, in case that the process ends before it hears the answers.
    while !tasks.isEmpty { steps += ask(tasks.removeFirst()) }
    return awaited == nil ? finish() : steps
  }

  mutating func finish() -> [Step] {
    forget()
    hasAgent = false
    stage = .idle
    hasPutBack = false
    original = nil
    wasUnplugged = false
    adapter = ""
    leaving = []
    let steps: [Step] = hasNotify ? [.closeNotify] : []
    hasNotify = false
    guard reopens else { return steps + [.stopWaiting, .finished] }
    reopens = false
    restarts = 0
    ends = 0
    return steps + [.stopWaiting] + find()
  }

  /// Calls, and awaits the answer.
  mutating func ask(_ task: Call) -> [Step] {
    let steps = call(task)
    awaited = (lastCall, task)
    return steps
  }

  mutating func call(_ task: Call) -> [Step] {
    switch task {
    case .registerApplication: hasApplication = true
    case .unregisterApplication: hasApplication = false
    case .registerAdvertisement: hasAdvertisement = true
    case .unregisterAdvertisement: hasAdvertisement = false
    case .registerAgent: hasAgent = true
    case .unregisterAgent: hasAgent = false
    default: break
    }
    lastCall &+= 1
    return [.call(lastCall, task)]
  }
}
