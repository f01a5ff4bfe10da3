import Foundation

/// What `GET /emulator/state` answers; it holds no token, code or password.
public struct EmulatorState: Codable, Sendable {
  /// One slot as the state shows it.
  public struct Slot: Codable, Sendable {
    /// The slot identifier.
    public var slot: String
    /// The chosen product.
    public var asin: String?
  }

  /// The emulator's present.
  public var time: Date
  /// The settings in force.
  public var settings: EmulatorSettings
  /// The slots of every device.
  public var slots: [Slot]
  /// The registrations, oldest first, the deregistered ones included.
  public var registrations: [Registration]
  /// The orders, oldest first.
  public var orders: [Order]
  /// The newest 10 000 requests, oldest first.
  public var requests: [LoggedRequest]
  /// How many requests of each operation came.
  public var counts: [String: Int]
  /// The faults that wait.
  public var faults: [Fault]
  /// Who was asked to confirm a subscription to notifications.
  public var subscriptions: [TopicSubscription]

  init(of emulator: AmazonEmulator) async {
    time = emulator.clock.now
    settings = await emulator.settings
    slots = await emulator.dash.slots.map { Slot(slot: $0.id, asin: $0.asin) }
    registrations = await emulator.dash.registrations
    orders = await emulator.dash.orders
    requests = await emulator.log.requests
    counts = await emulator.log.counts
    faults = await emulator.faults.faults
    subscriptions = await emulator.publisher.subscriptions
  }
}
