@testable import ReplenishCore

/// A status with something in each member.
func fullStatus() throws -> DeviceStatus {
  let id = try PressID.numbered(1)
  return DeviceStatus(
    version: "1.0.0", link: .linked, generation: 3, protection: .sealed, isTestDevice: true, hasSetupRecord: true,
    bearer: "Bluetooth, kernel sockets, as configured; hci0 advertises", windowSeconds: 480,
    guesses: .init(failed: 4, waitSeconds: 10), isClockPlausible: true, refreshAge: 61,
    failure: .init(text: "the service could not be reached; check the network", age: 7), slots: ["paper", "tea"],
    presses: [
      PressReport(slot: "paper", id: id, state: .sending, age: 2),
      PressReport(
        slot: "tea", id: id, state: .ordered, instanceID: "amzn1.dash.v2.o.ci41", age: 90_000, reason: "as asked"),
      PressReport(slot: "tea", id: id, state: .inDoubt, reason: "the answer was lost"),
    ])
}

extension PressID {
  static func numbered(_ number: UInt8) throws -> PressID {
    struct NoID: Error {}
    guard let id = PressID([UInt8](repeating: 0, count: 15) + [number]) else { throw NoID() }
    return id
  }
}
