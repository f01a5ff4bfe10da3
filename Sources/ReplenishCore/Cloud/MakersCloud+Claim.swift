/// Presence: whoever claims a device in the cloud must be able to touch it.
extension MakersCloud {
  package func announce(_ device: Device, _ command: CommandID?) {
    if let lockedBy = device.lockedBy { return deny(command, Refusal(.storage, lockedBy), device) }
    if device.erasure != nil { return deny(command, Refusal(.busy, Texts.erasureIsUnderWay), device) }
    if visitor != nil { return deny(command, Refusal(.busy, Texts.busy), device) }
    visitor = Visitor(command: command)
  }

  func takePresence(_ outcome: HTTPOutcome, _ command: CommandID?, _ device: Device) {
    let isLinked: Bool
    switch outcome {
    case .failed(let failure): return deny(command, Refusal(.unreachable, Texts.cloud(failure)), device)
    case .answered(let answer):
      do throws(DashError) { isLinked = try CloudAnswer.isLinked(answer) } catch {
        return deny(command, Refusal(Refusal.Code(error), error.explanation), device)
      }
    }
    if let command { device.reply(command, .done) }
    note(isLinked: isLinked, device)
    guard !isLinked, device.erasure == nil else { return }
    let isNew = claimableUntil == nil
    claimableUntil = device.now.uptime + DeviceLimits.longestSetupWindow
    nextLook = device.now.uptime + MakersCloud.lookInterval
    if isNew { device.raise(.setupOpened(seconds: Int(DeviceLimits.longestSetupWindow / 1000))) }
  }

  /// Takes the answer of a look. One that failed is made again: the person at the device knows all that matters.
  func takeState(_ outcome: HTTPOutcome, _ device: Device) {
    nextLook = device.now.uptime + MakersCloud.lookInterval
    guard case .answered(let answer) = outcome, let isLinked = try? CloudAnswer.isLinked(answer) else { return }
    note(isLinked: isLinked, device)
  }

  func endClaim(_ device: Device) {
    guard claimableUntil != nil else { return }
    claimableUntil = nil
    device.raise(.setupClosed)
  }

  /// Tells whoever is at the device that it did not work. Nothing is tried again: the claim wants somebody there.
  func deny(_ command: CommandID?, _ refusal: Refusal, _ device: Device) {
    if let command { return device.reply(command, .refused(refusal)) }
    device.fault(refusal.text)
    for light in device.lights {
      light.outcome = SlotLight.Outcome(.fault, until: device.now.uptime + DeviceLimits.needShown)
    }
  }
}
