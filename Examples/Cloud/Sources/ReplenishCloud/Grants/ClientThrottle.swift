import Foundation
import Hummingbird
import OAuthServer

extension BackChannelThrottle where Context == CloudContext {
  /// Slows guessing in one client's name from one place down, for all instances as one.
  static func perPlace(
    _ throttle: Throttle, _ address: ClientAddress, now: @escaping @Sendable () -> Date
  ) -> BackChannelThrottle {
    BackChannelThrottle(
      wait: { client, request, context in
        let place = address.of(request, context)
        let limits = [Throttle.secret(of: client, address: place), Throttle.code(of: client, address: place)]
        guard try await !throttle.allows(limits, at: now()) else { return nil }
        return Int(limits.map(\.seconds).max() ?? 0)
      },
      note: { client, request, context in
        let place = address.of(request, context)
        let limit =
          client.isConfidential
          ? Throttle.secret(of: client.id, address: place) : Throttle.code(of: client.id, address: place)
        try await throttle.note(limit, at: now())
      })
  }
}
