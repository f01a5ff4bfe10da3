import Foundation

/// The answer to a device authorization request (RFC 8628 section 3.2).
public struct DeviceAuthorizationAnswer: Sendable {
  /// The secret the device polls with.
  public var deviceCode: String
  /// The code the person types.
  public var userCode: String
  /// Seconds until both die.
  public var expiresIn: Int
  /// Seconds to wait between polls.
  public var interval: Int
}

extension AuthorizationServer {
  /// Starts a device authorization.
  public func startDeviceAuthorization(
    _ form: FormParameters, authorization: String?
  ) async throws -> DeviceAuthorizationAnswer {
    guard let devices else { throw Self.noDeviceGrant }
    if let name = form.repeated.first { throw OAuthError.repeated(name) }
    if let wanted = dialect.deviceResponseType {
      guard let responseType = form["response_type"] else { throw OAuthError.missing("response_type") }
      guard responseType == wanted else {
        throw OAuthError(
          .invalidRequest, .invalid(parameter: "response_type"), "Send response_type=\(wanted) to this endpoint.")
      }
    }
    let client = try await authenticate(form, authorization: authorization)
    guard client.mayUseDeviceGrant else {
      throw OAuthError(.unauthorizedClient, .other, "This client may not use the device grant.")
    }
    guard let scopeText = form["scope"] else { throw OAuthError.missing("scope") }
    guard let scope = Scope(scopeText), scope.isWithin(client.scopes) else {
      throw OAuthError(
        .invalidScope, .invalid(parameter: "scope"), "The scope is malformed or not one this client may ask for.")
    }
    let details = try await consent.details(of: form, scope: scope, client: client)
    let policy = policy
    let deviceCode = mint.deviceCode()
    // A user code is short, so it may be taken; a few tries are plenty.
    for _ in 0..<8 {
      let userCode = TokenMint.userCode()
      let record = DeviceAuthorization(
        clientID: client.id, userCode: userCode, scope: scope, details: details,
        expiresAt: now() + policy.deviceCodeLifetime, interval: policy.devicePollInterval, lastPoll: nil,
        decision: .pending)
      if try await devices.insert(record, SecretDigest(deviceCode)) {
        return DeviceAuthorizationAnswer(
          deviceCode: deviceCode, userCode: userCode, expiresIn: Int(policy.deviceCodeLifetime),
          interval: policy.devicePollInterval)
      }
    }
    throw OAuthError(.serverError, .other, "No free user code was found; try again.")
  }

  /// Answers one poll of a device (RFC 8628 section 3.4).
  func redeemDeviceCode(_ form: FormParameters, authorization: String?) async throws -> TokenAnswer {
    guard let devices else { throw Self.noDeviceGrant }
    let client = dialect.pollsCarryUserCode ? nil : try await authenticate(form, authorization: authorization)
    guard let presented = form["device_code"] else { throw OAuthError.missing("device_code") }
    if dialect.pollsCarryUserCode && form["user_code"] == nil { throw OAuthError.missing("user_code") }
    let bad = OAuthError(
      .invalidGrant, .invalidCodePair, "The device code is unknown or used up; start a new device authorization.")
    let digest = SecretDigest(presented)
    guard let pair = try await devices.deviceAuthorization(digest) else { throw bad }
    if let client, client.id != pair.clientID { throw bad }
    if dialect.pollsCarryUserCode, form["user_code"] != pair.userCode { throw bad }
    guard pair.expiresAt > now() else {
      throw OAuthError(.expiredToken, .invalidCodePair, "The device code expired; start a new device authorization.")
    }
    switch pair.decision {
    case .redeemed: throw bad
    case .denied: throw OAuthError(.accessDenied, .other, "The person refused.")
    case .allowed:
      guard let grantID = try await devices.claimDeviceAuthorization(digest),
        let grant = try await livingGrant(id: grantID)
      else { throw bad }
      return try await issue(for: grant, scope: grant.scope)
    case .pending:
      let isTooFast = pair.lastPoll.map { now() < $0 + Double(pair.interval) } ?? false
      let interval = pair.interval + (isTooFast ? 5 : 0)
      try await devices.noteDevicePoll(digest, at: now(), interval: interval)
      throw isTooFast
        ? OAuthError(.slowDown, .other, "Polls come too fast; wait five seconds longer between them.")
        : OAuthError(.authorizationPending, .other, "The person has not decided yet; poll again after the interval.")
    }
  }

  /// The pending authorization behind a code that a person typed, however they wrote it.
  public func pendingDeviceAuthorization(typed: String) async throws -> DeviceAuthorization? {
    var letters = typed.uppercased().filter(\.isLetter)
    guard letters.count == 8 else { return nil }
    letters.insert("-", at: letters.index(letters.startIndex, offsetBy: 4))
    guard let pair = try await devices?.deviceAuthorization(userCode: letters), pair.expiresAt > now(),
      case .pending = pair.decision
    else { return nil }
    return pair
  }

  /// Records the person's decision about a device.
  public func decide(_ pair: DeviceAuthorization, isAllowed: Bool, subject: String) async throws -> Bool {
    guard let devices else { return false }
    guard isAllowed else { return try await devices.decideDeviceAuthorization(userCode: pair.userCode, .denied) }
    guard let client = try await storage.client(id: pair.clientID) else { return false }
    let resource = try await consent.resource(for: pair.details, subject: subject, client: client)
    let grant = try await makeGrant(
      clientID: client.id, subject: subject, scope: pair.scope, resource: resource)
    if try await devices.decideDeviceAuthorization(userCode: pair.userCode, .allowed(grant.id)) { return true }
    // Somebody decided in between: what was just made must not live.
    try await storage.revokeGrant(id: grant.id, at: now())
    return false
  }

  private static let noDeviceGrant = OAuthError(
    .unauthorizedClient, .other, "This server has no device grant; use authorization_code.")
}
