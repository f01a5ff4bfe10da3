/// A link being made.
struct Linking {
  /// How far it is.
  indirect enum Stage {
    /// Nothing, or waiting for the phone.
    case idle
    /// The code is here, the time of day is not.
    case waitingForClock(AuthorizationGrant, CodeVerifier)
    /// The code is at LWA.
    case redeeming(AuthorizationGrant, CodeVerifier)
    /// The tokens are on disk and the refresh token is being proved.
    case proving
  }

  /// How far it is.
  var stage = Stage.idle
  /// The verifier of this attempt. In memory only, used once.
  var verifier: CodeVerifier?
  /// Tries of a redemption that never left the device.
  var retry = Retry()
  /// Whether the link stands and the phone has only to read the news.
  var isComplete = false

  var isIdle: Bool {
    if case .idle = stage { return true }
    return false
  }
}

extension Device {
  /// Makes a fresh verifier and gives the phone what it needs to log in at Amazon.
  func offerParameters() {
    guard linking.isIdle else {
      return tellPhone(.failed(LinkFailure(.busy, Texts.linkingIsUnderWay, mayRetry: false)))
    }
    guard let verifier = CodeVerifier(random: random) else {
      fault(Texts.noRandomness)
      return tellPhone(.failed(LinkFailure(.other, Texts.noRandomness, mayRetry: true)))
    }
    linking.verifier = verifier
    tellPhone(
      .parameters(
        LinkParameters(
          model: identity.model.text, serial: identity.serial.text, codeChallenge: verifier.challenge,
          scope: configuration.scope, isTestDevice: configuration.isTestDevice,
          includeNonLive: configuration.includesNonLive)))
  }

  /// Takes what the phone brought back from Amazon.
  func take(_ grant: AuthorizationGrant) {
    guard linking.isIdle, let verifier = linking.verifier else {
      return tellPhone(.failed(LinkFailure(.busy, Texts.linkingIsUnderWay, mayRetry: false)))
    }
    if let pinned = configuration.clientID, !pinned.isExactly(grant.clientID) {
      return failLinking(LinkFailure(.clientRefused, Texts.otherClientID, mayRetry: true))
    }
    linking.verifier = nil
    linking.retry = Retry()
    linking.stage = .waitingForClock(grant, verifier)
    if isClockPlausible { tellPhone(.progress(.redeeming)) }
  }

  /// Sends the code once the time of day is known, and again only while it never left the device.
  func advanceLinking() {
    guard case .waitingForClock(let grant, let verifier) = linking.stage, isDue(linking.retry.at) else { return }
    // A deregistration that is under way ends first, or it might end the registration that the code has just made.
    guard !farewellState.isAsking else { return }
    linking.stage = .redeeming(grant, verifier)
    let request = TokenRequest.redeem(
      code: grant.code, redirectURI: grant.redirectURI, clientID: grant.clientID, verifier: verifier,
      at: configuration.lwa)
    send(request, .redeem(clientID: grant.clientID), generation: 0)
  }

  /// Takes LWA's answer to the code.
  func takeRedemption(_ outcome: HTTPOutcome, clientID: String, sent: Moment) {
    guard case .redeeming(let grant, let verifier) = linking.stage else { return }
    switch outcome {
    case .failed(let failure):
      if !failure.mayHaveBeenSent && linking.retry.failures + 1 < DeviceLimits.redemptionTries {
        linking.retry.failed(at: now.uptime, .network, random: random)
        linking.stage = .waitingForClock(grant, verifier)
        return
      }
      // A code works once. If it may have been used, only a new login helps.
      failLinking(LinkFailure(.unreachable, Texts.lwa(failure), mayRetry: true))
    case .answered(let answer):
      do throws(TokenError) {
        let tokens = try TokenAnswer.read(answer)
        guard let refreshToken = tokens.refreshToken else {
          return failLinking(LinkFailure(.clientRefused, Texts.noRefreshToken, mayRetry: true))
        }
        let generation = journal.generation + 1
        let credentials = Credentials(
          tokens, generation: generation, clientID: clientID, refreshToken: refreshToken, sent: sent,
          clockIsPlausible: isClockPlausible)
        refuseCommands(Refusal(.busy, Texts.linkingIsUnderWay))
        forgetUsage()
        link = Link(credentials: credentials, phase: .unproved)
        linking.stage = .proving
        linkRefresh = RefreshState()
        linkRefresh.isSaving = true
        if let link { store(.link, link.encoded(), .redeemed) }
      } catch {
        failLinking(LinkFailure(.init(error), error.explanation, mayRetry: true))
      }
    }
  }

  /// The new tokens are on disk: the old link is over, and the refresh token is proved next.
  func redeemedIsOnDisk(_ outcome: StoreOutcome) {
    guard let link, link.phase == .unproved, case .proving = linking.stage else { return }
    linkRefresh.isSaving = false
    if case .failed(let text) = outcome {
      forgetLink(Refusal(.storage, text))
      return failLinking(LinkFailure(.storage, text, mayRetry: true))
    }
    // A press made under another account is never ordered on this one.
    journal.generation = link.credentials.generation
    endPresses()
    // Deregistering the old link now would end the new registration of the same serial.
    if farewell != nil { dropFarewell() }
    tellPhone(.progress(.proving))
  }

  /// Ends the presses that were not made under the link as it is now.
  func endPresses() {
    let ended = journal.void(except: link?.credentials.generation, reason: Texts.linkEnded)
    dispatches.removeAll { journal[$0.id]?.state.isOpen != true && $0.phase == .waiting }
    saveJournal()
    for entry in ended { showOutcome(of: entry) }
  }

  /// Forgets a link that is over, on disk too. Whoever waited for it is answered, and nothing passes to the next one.
  func forgetLink(_ refusal: Refusal) {
    link = nil
    linkRefresh = RefreshState()
    removeLink()
    endPresses()
    forgetUsage()
    refuseCommands(refusal)
    needUntil = now.uptime + DeviceLimits.needShown
  }

  /// How one owner used things is not the next account's to know.
  private func forgetUsage() { slotReports = slotReports.map { _ in SlotReport() } }

  /// The refresh token works and its answer is on disk.
  func linkStands() {
    raise(.linked)
    // A link of an earlier start may be proved while a phone makes another one: that phone is not done.
    guard case .proving = linking.stage else { return }
    linking.stage = .idle
    linking.isComplete = window.phone != nil
    tellPhone(.linked)
    if window.phone != nil {
      window.phone?.leavesAt = now.uptime + DeviceLimits.farewellToPhone
    } else {
      linking = Linking()
      closeWindow()
    }
  }

  /// Tells the phone why it failed, and offers a fresh challenge if another try can help.
  func failLinking(_ failure: LinkFailure) {
    linking = Linking()
    lastFailure = (failure.text, now.uptime)
    raise(.linkingFailed(failure.text))
    tellPhone(.failed(failure))
    if failure.mayRetry && window.phone?.connection.isProved == true { offerParameters() }
  }
}
