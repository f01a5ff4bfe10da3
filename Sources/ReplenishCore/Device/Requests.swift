/// One HTTPS request under way.
final class OpenRequest {
  /// What it is for.
  indirect enum Purpose {
    /// The authorization code.
    case redeem(clientID: String)
    /// New tokens for the link.
    case refreshLink
    /// New tokens for the deregistration.
    case refreshFarewell
    /// The order of a press.
    case replenish(PressID)
    /// The daily status.
    case deviceStatus
    /// The status of one slot.
    case slotStatus(slot: Int)
    /// A command's question.
    case command(CommandID)
    /// The end of the registration.
    case deregister
    /// A question of the maker's cloud's own.
    case cloud
  }

  /// Its name.
  let id: RequestID
  /// What it is for.
  let purpose: Purpose
  /// The link it was made under.
  let generation: Int64
  /// When it was made. A token's life counts from here, the one time that is surely not after the service's.
  let sent: Moment
  /// The access token it carries.
  let token: Secret?

  init(id: RequestID, purpose: Purpose, generation: Int64, sent: Moment, token: Secret?) {
    self.id = id
    self.purpose = purpose
    self.generation = generation
    self.sent = sent
    self.token = token
  }
}

extension Device {
  /// Asks for a request to be made.
  func send(
    _ request: HTTPRequest, _ purpose: OpenRequest.Purpose, generation: Int64
  ) {
    lastRequest &+= 1
    let id = RequestID(lastRequest)
    requests.append(
      OpenRequest(id: id, purpose: purpose, generation: generation, sent: now, token: request.bearer))
    effects.append(.request(id, request))
  }

  /// Gives an answer to what waits for it.
  func takeAnswer(_ id: RequestID, _ outcome: HTTPOutcome) {
    guard let index = requests.firstIndex(where: { $0.id == id }) else { return }
    let request = requests.remove(at: index)
    if case .answered = outcome, now.isSynchronized { clock.saw(now.clock) }
    switch request.purpose {
    case .redeem(let clientID): takeRedemption(outcome, clientID: clientID, sent: request.sent)
    case .refreshLink: takeLinkRefresh(outcome, request)
    case .refreshFarewell: takeFarewellRefresh(outcome, request)
    case .replenish(let press): takeReplenishment(outcome, press, request)
    case .deviceStatus: takeDeviceStatus(outcome, request)
    case .slotStatus(let slot): takeSlotStatus(outcome, slot, request)
    case .command(let command): takeCommandAnswer(outcome, command, request)
    case .deregister: takeDeregistration(outcome, request)
    case .cloud: configuration.cloud?.takeAnswer(id, outcome, self)
    }
  }

  /// Whether anything may be asked in the owner's name. The maker's cloud knows itself whether somebody is linked.
  var mayServe: Bool {
    @inline(never) get { isInService && erasure == nil && !farewellState.isEnding && lockedBy == nil }
  }

  /// Whether there is somebody to ask.
  var isInService: Bool { configuration.cloud != nil || link?.phase == .linked }

  /// The link under which presses are made now; nil without one.
  var generation: Int64? {
    @inline(never) get { configuration.cloud == nil ? link?.credentials.generation : journal.generation }
  }

  /// Asks in the owner's name; false if that must wait for a token.
  @inline(never)
  func ask(_ asked: DashRequest, _ purpose: OpenRequest.Purpose) -> Bool {
    if let cloud = configuration.cloud {
      send(cloud.request(asked, self), purpose, generation: journal.generation)
      return true
    }
    guard let link, let token = linkToken() else { return false }
    send(asked.request(token: token, at: configuration.dash), purpose, generation: link.credentials.generation)
    return true
  }

  /// A failure on the way to whoever is asked in the owner's name, for a person.
  @inline(never)
  func explain(_ failure: TransportFailure) -> String {
    configuration.cloud?.explain(failure) ?? Texts.dash(failure)
  }

  /// The link's access token, if it may be used now. If not, new tokens are asked for.
  func linkToken() -> Secret? {
    guard let link, !linkRefresh.isSaving else { return nil }
    if let token = usableToken(link.credentials) { return token }
    refreshLink()
    return nil
  }

  func usableToken(_ credentials: Credentials) -> Secret? {
    credentials.usableAccessToken(
      at: now, margin: configuration.tokenMargin, clockIsPlausible: isClockPlausible)
  }

  /// Forgets an access token that the service refused, unless it was renewed meanwhile.
  func refuseToken(_ token: Secret?) {
    if let token, link?.credentials.accessToken === token { link?.credentials.accessToken = nil }
    if let token, farewell?.credentials.accessToken === token { farewell?.credentials.accessToken = nil }
  }
}
