/// What the token endpoint gave. Printing it shows no token.
public struct Tokens: Sendable {
  /// The bearer token for DRS; 1 to ``longestToken`` visible ASCII characters, about an hour valid.
  public let accessToken: Secret
  /// The token for the next refresh; nil if the answer had none, which after a refresh means: keep the old one.
  public let refreshToken: Secret?
  /// The type as it was sent, `bearer` in any case.
  public let tokenType: String
  /// The life of the access token in seconds, counted from when the request was sent; 1 to ``longestLife``.
  public let expiresIn: Int

  /// The most bytes of a token (Login with Amazon: access token, refresh token).
  public static var longestToken: Int { 2048 }
  /// The longest life of an access token that is believed, a year; the service gives an hour.
  public static var longestLife: Int { 31_536_000 }

  /// Makes a value; checks nothing.
  public init(accessToken: Secret, refreshToken: Secret?, tokenType: String, expiresIn: Int) {
    self.accessToken = accessToken
    self.refreshToken = refreshToken
    self.tokenType = tokenType
    self.expiresIn = expiresIn
  }
}
