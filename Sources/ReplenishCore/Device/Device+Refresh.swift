/// The renewal of tokens; one at a time.
struct RefreshState {
  /// Whether a request is under way.
  var isAsking = false
  /// Whether new tokens are being written; they are used once that has ended.
  var isSaving = false
  /// When to try again after a failure.
  var retry = Retry()
  /// When it last succeeded, in uptime milliseconds.
  var succeededAt: UInt64?
}

extension Device {
  /// Asks for new tokens, unless that is under way or must wait.
  func refreshLink() {
    guard let link, !linkRefresh.isAsking, !linkRefresh.isSaving, isDue(linkRefresh.retry.at) else { return }
    linkRefresh.isAsking = true
    let request = TokenRequest.refresh(
      refreshToken: link.credentials.refreshToken, clientID: link.credentials.clientID, at: configuration.lwa)
    send(request, .refreshLink, generation: link.credentials.generation)
  }

  /// Takes LWA's answer for the link.
  func takeLinkRefresh(_ outcome: HTTPOutcome, _ request: OpenRequest) {
    guard let link, link.credentials.generation == request.generation else { return }
    linkRefresh.isAsking = false
    switch outcome {
    case .failed(let failure): refreshFailed(Texts.lwa(failure), .network, Refusal.Code.unreachable)
    case .answered(let answer):
      do throws(TokenError) {
        renewLink(try TokenAnswer.read(answer), sent: request.sent)
      } catch {
        if error.isInvalidGrant { return loseLink(Texts.revoked) }
        // Nothing but invalid_grant unlinks: a wrong configuration at Amazon must not unlink every device.
        if link.phase == .unproved && !error.isRetryable {
          forgetLink(Refusal(.service, error.explanation))
          return failLinking(LinkFailure(.init(error), error.explanation, mayRetry: true))
        }
        refreshFailed(error.explanation, error.isRetryable ? .network : .slow, Refusal.Code.service, answer.retryAfter)
      }
    }
  }

  private func renewLink(_ tokens: Tokens, sent: Moment) {
    guard let old = link?.credentials else { return }
    let credentials = Credentials(
      tokens, generation: old.generation, clientID: old.clientID,
      // An answer without a refresh token leaves the old one in force (RFC 6749 section 6).
      refreshToken: tokens.refreshToken ?? old.refreshToken, sent: sent, clockIsPlausible: isClockPlausible)
    let renewed = Link(credentials: credentials, phase: .linked)
    linkRefresh.retry = Retry()
    linkRefresh.succeededAt = now.uptime
    linkRefresh.isSaving = true
    // The phase changes in memory only when the record is durable; see refreshedIsOnDisk.
    link?.credentials = credentials
    store(.link, renewed.encoded(), .refreshed)
  }

  /// The renewed tokens are on disk, or could not be written: then they are used all the same and written again later.
  func refreshedIsOnDisk(_ isDurable: Bool) {
    linkRefresh.isSaving = false
    linkRemovalEnded(isDurable)
    guard isDurable, link?.phase == .unproved, linkRefresh.succeededAt != nil else { return }
    link?.phase = .linked
    linkStands()
  }

  private func refreshFailed(
    _ text: String, _ schedule: RetrySchedule, _ code: Refusal.Code, _ retryAfter: Int? = nil
  ) {
    linkRefresh.retry.failed(at: now.uptime, schedule, random: random, retryAfter: retryAfter)
    lastFailure = (text, now.uptime)
    if linkRefresh.retry.failures == 1 { raise(.fault(text)) }
    refuseCommands(Refusal(code, text))
  }

  /// The link has ended at Amazon. Nothing but `invalid_grant` comes here.
  func loseLink(_ text: String) {
    let wasProving = link?.phase == .unproved
    forgetLink(Refusal(.notLinked, text))
    lastFailure = (text, now.uptime)
    if wasProving { failLinking(LinkFailure(.codeRefused, text, mayRetry: true)) } else { raise(.unlinked(text)) }
  }

  /// Refreshes ahead of need, where the product wants a press to find a valid token; and proves a new link.
  func advanceRefresh() {
    guard let link, !linkRefresh.isSaving, linkRetry.failures == 0 else { return }
    if link.phase == .unproved {
      // Not while a phone's code for another link is at LWA, whose answer would come to a link that has changed.
      if case .redeeming = linking.stage { return }
      return refreshLink()
    }
    guard configuration.refreshesAhead else { return }
    guard let ends = link.credentials.endsAtUptime, link.credentials.accessToken != nil else { return refreshLink() }
    let margin = link.credentials.margin(configuration.tokenMargin)
    let from = ends > margin ? ends - margin : 0
    if isDue(from) { refreshLink() }
  }
}
