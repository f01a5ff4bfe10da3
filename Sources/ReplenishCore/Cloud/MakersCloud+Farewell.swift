/// The factory reset: once nothing is left on the device, the cloud is to end the link.
extension MakersCloud {
  package var isForgotten: Bool { farewell?.isOver == true }

  /// Tells the cloud; for ten minutes, then the owner has to.
  func advanceFarewell(_ device: Device) {
    guard device.erasure?.isLocallyDone == true else { return endClaim(device) }
    let farewell = self.farewell ?? Farewell(until: device.now.uptime + UInt64(DeviceLimits.erasureTime) * 1000)
    self.farewell = farewell
    guard question == nil, !farewell.isOver else { return }
    if device.isDue(farewell.until) {
      device.fault(Texts.cloudNotTold)
      self.farewell?.isOver = true
      device.lookAgain(at: device.now.uptime)
    } else if device.isClockPlausible, device.isDue(farewell.retry.at) {
      ask(.farewell, .delete, "/v1/link", device)
    }
  }

  func takeFarewell(_ outcome: HTTPOutcome, _ device: Device) {
    guard let text = fault(in: outcome) else {
      farewell?.isOver = true
      return
    }
    device.lastFailure = (text, device.now.uptime)
    farewell?.retry.failed(at: device.now.uptime, .network, random: device.random)
  }

  /// What was wrong; nil if there is no link any more.
  private func fault(in outcome: HTTPOutcome) -> String? {
    switch outcome {
    case .failed(let failure): return Texts.cloud(failure)
    case .answered(let answer):
      do throws(DashError) { try CloudAnswer.check(answer) } catch {
        if case .notLinked = error { return nil }
        return error.explanation
      }
      return nil
    }
  }
}
