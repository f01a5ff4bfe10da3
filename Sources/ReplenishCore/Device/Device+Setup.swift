/// The setup window: when the device can be found, and by whom it is being set up.
struct SetupWindow {
  /// When it closes, in uptime milliseconds; nil while it is closed. No traffic moves it.
  var closesAt: UInt64?
  /// The phone that is connected.
  var phone: Phone?
  /// Counts the phones, so that what was begun for one is not given to the next.
  var lastPhone: UInt32 = 0

  /// One connected phone. A class, since its protocol is too large to be copied out and back for every packet.
  final class Phone {
    /// Which of the phones it is.
    let number: UInt32
    /// Its protocol.
    var connection: PhoneConnection
    /// When it is sent away, in uptime milliseconds; nil once it has proved the setup code.
    var leavesAt: UInt64?

    init(number: UInt32, connection: PhoneConnection, leavesAt: UInt64) {
      self.number = number
      self.connection = connection
      self.leavesAt = leavesAt
    }
  }
}

extension Device {
  /// Until when somebody may make the device theirs, here or in the maker's cloud, in uptime milliseconds; nil if not now.
  var openUntil: UInt64? {
    @inline(never) get { configuration.cloud == nil ? window.closesAt : configuration.cloud?.claimableUntil }
  }

  /// Opens the window, or leaves it as it is if it is open: pressing long again buys no more time.
  func openWindow() {
    guard credential != nil, window.closesAt == nil, erasure == nil, lockedBy == nil else { return }
    let length = min(configuration.setupWindow, DeviceLimits.longestSetupWindow)
    window.closesAt = now.uptime + length
    effects.append(.openWindow)
    raise(.setupOpened(seconds: Int(length / 1000)))
  }

  func closeWindow() {
    guard window.closesAt != nil else { return }
    window.closesAt = nil
    if window.phone != nil { losePhone() }
    effects.append(.closeWindow)
    raise(.setupClosed)
  }

  /// Nobody can see the window: it is closed rather than shown as open.
  func windowFailed(_ text: String) {
    fault(text)
    closeWindow()
  }

  /// Closes what has been open long enough.
  func advanceSetup() {
    if let closesAt = window.closesAt, isDue(closesAt) { closeWindow() }
    if let leavesAt = window.phone?.leavesAt, isDue(leavesAt) { sendPhoneAway() }
    if let until = identifyUntil, isDue(until) { identifyUntil = nil }
  }

  /// A phone connects. Connecting is not guessing.
  func takePhone() {
    guard let credential, window.closesAt != nil, window.phone == nil else {
      effects.append(.disconnectPhone)
      return
    }
    window.lastPhone &+= 1
    let connection = PhoneConnection(
      credential: credential, model: identity.model.text, name: configuration.phoneName, random: random)
    window.phone = SetupWindow.Phone(
      number: window.lastPhone, connection: connection, leavesAt: now.uptime + DeviceLimits.handshakeTime)
  }

  /// A phone is gone. What it began goes on if it no longer needs the phone.
  func losePhone() {
    window.phone = nil
    linking.verifier = nil
    if case .waitingForClock = linking.stage { linking.stage = .idle }
    // Linked: the window has served its purpose.
    if linking.isComplete {
      linking = Linking()
      closeWindow()
    }
  }

  func sendPhoneAway() {
    guard window.phone != nil else { return }
    effects.append(.disconnectPhone)
    losePhone()
  }

  /// Takes an ATT packet.
  func takePacket(_ packet: [UInt8]) {
    guard let phone = window.phone else { return }
    take(phone.connection.receive(packet: packet))
  }

  /// Says something to the phone, if one is there that has proved the code.
  func tellPhone(_ message: DeviceMessage) {
    guard let phone = window.phone else { return }
    take(phone.connection.send(message))
  }

  private func take(_ outputs: [PhoneOutput]) {
    for output in outputs {
      switch output {
      case .transmit(let packet): effects.append(.transmit(packet))
      case .countAttempt: countGuess()
      case .proved: phoneProved()
      case .message(let message): take(message)
      case .close: sendPhoneAway()
      }
    }
  }

  /// Counts a guess durably before the device's proof may leave.
  private func countGuess() {
    let wait = attempts.remaining(at: now.uptime)
    guard wait == 0 else { return refuseGuess(waitSeconds: Int((wait + 999) / 1000)) }
    guard let number = window.phone?.number else { return }
    // A phone that starts over on its connection gets the time of one handshake anew, and no more.
    if window.phone?.leavesAt == nil { window.phone?.leavesAt = now.uptime + DeviceLimits.handshakeTime }
    attempts.count(at: now.uptime)
    raise(.setupGuessed(failures: attempts.failures))
    store(.attempts, attempts.encoded(), .guess(phone: number))
  }

  /// The count is on disk, or is not: then there is no guess, however much the phone would like one.
  func guessIsCounted(phone number: UInt32, _ isDurable: Bool) {
    guard let phone = window.phone, phone.number == number else { return }
    guard isDurable else { return refuseGuess(waitSeconds: Int(AttemptLimit.firstDelay / 1000)) }
    take(phone.connection.attemptCounted())
  }

  private func refuseGuess(waitSeconds: Int) {
    guard let phone = window.phone else { return }
    take(phone.connection.attemptRefused(waitSeconds: waitSeconds))
  }

  private func phoneProved() {
    attempts.refund()
    store(.attempts, attempts.encoded(), .refund)
    window.phone?.leavesAt = nil
    raise(.setupProved)
    offerParameters()
  }

  private func take(_ message: PhoneMessage) {
    switch message {
    case .identify:
      identifyUntil = now.uptime + DeviceLimits.outcomeShown
      raise(.identify)
    case .requestParameters: offerParameters()
    case .authorization(let grant): take(grant)
    }
  }
}
