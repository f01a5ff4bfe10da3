import ArgumentParser
import OAuthServer

/// Lifetimes and rotation.
struct TokenOptions: ParsableArguments {
  enum Rotation: String, ExpressibleByArgument, CaseIterable {
    case off, grace, strict, successor
  }

  @Option(help: ArgumentHelp("Seconds an access token lives.", valueName: "seconds"))
  var accessTokenSeconds = 3600.0

  @Option(help: ArgumentHelp("Seconds an authorization code lives.", valueName: "seconds"))
  var codeSeconds = 300.0

  @Option(help: ArgumentHelp("Seconds a device must wait between two polls for its code pair.", valueName: "seconds"))
  var pollInterval = 30

  @Option(
    help: """
      What a refresh does to the refresh token: the same one comes back (off), each use gives a new one and the old \
      one works a little longer (grace) or until its successor is used (successor), or a second use of an old one \
      kills the link (strict).
      """)
  var rotation = Rotation.off

  @Option(help: ArgumentHelp("Seconds an old refresh token still works with --rotation grace.", valueName: "seconds"))
  var graceSeconds = 60.0

  @Flag(help: "Accept the PKCE method plain, which LWA documents and RFC 9700 advises against.")
  var allowPlain = false

  func validate() throws {
    guard accessTokenSeconds > 0, codeSeconds > 0, graceSeconds >= 0, pollInterval >= 1 else {
      throw ValidationError("Lifetimes and --poll-interval must be positive, --grace-seconds zero or more.")
    }
  }

  func apply(to policy: inout ServerPolicy) {
    policy.accessTokenLifetime = accessTokenSeconds
    policy.authorizationCodeLifetime = codeSeconds
    policy.devicePollInterval = pollInterval
    policy.allowsPlainChallenge = allowPlain
    policy.rotation =
      switch rotation {
      case .off: .off
      case .grace: .grace(seconds: graceSeconds)
      case .strict: .strict
      case .successor: .untilSuccessorUsed
      }
  }
}
