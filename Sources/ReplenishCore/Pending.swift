// Types that the next commits define in their own rooms; each leaves this file when it comes.
public struct DeviceStatus: Equatable {}
public enum Event { case pending }
public struct DeviceConfiguration {}
public struct Device {
  public var deadline: UInt64?
  public init(_ configuration: DeviceConfiguration, identity: DeviceIdentity, credential: SetupCredential?,
              random: any RandomSource) {}
  public mutating func handle(_ input: Input, at now: Moment) -> [Effect] { [] }
}
