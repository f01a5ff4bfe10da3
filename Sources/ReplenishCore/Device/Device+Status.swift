extension Device {
  /// How the device is, for its owner and its firmware.
  package func status() -> DeviceStatus {
    DeviceStatus(
      version: Release.version, link: linkState,
      generation: (link?.credentials.generation).map { UInt32(clamping: $0) },
      protection: configuration.protection, isTestDevice: configuration.isTestDevice,
      hasSetupRecord: credential != nil || configuration.cloud != nil,
      windowSeconds: openUntil.map { Int(($0 > now.uptime ? $0 - now.uptime : 0) / 1000) },
      guesses: DeviceStatus.Guesses(
        failed: attempts.failures, waitSeconds: Int((attempts.remaining(at: now.uptime) + 999) / 1000)),
      isClockPlausible: isClockPlausible,
      refreshAge: linkRefresh.succeededAt.map { Int64((now.uptime - $0) / 1000) },
      failure: lastFailure.map {
        DeviceStatus.Failure(text: $0.text, age: Int64((now.uptime - $0.at) / 1000))
      },
      slots: configuration.slots.map { $0.name },
      presses: journal.entries.reversed().map { report($0) })
  }

  private var linkState: LinkState {
    if erasure != nil { return .erasing }
    if link?.phase == .unproved { return .proving }
    if link != nil || upkeep.isLinkedAtCloud { return isClockPlausible ? .linked : .waitingForClock }
    if !linking.isIdle || window.phone?.connection.isProved == true { return .linking }
    if farewell != nil { return .unlinking }
    return openUntil == nil ? .unlinked : .setupOpen
  }
}
