/// A command that waits for the service.
struct OpenCommand {
  /// Its name.
  let id: CommandID
  /// What was asked.
  let command: Command
  /// Whether its request is under way.
  var isAsking = false
  /// Whether the token was renewed for it already.
  var hasRefreshed = false
}

extension Device {
  /// The commands that may wait for the service at once.
  static let mostCommands = 8

  mutating func reply(_ id: CommandID, _ reply: Reply) { effects.append(.reply(id, reply)) }

  /// Carries out a command, or begins to.
  mutating func take(_ command: Command, _ id: CommandID) {
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
      guard link?.phase == .linked else { return reply(id, .refused(Refusal(.notLinked, Texts.notLinked))) }
      slotReports[index].status = status
      reply(id, .done)
    case .cancelTestOrders(.some(let slot)) where slotIndex(named: slot) == nil: refuseSlot(id, slot)
    case .order(let instanceID) where !DashRequest.isAddressable(instanceID):
      reply(id, .refused(Refusal(.badRequest, Texts.badInstanceID)))
    case .slots, .order, .cancelTestOrders:
      guard link?.phase == .linked else { return reply(id, .refused(Refusal(.notLinked, Texts.notLinked))) }
      guard commands.count < Device.mostCommands else { return reply(id, .refused(Refusal(.busy, Texts.busy))) }
      commands.append(OpenCommand(id: id, command: command))
    }
  }

  private mutating func refuseSlot(_ id: CommandID, _ slot: String) {
    reply(id, .refused(Refusal(.unknownSlot, Texts.unknownSlot(slot, known: configuration.slots))))
  }

  private mutating func openSetup(_ id: CommandID) {
    guard credential != nil else { return reply(id, .refused(Refusal(.noSetupCode, Texts.noSetupCode))) }
    if let lockedBy { return reply(id, .refused(Refusal(.storage, lockedBy))) }
    if erasure != nil { return reply(id, .refused(Refusal(.busy, Texts.erasureIsUnderWay))) }
    openWindow()
    reply(id, .done)
  }

  private mutating func unlink(_ id: CommandID) {
    guard link != nil else { return reply(id, .refused(Refusal(.notLinked, Texts.notLinked))) }
    guard !farewellState.isEnding, erasure == nil else { return reply(id, .refused(Refusal(.busy, Texts.busy))) }
    endLink(id)
  }

  /// Asks the service what waiting commands want to know.
  mutating func advanceCommands() {
    guard !commands.isEmpty else { return }
    guard mayServe else { return refuseCommands(Refusal(.notLinked, Texts.notLinked)) }
    if linkRefresh.retry.at > now.uptime, linkToken() == nil {
      return refuseCommands(Refusal(.unreachable, lastFailure?.text ?? Texts.busy))
    }
    for index in commands.indices where !commands[index].isAsking {
      guard let link, let token = linkToken() else { continue }
      commands[index].isAsking = true
      send(
        serviceRequest(commands[index].command).request(token: token, at: configuration.dash),
        .command(commands[index].id), generation: link.credentials.generation)
    }
  }

  private func serviceRequest(_ command: Command) -> DashRequest {
    switch command {
    case .order(let instanceID): .orderInfo(instanceID: instanceID)
    case .cancelTestOrders(.some(let slot)):
      .cancelTestOrders(slot: slotIndex(named: slot).map { configuration.slots[$0].slotID } ?? slot)
    case .cancelTestOrders(.none): .cancelAllTestOrders
    default: .subscriptionInfo(.v2)
    }
  }

  /// Takes the service's answer for a command.
  mutating func takeCommandAnswer(_ outcome: HTTPOutcome, _ id: CommandID, _ request: OpenRequest) {
    guard let index = commands.firstIndex(where: { $0.id == id }) else { return }
    let open = commands.remove(at: index)
    switch outcome {
    case .failed(let failure): reply(id, .refused(Refusal(.unreachable, Texts.dash(failure))))
    case .answered(let answer):
      do throws(DashError) {
        reply(id, try read(answer, for: open.command))
      } catch {
        if error.isInvalidToken { refuseToken(request.token) }
        if error.isInvalidToken, !open.hasRefreshed, link?.credentials.generation == request.generation {
          return commands.append(OpenCommand(id: id, command: open.command, hasRefreshed: true))
        }
        reply(id, .refused(Refusal(error.isMalformed ? .malformedAnswer : .service, error.explanation)))
      }
    }
  }

  private func read(_ answer: HTTPAnswer, for command: Command) throws(DashError) -> Reply {
    switch command {
    case .order: return .order(try OrderInfo.read(answer))
    case .cancelTestOrders: return .cancelled(try CancelledSlot.read(answer))
    default: return .slots(try SlotSubscription.read(answer))
    }
  }

  /// Answers every command that waits for the service, because it cannot be asked.
  mutating func refuseCommands(_ refusal: Refusal) {
    for open in commands where !open.isAsking { reply(open.id, .refused(refusal)) }
    commands.removeAll { !$0.isAsking }
  }
}
