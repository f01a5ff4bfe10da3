/// What Login with Amazon gave this device, and when it stops being good. A class, since it is large and read in many places.
final class Credentials {
  /// Counts the links of this device; a press belongs to one and is void under any other.
  let generation: Int64
  /// More links than a device can have had; a record that says so is not believed.
  static let mostGenerations: Int64 = 1 << 32
  /// The LWA client that the tokens are bound to.
  let clientID: String
  /// The refresh token.
  let refreshToken: Secret
  /// The access token; nil once the service has refused it.
  var accessToken: Secret?
  /// `bearer`.
  let tokenType: String
  /// When the access token ends, in uptime milliseconds of this boot; nil if it came from an earlier boot.
  let endsAtUptime: UInt64?
  /// How long the access token was to live when it came, in milliseconds; nil if it came from an earlier boot.
  let life: UInt64?
  /// When the access token ends, in seconds since 1970; nil if the clock was not plausible.
  let endsAtClock: Int64?

  /// Credentials from a token answer to a request that was sent at `sent`.
  init(
    _ tokens: Tokens, generation: Int64, clientID: String, refreshToken: Secret, sent: Moment, clockIsPlausible: Bool
  ) {
    self.generation = generation
    self.clientID = clientID
    self.refreshToken = refreshToken
    accessToken = tokens.accessToken
    tokenType = tokens.tokenType
    // A minute at least: a token that ends sooner is refused by the service, which has its own patience.
    let life = UInt64(max(tokens.expiresIn, 60)) * 1000
    self.life = life
    endsAtUptime = sent.uptime + life
    endsAtClock = clockIsPlausible ? sent.clock + Int64(tokens.expiresIn) : nil
  }

  /// How early to renew the access token: `margin`, but half its life at most, or a short-lived one would never do.
  func margin(_ margin: UInt64) -> UInt64 { min(margin, (life ?? .max) / 2) }

  /// The access token if it has more than `margin` milliseconds to live.
  func usableAccessToken(at now: Moment, margin: UInt64, clockIsPlausible: Bool) -> Secret? {
    guard let accessToken else { return nil }
    if let endsAtUptime {
      return endsAtUptime > now.uptime + self.margin(margin) ? accessToken : nil
    }
    guard let endsAtClock, clockIsPlausible else { return nil }
    return endsAtClock > now.clock + Int64(clamping: margin / 1000) ? accessToken : nil
  }

  /// Writes them into a record.
  func write(to object: JSONValue) {
    object.set("generation", generation)
    object.set("client_id", clientID)
    object.set("refresh_token", refreshToken)
    if let accessToken { object.set("access_token", accessToken) }
    object.set("token_type", tokenType)
    if let endsAtClock { object.set("expires_at", endsAtClock) }
  }

  /// Reads them from a record; nil if it holds none.
  init?(_ object: JSONValue) {
    guard let generation = object["generation"]?.integer, generation > 0,
      generation < Credentials.mostGenerations,
      let clientID = object["client_id"]?.string, let refreshToken = object["refresh_token"]?.secret
    else { return nil }
    self.generation = generation
    self.clientID = clientID
    self.refreshToken = refreshToken
    accessToken = object["access_token"]?.secret
    endsAtUptime = nil
    life = nil
    tokenType = object["token_type"]?.string ?? "bearer"
    endsAtClock = object["expires_at"]?.integer
  }
}
