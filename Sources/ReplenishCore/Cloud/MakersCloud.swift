/// The maker's cloud as the one who orders: it holds the tokens and calls DRS, and the device reports presses to it.
///
/// The cloud knows the device by the key of the certificate that the board's HTTPS client presents; nothing of Amazon's is
/// on the device. Journal, lights and events are those of a device that orders by itself. No setup window opens: a button
/// held long tells the cloud that somebody is at the device, and for ten minutes an owner may claim it there.
///
/// One for each device, since it keeps what it is about. `Examples/Cloud/README.md` has the paths and bodies.
public final class MakersCloud {
  /// What the cloud was asked of this class's own accord.
  enum Question {
    /// To note that somebody is at the device.
    case presence(CommandID?)
    /// Whether the device is linked by now.
    case state
    /// To end the link, after a factory reset.
    case farewell
  }

  /// How often the cloud is asked, while it takes a claim, whether the device is linked by now, in milliseconds.
  static var lookInterval: UInt64 { 5_000 }

  package let address: String
  /// What is under way; one at a time.
  var question: Question?
  /// Somebody at the device of whom the cloud has yet to be told.
  var visitor: Visitor?
  package var claimableUntil: UInt64?
  /// When to ask whether the device is linked by now, in uptime milliseconds.
  var nextLook: UInt64 = 0
  /// The end of the link that a factory reset has yet to tell; nil when there is none.
  var farewell: Farewell?

  /// The wait for commands; nil where there is none.
  let downlink: Downlink?

  /// Somebody who holds a button, or gave a command.
  struct Visitor {
    let command: CommandID?
  }

  /// The end of a link that is to be told.
  struct Farewell {
    /// When to try again.
    var retry = Retry()
    /// When it is given up, in uptime milliseconds.
    let until: UInt64
    /// Whether it was told or given up.
    var isOver = false
  }

  /// Names a cloud.
  ///
  /// - Parameters:
  ///   - address: Where it listens for devices.
  ///   - downlink: Whether to wait for commands there, with one request that the cloud holds for minutes. Ordering is never
  ///     a command.
  public init(_ address: ServiceURL, downlink: Bool = false) {
    self.address = address.text
    self.downlink = downlink ? Downlink() : nil
  }
}

extension DeviceConfiguration {
  /// Orders through the maker's cloud instead of calling DRS. The board's HTTPS client is to have the certificate by which
  /// the cloud knows the device.
  public mutating func order(through cloud: MakersCloud) { self.cloud = cloud }
}

extension MakersCloud: CloudBackEnd {
  package func start(_ device: Device, hadLink: Bool) {
    guard hadLink || device.farewell != nil else { return }
    // What the device had at Amazon is not deregistered: the cloud registers the same serial number, maybe already, and that
    // registration would end.
    device.fault(Texts.cloudTakesOver)
    device.link = nil
    device.removeLink()
    if device.farewell != nil { device.dropFarewell() }
    // Presses that were DRS's to answer are not the cloud's.
    device.journal.generation += 1
  }

  package func advance(_ device: Device) {
    if let until = claimableUntil, device.isDue(until) { endClaim(device) }
    if device.erasure == nil { farewell = nil } else { advanceFarewell(device) }
    advanceDownlink(device)
    guard question == nil else { return }
    if let visitor {
      self.visitor = nil
      guard device.isClockPlausible else {
        return deny(visitor.command, Refusal(.clockNotSet, Texts.clockNotSet), device)
      }
      return ask(.presence(visitor.command), .post, "/v1/presence", device)
    }
    if claimableUntil != nil, device.isClockPlausible, device.isDue(nextLook) {
      ask(.state, .get, "/v1/device", device)
    }
  }

  package func takeAnswer(_ id: RequestID, _ outcome: HTTPOutcome, _ device: Device) {
    if let downlink, downlink.request == id { return takeDownlink(outcome, downlink, device) }
    let asked = question
    question = nil
    switch asked {
    case .presence(let command): takePresence(outcome, command, device)
    case .state: takeState(outcome, device)
    case .farewell: takeFarewell(outcome, device)
    case nil: break
    }
  }

  func ask(_ question: Question, _ method: HTTPRequest.Method, _ path: Wording, _ device: Device) {
    self.question = question
    device.send(request(method, path), .cloud, generation: device.journal.generation)
  }

  /// Remembers whether an account is linked, and tells the firmware where that is news.
  func note(isLinked: Bool, _ device: Device) {
    guard device.erasure == nil else { return }
    if isLinked { endClaim(device) }
    guard device.upkeep.isLinkedAtCloud != isLinked else { return }
    device.upkeep.isLinkedAtCloud = isLinked
    // The first status of a new link is due at once.
    if isLinked { device.upkeep.deviceStatusAt = nil }
    device.upkeep.nextStatus = nil
    device.store(.upkeep, device.upkeep.encoded(), .upkeep)
    device.raise(isLinked ? .linked : .unlinked(Texts.cloudNotLinked))
    if !isLinked { device.needUntil = device.now.uptime + DeviceLimits.needShown }
  }
}
