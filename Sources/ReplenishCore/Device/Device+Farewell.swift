/// The end of a link: from the owner's word to the deregistration at the service.
struct FarewellState {
  /// Whether the owner has ended the link and the record of it is being written: no order from here on.
  var isEnding = false
  /// Whether a token or the deregistration is being asked for.
  var isAsking = false
  /// Whether renewed tokens are being written.
  var isSaving = false
  /// When to try again.
  var retry = Retry()
  /// Whether it is over, and only the record has yet to go.
  var isOver = false
  /// Whether the record is being removed.
  var isRemoving = false
}

extension Device {
  /// Ends the link. The farewell on disk is the end; everything after it only tidies up.
  func endLink(_ command: CommandID?) {
    guard let link else { return }
    farewellState = FarewellState()
    farewellState.isEnding = true
    store(.farewell, Farewell(credentials: link.credentials, since: stamp).encoded(), .ended(command))
  }

  /// The farewell is on disk, or is not: then the link goes on and the owner is told so.
  func endIsOnDisk(_ command: CommandID?, _ outcome: StoreOutcome) {
    farewellState.isEnding = false
    if case .failed(let text) = outcome {
      if let command { refuse(command, .storage, text) }
      erasure?.retry.failed(at: now.uptime, .storage, random: random)
      erasure?.isBusy = false
      return
    }
    guard let link else { return }
    farewell = Farewell(credentials: link.credentials, since: stamp)
    linking = Linking()
    forgetLink(Refusal(.notLinked, Texts.notLinked))
    raise(.unlinked(Texts.unlinkedByOwner))
    if let command { reply(command, .done) }
    if erasure != nil { eraseLocally() }
  }

  /// Gives the deregistration up when its time is over. This needs no clock: without one no try is possible at all.
  func expireFarewell() {
    guard let farewell, !farewellState.isOver, !farewellState.isAsking, !farewellState.isSaving else { return }
    let life = erasure == nil ? DeviceLimits.deregistrationTime : DeviceLimits.erasureTime
    if let age = age(of: farewell.since), age < life {
      return lookAgain(at: now.uptime + UInt64(life - age) * 1000)
    }
    // Only after a try since the start: a device that lay in a drawer gets one. Without a clock no try is possible, and
    // a reset waits for one as long as it would for the network.
    if farewellState.retry.failures == 0 {
      guard erasure != nil, !isClockPlausible, isDue(startedAt + UInt64(life) * 1000) else { return }
    }
    fault(Texts.deregistrationGivenUp)
    dropFarewell()
  }

  /// Deregisters, for as long as the farewell lives.
  func advanceFarewell() {
    guard let farewell, !farewellState.isOver, !farewellState.isAsking, !farewellState.isSaving else { return }
    // Not beside a link that is being made: the service might end the old registration after it began the new one.
    guard link == nil, linking.isIdle else { return }
    guard isDue(farewellState.retry.at) else { return }
    let credentials = farewell.credentials
    farewellState.isAsking = true
    guard let token = usableToken(credentials) else {
      let request = TokenRequest.refresh(
        refreshToken: credentials.refreshToken, clientID: credentials.clientID, at: configuration.lwa)
      return send(request, .refreshFarewell, generation: credentials.generation)
    }
    send(
      DashRequest.deregister.request(token: token, at: configuration.dash), .deregister,
      generation: credentials.generation)
  }

  /// Takes LWA's answer for the deregistration.
  func takeFarewellRefresh(_ outcome: HTTPOutcome, _ request: OpenRequest) {
    guard let old = farewell?.credentials, old.generation == request.generation else { return }
    farewellState.isAsking = false
    switch outcome {
    case .failed(let failure): farewellFailed(Texts.lwa(failure))
    case .answered(let answer):
      do throws(TokenError) {
        let tokens = try TokenAnswer.read(answer)
        let isPlausible = isClockPlausible
        farewell?.credentials = Credentials(
          tokens, generation: old.generation, clientID: old.clientID,
          refreshToken: tokens.refreshToken ?? old.refreshToken, sent: request.sent,
          clockIsPlausible: isPlausible)
        farewellState.isSaving = true
        if let farewell { store(.farewell, farewell.encoded(), .farewellRefreshed) }
      } catch {
        // The registration is gone already: that is what was wanted.
        if error.isInvalidGrant { return dropFarewell() }
        farewellFailed(error.explanation)
      }
    }
  }

  /// Takes DRS's answer to the deregistration.
  func takeDeregistration(_ outcome: HTTPOutcome, _ request: OpenRequest) {
    guard farewell?.credentials.generation == request.generation else { return }
    farewellState.isAsking = false
    switch outcome {
    case .failed(let failure): farewellFailed(Texts.dash(failure))
    case .answered(let answer):
      do throws(DashError) {
        try DashAcknowledgement.read(answer, to: .deregister)
        dropFarewell()
      } catch {
        if error.isInvalidToken { refuseToken(request.token) }
        farewellFailed(error.explanation)
      }
    }
  }

  private func farewellFailed(_ text: String) {
    farewellState.retry.failed(at: now.uptime, .slow, random: random)
    lastFailure = (text, now.uptime)
  }

  /// Forgets the farewell: the registration is gone, was given up, or was replaced by a new link.
  func dropFarewell() {
    farewellState = FarewellState()
    farewellState.isOver = true
    removeFarewell()
  }

  private func removeFarewell() {
    // It is what says that the link has ended, so it goes last.
    guard link != nil || (linkRetry.failures == 0 && !isRemovingLink) else { return }
    farewellState.isRemoving = true
    remove(.farewell, .farewellRemoved)
  }

  private var isRemovingLink: Bool {
    stores.contains { after in
      if case .linkRemoved = after { return true }
      return false
    }
  }

  /// Removes again the record of a farewell that is over.
  func advanceFarewellRemoval() {
    guard farewellState.isOver, !farewellState.isRemoving, isDue(farewellState.retry.at) else { return }
    removeFarewell()
  }

  func farewellRemovalEnded(_ isDurable: Bool) {
    farewellState.isRemoving = false
    guard isDurable else { return farewellState.retry.failed(at: now.uptime, .storage, random: random) }
    let wasDeregistration = farewell != nil && link == nil
    farewell = nil
    farewellState = FarewellState()
    if wasDeregistration { raise(.deregistered) }
  }
}
