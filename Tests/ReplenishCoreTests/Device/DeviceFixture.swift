import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// A device with two slots, a setup code and an Amazon, ready to start.
enum DeviceFixture {
  static let clock: Int64 = ClockGate.releaseFloor + 40 * 86_400

  static let code: SetupCode = {
    do { return try SetupCode(Secret(copying: "73914628")) } catch { fatalError("\(error)") }
  }()

  static let credential: SetupCredential = {
    guard let shortID = ShortID([1, 2, 3]) else { fatalError("three bytes are a short id") }
    do {
      return try SetupCredential(
        code: code, shortID: shortID, salt: [UInt8](repeating: 7, count: 16), iterations: 10_000)
    } catch { fatalError("\(error)") }
  }()

  static var configuration: DeviceConfiguration {
    DeviceConfiguration(
      slots: [.init(name: "coffee"), .init(name: "filter", slotID: "water-filter")], lwa: .northAmerica,
      dash: .northAmerica)
  }

  static func life(
    _ storage: any LifeStorage = MemoryStorage(), amazon: SimulatedAmazon = SimulatedAmazon(),
    configuration: DeviceConfiguration = configuration, clock: Int64 = clock, seed: UInt64 = 1
  ) throws -> Life {
    try Life(
      storage: storage, amazon: amazon, configuration: configuration, credential: credential, code: code,
      moment: Moment(uptime: 5_000, clock: clock), seed: seed)
  }

  /// A life that is linked and whose window is closed.
  static func linked(
    _ storage: any LifeStorage = MemoryStorage(), amazon: SimulatedAmazon = SimulatedAmazon(),
    configuration: DeviceConfiguration = configuration
  ) throws -> Life {
    let life = try life(storage, amazon: amazon, configuration: configuration)
    try life.start()
    try life.connectPhone()
    try life.disconnectPhone()
    #expect(life.status.link == .linked)
    return life
  }
}

extension Life {
  var status: DeviceStatus { device.status() }

  /// What became of the newest press.
  var newest: PressReport? { status.presses.first }

  /// The same board after its power was away: memory is lost, the boot is another.
  func restarted(
    seed: UInt64, clock: Int64? = nil, storage other: (any LifeStorage)? = nil, amazon: SimulatedAmazon? = nil
  ) throws -> Life {
    let next = try Life(
      storage: other ?? storage, amazon: amazon ?? self.amazon, configuration: configuration,
      credential: DeviceFixture.credential,
      code: DeviceFixture.code, moment: Moment(uptime: 5_000, clock: clock ?? moment.clock + 30), seed: seed)
    next.phoneLogsIn = false
    return next
  }
}
