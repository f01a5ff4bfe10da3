import ReplenishCore

/// Login with Amazon and DRS as far as a device meets them, in memory and without time of their own.
///
/// Written for the tests that cut the power ten thousand times; the emulator in Examples/Cloud is the real stand-in.
package final class SimulatedAmazon {
  /// How the service treats an old refresh token after it gave a new one.
  package enum Rotation {
    /// The refresh token stays the same.
    case off
    /// A new one each time; the old one keeps working.
    case lenient
    /// A new one each time; the old one is dead at once.
    case strict
  }

  /// What goes wrong with the next matching request.
  package enum Fault: Equatable {
    /// The device cannot connect.
    case unreachable
    /// The connection breaks before the service has read the request.
    case brokenBefore
    /// The service does what is asked, and the answer is lost.
    case brokenAfter
    /// The service answers with this status and does nothing.
    case status(Int)
    /// The service does what is asked and answers nonsense.
    case nonsense
    /// The service says that the access token is bad.
    case invalidToken
  }

  /// The operations that a fault can be aimed at.
  package enum Operation: String {
    case redeem, refresh, replenish, slotStatus, deviceStatus, subscriptionInfo, orderInfo, deregister, cancelTestOrders
  }

  /// One registered device of one account.
  package final class Registration {
    /// Whose it is.
    package let account: String
    /// Whether it stands.
    package internal(set) var isActive = true
    var refreshTokens: Set<String> = []
    var accessTokens: Set<String> = []
    /// Slots with an open order.
    package internal(set) var openOrders: Set<String> = []
    /// Every order ever placed, by slot.
    package internal(set) var orders: [String] = []

    init(account: String) { self.account = account }

    func copy() -> Registration {
      let copy = Registration(account: account)
      copy.isActive = isActive
      copy.refreshTokens = refreshTokens
      copy.accessTokens = accessTokens
      copy.openOrders = openOrders
      copy.orders = orders
      return copy
    }
  }

  package var rotation = Rotation.off
  /// How long an access token is said to live, in seconds. It lives until it is expired by hand.
  package var tokenLife = 3600
  package private(set) var registrations: [Registration] = []
  package private(set) var log: [Operation] = []
  private var faults: [(Operation, Fault)] = []
  private var codes: [String: (challenge: String, account: String)] = [:]
  private var counter = 0

  package init() {}

  /// The same service, going its own way from here.
  package func copy() -> SimulatedAmazon {
    let copy = SimulatedAmazon()
    copy.rotation = rotation
    copy.tokenLife = tokenLife
    copy.registrations = registrations.map { $0.copy() }
    copy.log = log
    copy.faults = faults
    copy.codes = codes
    copy.counter = counter
    return copy
  }

  /// All orders ever placed, by slot.
  package var orders: [String] { registrations.flatMap { $0.orders } }

  /// Lets the next matching requests go wrong, one fault each.
  package func script(_ operation: Operation, _ faults: Fault...) {
    self.faults += faults.map { (operation, $0) }
  }

  /// Forgets scripted faults that have not happened.
  package func clearScript() { faults = [] }

  /// What the person gets who logs in and consents.
  package func login(challenge: String, account: String) -> String {
    counter += 1
    let code = "ANcode\(counter)"
    codes[code] = (challenge, account)
    return code
  }

  /// The customer gets the goods, or cancels.
  package func closeOrders() { for registration in registrations { registration.openOrders = [] } }

  /// Every access token ends now.
  package func expireAccessTokens() { for registration in registrations { registration.accessTokens = [] } }

  /// The customer removes the device.
  package func revoke() { for registration in registrations { end(registration) } }

  private func end(_ registration: Registration) {
    registration.isActive = false
    registration.refreshTokens = []
    registration.accessTokens = []
  }

  /// Answers a request. `cut` may throw: just before the service acts, and just after.
  package func perform<Cut: Error>(
    _ request: HTTPRequest, cut: () throws(Cut) -> Void
  ) throws(Cut) -> HTTPOutcome {
    let operation = operation(of: request)
    var fault: Fault?
    if let index = faults.firstIndex(where: { $0.0 == operation }) { fault = faults.remove(at: index).1 }
    try cut()
    switch fault {
    case .unreachable: return .failed(TransportFailure(.notConnected, mayHaveBeenSent: false))
    case .brokenBefore: return .failed(TransportFailure(.broken, mayHaveBeenSent: true))
    case .status(let status): return answer(status, #"{"message":"scripted"}"#)
    case .invalidToken: return invalidToken()
    case .brokenAfter, .nonsense, nil: break
    }
    log.append(operation)
    let outcome = act(operation, request)
    try cut()
    switch fault {
    case .brokenAfter: return .failed(TransportFailure(.broken, mayHaveBeenSent: true))
    case .nonsense: return answer(200, "<html>captive portal</html>")
    default: return outcome
    }
  }

  private func operation(of request: HTTPRequest) -> Operation {
    let url = request.url
    func names(_ part: String) -> Bool { WireText.contains(url, part) }
    if names("/auth/o2/token") {
      return form(request)["grant_type"] == "refresh_token" ? .refresh : .redeem
    }
    if names("/replenish/") { return .replenish }
    if names("/slotStatus/") { return .slotStatus }
    if names("/deviceStatus") { return .deviceStatus }
    if names("/subscriptionInfo") { return .subscriptionInfo }
    if names("/getOrderInfo/") { return .orderInfo }
    if names("/testOrders") { return .cancelTestOrders }
    return .deregister
  }

  private func act(_ operation: Operation, _ request: HTTPRequest) -> HTTPOutcome {
    if operation == .redeem || operation == .refresh { return token(form(request)) }
    guard let bearer = request.bearer.map(text),
      let registration = registrations.first(where: { $0.isActive && $0.accessTokens.contains(bearer) })
    else { return invalidToken() }
    switch operation {
    case .replenish:
      let slot = String(
        decoding: request.url.utf8.split(separator: UInt8(ascii: "/")).last ?? "".utf8[...], as: UTF8.self)
      if registration.openOrders.contains(slot) {
        return answer(200, #"{"detailCode":"ORDER_INPROGRESS"}"#)
      }
      registration.openOrders.insert(slot)
      registration.orders.append(slot)
      counter += 1
      return answer(200, #"{"eventInstanceId":"amzn1.dash.v2.o.\#(counter)","detailCode":"TEST_ORDER_PLACED"}"#)
    case .deregister:
      end(registration)
      return answer(200, "")
    case .subscriptionInfo:
      return answer(200, #"{"slotsSubscriptionStatus":{"coffee":{"subscribed":true,"productInfoList":[]}}}"#)
    default: return answer(200, "")
    }
  }

  private func token(_ form: [String: String]) -> HTTPOutcome {
    let registration: Registration
    if form["grant_type"] == "refresh_token" {
      guard let token = form["refresh_token"],
        let found = registrations.first(where: { $0.isActive && $0.refreshTokens.contains(token) })
      else { return invalidGrant() }
      registration = found
      counter += 1
      switch rotation {
      case .off: return tokens(registration, refresh: token)
      case .lenient: break
      case .strict: registration.refreshTokens = []
      }
      return tokens(registration, refresh: "Atzr|refresh\(counter)")
    }
    guard let code = form["code"], let issued = codes.removeValue(forKey: code),
      let verifier = form["code_verifier"], challenge(of: verifier) == issued.challenge
    else { return invalidGrant() }
    // One registration per serial: a new one replaces the old.
    for old in registrations { end(old) }
    registration = Registration(account: issued.account)
    registrations.append(registration)
    counter += 1
    return tokens(registration, refresh: "Atzr|refresh\(counter)")
  }

  private func tokens(_ registration: Registration, refresh: String) -> HTTPOutcome {
    counter += 1
    let access = "Atza|access\(counter)"
    registration.accessTokens.insert(access)
    registration.refreshTokens.insert(refresh)
    return answer(
      200,
      #"{"access_token":"\#(access)","refresh_token":"\#(refresh)","token_type":"bearer","expires_in":\#(tokenLife)}"#)
  }

  private func challenge(of verifier: String) -> String {
    WireText.base64URL(SHA256.digest(Array(verifier.utf8)))
  }

  private func invalidGrant() -> HTTPOutcome {
    answer(400, #"{"error":"invalid_grant","error_description":"The request has an invalid grant parameter"}"#)
  }

  private func invalidToken() -> HTTPOutcome {
    answer(
      400, #"{"message":"Invalid token"}"#,
      errorType: "InvalidTokenException:http://internal.amazon.com/coral/com.amazon.parkeraccioservice/")
  }

  private func answer(_ status: Int, _ body: String, errorType: String? = nil) -> HTTPOutcome {
    let type = body.hasPrefix("{") ? "application/json" : body.isEmpty ? nil : "text/html"
    return .answered(HTTPAnswer(status: status, contentType: type, errorType: errorType, body: Secret(copying: body)))
  }

  private func text(_ secret: Secret) -> String { secret.withBytes { String(decoding: $0, as: UTF8.self) } }

  private func form(_ request: HTTPRequest) -> [String: String] {
    guard let body = request.body.map(text), let fields = WireText.fields(body) else { return [:] }
    return fields.mapValues { WireText.percentDecoded($0) ?? "" }
  }
}
