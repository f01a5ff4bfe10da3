/// The downlink: the cloud's commands, waited for with one request that the cloud holds until there is one.
///
/// A request of its own, on a connection of its own: presses never wait behind it. While it is held nothing here wakes.
/// The one command is Matter's Identify (Application Cluster Specification 1.2.5.1). Ordering is none.
extension MakersCloud {
  /// Where the wait stands.
  final class Downlink {
    /// What is under way.
    var request: RequestID?
    /// When that was sent, in uptime milliseconds.
    var sent: UInt64 = 0
    /// A command that is over, of which the cloud has yet to be told.
    var ended: CloudCommand?
    /// Failures in a row.
    var failures = 0
    /// The uptime in milliseconds before which nothing is sent.
    var next: UInt64 = 0
  }

  /// How long the cloud is asked to hold the request, in seconds.
  static var wait: Int { 240 }
  /// An empty answer that comes earlier, in milliseconds, is one of a cloud that does not hold requests.
  private static var shortestWait: UInt64 { 30_000 }
  /// The longest that the lights say "this one", in seconds.
  private static var longestIdentify: Int64 { 600 }

  package var holdsRequest: Bool { downlink != nil }

  func advanceDownlink(_ device: Device) {
    guard let downlink, downlink.request == nil, device.erasure == nil, device.isClockPlausible,
      device.isDue(downlink.next)
    else { return }
    let request: HTTPRequest
    if let ended = downlink.ended {
      let body = JSONValue.object()
      body.set("state", ended.seconds == nil ? "refused" : "done")
      request = self.request(.put, "/v1/commands/\(PercentEncoding.encode(ended.id))", body.encoded())
    } else {
      request = self.request(.get, "/v1/commands?wait=\(MakersCloud.wait)")
      request.isHeld = true
    }
    device.send(request, .cloud, generation: device.journal.generation)
    downlink.request = RequestID(device.lastRequest)
    downlink.sent = device.now.uptime
  }

  func takeDownlink(_ outcome: HTTPOutcome, _ downlink: Downlink, _ device: Device) {
    downlink.request = nil
    // A cloud that was away is not asked by a whole fleet at once, nor for something that can wait: from about half a
    // minute to five.
    func fail(_ text: String?, retryAfter: Int? = nil) {
      if let text { device.lastFailure = (text, device.now.uptime) }
      downlink.failures = min(downlink.failures + 1, 100)
      let wait = RetrySchedule.network.wait(afterFailures: downlink.failures + 5, random: device.random)
      downlink.next = device.now.uptime + max(wait, UInt64(max(retryAfter ?? 0, 0)) * 1000)
    }
    switch outcome {
    case .failed(let failure): fail(Texts.cloud(failure))
    case .answered(let answer):
      do throws(DashError) {
        let wasEnded = downlink.ended != nil
        let command = try CloudCommand.read(answer, isAwaited: !wasEnded)
        downlink.ended = nil
        if let command {
          obey(command, device)
          downlink.ended = command
        } else if !wasEnded, device.now.uptime < downlink.sent + MakersCloud.shortestWait {
          return fail(nil)
        }
        downlink.failures = 0
      } catch {
        // Over there as well, for another reason.
        if !error.isRetryable { downlink.ended = nil }
        if case .slotUnknown = error { return fail(Texts.noDownlink) }
        fail(error.explanation, retryAfter: error.retryAfter)
      }
    }
  }

  private func obey(_ command: CloudCommand, _ device: Device) {
    guard device.erasure == nil else { return }
    guard let seconds = command.seconds else { return device.fault(Texts.commandRefused(command.action)) }
    device.identifyUntil = device.now.uptime + UInt64(min(seconds, MakersCloud.longestIdentify)) * 1000
    if seconds > 0 { device.raise(.identify) }
  }
}
