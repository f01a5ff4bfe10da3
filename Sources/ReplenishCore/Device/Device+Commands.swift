/// A command that waits for the service.
final class OpenCommand {
  /// Its name.
  let id: CommandID
  /// What was asked.
  let command: Command
  /// Whether its request is under way.
  var isAsking = false
  /// Whether the token was renewed for it already.
  let hasRefreshed: Bool

  init(id: CommandID, command: Command, hasRefreshed: Bool = false) {
    self.id = id
    self.command = command
    self.hasRefreshed = hasRefreshed
  }
}

extension Device {
  /// The commands that may wait for the service at once.
  static let mostCommands = 8

  // Not inlined, as raise(_:) is not: it stands in many places.
  @inline(never)
  func reply(_ id: CommandID, _ reply: Reply) { effects.append(.reply(id, reply)) }

  /// Answers a command that is not carried out.
  @inline(never)
  func refuse(_ id: CommandID, _ code: Refusal.Code, _ text: String) {
    reply(id, .refused(Refusal(code, text)))
  }

  /// Carries out a command, or begins to.
  func take(_ command: Command, _ id: CommandID) {
    switch command {
    case .status: reply(id, .status(status()))
    case .identity: reply(id, .identity(identity))
    case .press(let slot):
      guard let index = slotIndex(named: slot) else { return refuseSlot(id, slot) }
      press(slot: index, command: id)
    case .setup: openSetup(id)
    case .unlink: unlink(id)
    case .erase: erase(id)
    case .slotStatus(let slot, let status):
      guard let index = slotIndex(named: slot) else { return refuseSlot(id, slot) }
      guard isInService else { return refuse(id, .notLinked, Texts.notLinked) }
      slotReports[index].status = status
      reply(id, .done)
    case .cancelTestOrders(.some(let slot)) where slotIndex(named: slot) == nil: refuseSlot(id, slot)
    case .order(let instanceID) where !DashRequest.isAddressable(instanceID):
      refuse(id, .badRequest, Texts.badInstanceID)
    case .slots, .order, .cancelTestOrders, .renewKey:
      guard isInService else { return refuse(id, .notLinked, Texts.notLinked) }
      askLater(command, id)
    }
  }

  private func askLater(_ command: Command, _ id: CommandID) {
    guard commands.count < Device.mostCommands else { return refuse(id, .busy, Texts.busy) }
    commands.append(OpenCommand(id: id, command: command))
  }

  private func refuseSlot(_ id: CommandID, _ slot: String) {
    refuse(id, .unknownSlot, Texts.unknownSlot(slot, known: configuration.slots.map { $0.name }))
  }

  private func openSetup(_ id: CommandID) {
    if let cloud = configuration.cloud { return cloud.announce(self, id) }
    guard credential != nil else { return refuse(id, .noSetupCode, Texts.noSetupCode) }
    if let lockedBy { return refuse(id, .storage, lockedBy) }
    if erasure != nil { return refuse(id, .busy, Texts.erasureIsUnderWay) }
    openWindow()
    reply(id, .done)
  }

  private func unlink(_ id: CommandID) {
    if configuration.cloud != nil { return askLater(.unlink, id) }
    guard link != nil else { return refuse(id, .notLinked, Texts.notLinked) }
    guard !farewellState.isEnding, erasure == nil else { return refuse(id, .busy, Texts.busy) }
    endLink(id)
  }

  /// Asks the service what waiting commands want to know.
  func advanceCommands() {
    guard !commands.isEmpty else { return }
    guard mayServe else { return refuseCommands(Refusal(.notLinked, Texts.notLinked)) }
    if configuration.cloud == nil, linkRefresh.retry.at > now.uptime, linkToken() == nil {
      return refuseCommands(Refusal(.unreachable, lastFailure?.text ?? Texts.busy))
    }
    for index in commands.indices where !commands[index].isAsking {
      guard ask(request(for: commands[index].command), .command(commands[index].id)) else { continue }
      commands[index].isAsking = true
    }
  }

  private func request(for command: Command) -> DashRequest {
    switch command {
    case .order(let instanceID): return .orderInfo(instanceID: instanceID)
    case .unlink: return .deregister
    case .cancelTestOrders(.some(let slot)):
      let named = configuration.slots.first { $0.name.isExactly(slot) }
      return .cancelTestOrders(slot: named?.slotID ?? slot)
    case .cancelTestOrders(.none): return .cancelAllTestOrders
    default: return .subscriptionInfo(.v2)
    }
  }

  /// Takes the service's answer for a command.
  func takeCommandAnswer(_ outcome: HTTPOutcome, _ id: CommandID, _ request: OpenRequest) {
    guard let index = commands.firstIndex(where: { $0.id == id }) else { return }
    let open = commands.remove(at: index)
    switch outcome {
    case .failed(let failure): refuse(id, .unreachable, explain(failure))
    case .answered(let answer):
      do throws(DashError) {
        reply(id, try read(answer, for: open.command))
      } catch {
        if error.isInvalidToken { refuseToken(request.token) }
        if error.isInvalidToken, !open.hasRefreshed, generation == request.generation {
          return commands.append(OpenCommand(id: id, command: open.command, hasRefreshed: true))
        }
        reply(id, .refused(Refusal(Refusal.Code(error), error.explanation)))
      }
    }
  }

  private func read(_ answer: HTTPAnswer, for command: Command) throws(DashError) -> Reply {
    if let cloud = configuration.cloud { return try cloud.read(answer, for: command, self) }
    switch command {
    case .order: return .order(try OrderInfo.read(answer))
    case .cancelTestOrders: return .cancelled(try CancelledSlot.read(answer))
    default: return .slots(try SlotSubscription.read(answer))
    }
  }

  /// Answers every command that waits for the service, because it cannot be asked.
  func refuseCommands(_ refusal: Refusal) {
    for open in commands where !open.isAsking { reply(open.id, .refused(refusal)) }
    commands.removeAll { !$0.isAsking }
  }
}
