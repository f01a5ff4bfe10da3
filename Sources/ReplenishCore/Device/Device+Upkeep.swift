/// What must be remembered for the daily work, as the `upkeep` record holds it.
struct Upkeep: Equatable {
  /// The last time of day that the network vouched for, in seconds since 1970.
  var lastSeen: Int64?
  /// When the device status was last taken by the service, in seconds since 1970.
  var deviceStatusAt: Int64?
  /// Whether an account is linked, as far as the maker's cloud has said; false without one.
  var isLinkedAtCloud = false
  /// When the next one is due, in uptime milliseconds; not kept.
  var nextStatus: UInt64?
  /// Whether one is under way; not kept.
  var isAsking = false
  /// When to try again; not kept.
  var retry = Retry()

  static func == (left: Upkeep, right: Upkeep) -> Bool {
    left.lastSeen == right.lastSeen && left.deviceStatusAt == right.deviceStatusAt
      && left.isLinkedAtCloud == right.isLinkedAtCloud
  }

  init() {}

  /// Reads what storage found. If it cannot be read, nothing is lost but a day.
  init(_ finding: RecordFinding) {
    switch finding {
    case .whole(let record), .previous(let record):
      guard let object = try? JSONValue.parse(record) else { return }
      lastSeen = object["last_seen"]?.integer.flatMap { $0 >= 0 ? $0 : nil }
      deviceStatusAt = object["device_status_at"]?.integer.flatMap { $0 >= 0 ? $0 : nil }
      isLinkedAtCloud = object["linked_at_cloud"]?.bool ?? false
    case .absent, .unreadable, .inaccessible, .newer: break
    }
  }

  /// The record's contents.
  func encoded() -> Secret {
    let object = JSONValue.object()
    if let lastSeen { object.set("last_seen", lastSeen) }
    if let deviceStatusAt { object.set("device_status_at", deviceStatusAt) }
    if isLinkedAtCloud { object.set("linked_at_cloud", true) }
    return object.encoded()
  }
}

/// The latest news of one slot that the service has not been told.
final class SlotReport {
  /// What to tell; only the latest matters.
  var status: SlotStatus?
  /// What is being told.
  var asking: SlotStatus?
  /// When to try again.
  var retry = Retry()
}

extension Device {
  /// Does the daily work: the device status once a day (DRS api-overview), and slot statuses as they come.
  func advanceUpkeep() {
    guard mayServe else { return }
    advanceDeviceStatus()
    for index in slotReports.indices { advanceSlotStatus(index) }
  }

  private func advanceDeviceStatus() {
    guard !upkeep.isAsking else { return }
    if upkeep.nextStatus == nil { planDeviceStatus() }
    guard let next = upkeep.nextStatus, isDue(max(next, upkeep.retry.at)),
      ask(.deviceStatus(mostRecentlyActive: now.clock), .deviceStatus)
    else { return }
    upkeep.isAsking = true
  }

  /// Plans the next device status a day after the last, spread over ten minutes so that a fleet does not call at once.
  private func planDeviceStatus() {
    guard let last = upkeep.deviceStatusAt, (0...max(now.clock, 0)).contains(last) else {
      upkeep.nextStatus = now.uptime
      return
    }
    let wait = UInt64(max(DeviceLimits.deviceStatusInterval - (now.clock - last), 0)) * 1000
    let spread = random.bytes(count: 2).map { (UInt64($0[0]) << 8 | UInt64($0[1])) * 600_000 / 65536 } ?? 0
    upkeep.nextStatus = now.uptime + (wait == 0 ? 0 : wait + spread)
  }

  func takeDeviceStatus(_ outcome: HTTPOutcome, _ request: OpenRequest) {
    upkeep.isAsking = false
    guard generation == request.generation else { return }
    if let text = fault(in: outcome, to: .deviceStatus(mostRecentlyActive: now.clock), request) {
      lastFailure = (text, now.uptime)
      return upkeep.retry.failed(at: now.uptime, .slow, random: random)
    }
    upkeep.retry = Retry()
    upkeep.deviceStatusAt = now.clock
    if now.isSynchronized { upkeep.lastSeen = now.clock }
    upkeep.nextStatus = nil
    store(.upkeep, upkeep.encoded(), .upkeep)
  }

  private func advanceSlotStatus(_ index: Int) {
    let report = slotReports[index]
    guard let status = report.status, report.asking == nil, isDue(report.retry.at),
      ask(.slotStatus(slot: configuration.slots[index].slotID, status), .slotStatus(slot: index))
    else { return }
    report.asking = status
  }

  func takeSlotStatus(_ outcome: HTTPOutcome, _ index: Int, _ request: OpenRequest) {
    let report = slotReports[index]
    let told = report.asking
    report.asking = nil
    guard let told, generation == request.generation else { return }
    if let text = fault(in: outcome, to: .slotStatus(slot: configuration.slots[index].slotID, told), request) {
      lastFailure = (text, now.uptime)
      return report.retry.failed(at: now.uptime, .slow, random: random)
    }
    report.retry = Retry()
    // News that came meanwhile is told next.
    if report.status == told { report.status = nil }
  }

  /// What was wrong with an answer that has no body; nil if nothing was.
  private func fault(in outcome: HTTPOutcome, to asked: DashRequest, _ request: OpenRequest) -> String? {
    switch outcome {
    case .failed(let failure): return explain(failure)
    case .answered(let answer):
      do throws(DashError) {
        if let cloud = configuration.cloud {
          try cloud.acknowledge(answer, self)
        } else {
          try DashAcknowledgement.read(answer, to: asked)
        }
        return nil
      } catch {
        if error.isInvalidToken { refuseToken(request.token) }
        return error.explanation
      }
    }
  }
}
