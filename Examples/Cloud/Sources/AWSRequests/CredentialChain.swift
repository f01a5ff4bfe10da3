import BoundedHTTP
import Foundation

/// Finds credentials as botocore does, keeps them, and fetches new ones before they end.
///
/// The order: variables, the profile's keys, the container's endpoint, the instance's. A profile that an option names turns
/// the variables off. The first source that is in use decides.
public actor CredentialChain {
  /// With less than this left, new credentials are fetched, and the old ones used if that does not work. Seconds.
  static let advisory = 900.0
  /// With less than this left, new credentials are needed. Seconds.
  static let mandatory = 600.0

  private let sources: [any CredentialSource]
  private let now: @Sendable () -> Date
  private var held: AWSCredentials?
  private var loading: Task<AWSCredentials, any Error>?

  init(sources: [any CredentialSource], now: @escaping @Sendable () -> Date) {
    self.sources = sources
    self.now = now
  }

  /// Creates the chain of an environment.
  public init(_ environment: AWSEnvironment, http: any HTTPSender, clock: AWSClock = AWSClock()) {
    var sources: [any CredentialSource] = []
    if environment.explicitProfile == nil { sources.append(EnvironmentCredentials(environment: environment)) }
    sources.append(ProfileCredentials(environment: environment))
    sources.append(ContainerCredentials(environment: environment, http: http, sleep: clock.sleep))
    sources.append(
      InstanceCredentials(environment: environment, http: http, now: clock.now, random: clock.random))
    self.init(sources: sources, now: clock.now)
  }

  /// Credentials that are good now.
  public func credentials() async throws -> AWSCredentials {
    guard let held else { return try await load() }
    let left = held.expiration.map { $0.timeIntervalSince(now()) } ?? .infinity
    if left > Self.advisory { return held }
    do {
      return try await load()
    } catch  where left > Self.mandatory {
      return held
    }
  }

  /// Fetches again, because AWS says that these have ended; false where there are no others.
  func renew(after refused: AWSCredentials) async throws -> Bool {
    if held == refused { held = nil }
    return try await credentials() != refused
  }

  private func load() async throws -> AWSCredentials {
    if let loading { return try await loading.value }
    let task = Task { [sources] in
      for source in sources {
        if let found = try await source.load() { return found }
      }
      throw AWSFailure(
        .noCredentials,
        """
        no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile (AWS_PROFILE), or run \
        where a container or an instance has a role
        """)
    }
    loading = task
    defer { loading = nil }
    let found = try await task.value
    if let expiration = found.expiration, expiration <= now() {
      throw AWSFailure(.noCredentials, "the AWS credentials have ended; renew them")
    }
    held = found
    return found
  }
}

/// Time and chance, which tests take into their hands.
public struct AWSClock: Sendable {
  /// The time.
  public var now: @Sendable () -> Date
  /// Waits for some seconds.
  public var sleep: @Sendable (Double) async throws -> Void
  /// A random number from a range.
  public var random: @Sendable (ClosedRange<Double>) -> Double

  /// Creates a clock; without arguments the real one.
  public init(
    now: @escaping @Sendable () -> Date = { Date() },
    sleep: @escaping @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) },
    random: @escaping @Sendable (ClosedRange<Double>) -> Double = { Double.random(in: $0) }
  ) {
    self.now = now
    self.sleep = sleep
    self.random = random
  }
}
