import ReplenishTestSupport
import Testing

@testable import ReplenishCore

extension DeviceFixture {
  /// A life that is linked and whose window is closed.
  static func linked(
    _ storage: any LifeStorage = MemoryStorage(), amazon: SimulatedAmazon = SimulatedAmazon(),
    configuration: DeviceConfiguration = configuration
  ) throws -> Life {
    let life = life(storage, amazon: amazon, configuration: configuration)
    try life.start()
    try life.connectPhone()
    try life.disconnectPhone()
    #expect(life.status.link == .linked)
    return life
  }
}
