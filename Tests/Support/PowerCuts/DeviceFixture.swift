import ReplenishCore

/// A device with two slots, a setup code and an Amazon, ready to start.
package enum DeviceFixture {
  package static let clock: Int64 = ClockGate.releaseFloor + 40 * 86_400

  package static let code = setupCode("73914628")

  /// A code that is not the device's.
  package static let otherCode = setupCode("82036415")

  private static func setupCode(_ digits: String) -> SetupCode {
    do throws(SetupCode.Fault) { return try SetupCode(Secret(copying: digits)) } catch {
      fatalError("these digits are a setup code")
    }
  }

  package static let credential: SetupCredential = {
    guard let shortID = ShortID([1, 2, 3]) else { fatalError("three bytes are a short id") }
    do throws(SetupCredential.Fault) {
      return try SetupCredential(
        code: code, shortID: shortID, salt: [UInt8](repeating: 7, count: 16), iterations: 10_000)
    } catch { fatalError("the setup credential cannot be made") }
  }()

  package static var configuration: DeviceConfiguration {
    DeviceConfiguration(
      slots: [.init(name: "coffee"), .init(name: "filter", slotID: "water-filter")], lwa: .northAmerica,
      dash: .northAmerica)
  }

  /// A life whose device orders through the maker's cloud, where an account is linked already.
  package static func cloudLife(
    _ storage: any LifeStorage = MemoryStorage(), cloud: SimulatedCloud = SimulatedCloud(), clock: Int64 = clock,
    seed: UInt64 = 1, downlink: Bool = false
  ) -> Life {
    var configuration = configuration
    configuration.order(through: makersCloud(downlink: downlink))
    let life = life(storage, configuration: configuration, clock: clock, seed: seed)
    life.cloud = cloud
    return life
  }

  package static var makersCloud: MakersCloud { makersCloud(downlink: false) }

  package static func makersCloud(downlink: Bool) -> MakersCloud {
    do throws(ServiceURL.Fault) {
      return MakersCloud(try ServiceURL(SimulatedCloud.address), downlink: downlink)
    } catch {
      fatalError("the address of the cloud is one")
    }
  }

  package static func life(
    _ storage: any LifeStorage = MemoryStorage(), amazon: SimulatedAmazon = SimulatedAmazon(),
    configuration: DeviceConfiguration = configuration, clock: Int64 = clock, seed: UInt64 = 1
  ) -> Life {
    Life(
      storage: storage, amazon: amazon, configuration: configuration, credential: credential, code: code,
      moment: Moment(uptime: 5_000, clock: clock), seed: seed)
  }
}

extension Life {
  package var status: DeviceStatus { device.status() }

  /// What became of the newest press.
  package var newest: PressReport? { status.presses.first }

  /// The same board after its power was away: memory is lost, the boot is another.
  package func restarted(
    seed: UInt64, clock: Int64? = nil, storage other: (any LifeStorage)? = nil, amazon: SimulatedAmazon? = nil
  ) -> Life {
    var configuration = configuration
    // What it was about is lost with the memory.
    if let cloud = configuration.cloud {
      configuration.order(through: DeviceFixture.makersCloud(downlink: cloud.holdsRequest))
    }
    let next = Life(
      storage: other ?? storage, amazon: amazon ?? self.amazon, configuration: configuration,
      credential: DeviceFixture.credential,
      code: DeviceFixture.code, moment: Moment(uptime: 5_000, clock: clock ?? moment.clock + 30), seed: seed)
    next.phoneLogsIn = false
    next.cloud = cloud
    return next
  }
}
