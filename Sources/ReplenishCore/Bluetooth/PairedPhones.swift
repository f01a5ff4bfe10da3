/// The phones that have paired by LE Secure Connections in this window, as the kernel's management tells, and the one that is
/// connected. Addresses have their type behind them (1 public, 2 random).
struct PairedPhones {
  /// More than these do not pair in one window unless somebody plays with a radio; the oldest has to pair again.
  static var most: Int { 4 }

  private(set) var phones: [[UInt8]] = []
  private var connected: [UInt8] = []

  /// Whether the phone that is connected has paired.
  var hasConnected: Bool { phones.contains(connected) }

  /// A phone has connected; empty for none.
  mutating func connect(_ phone: [UInt8]) { connected = phone }

  /// Takes what the management says.
  mutating func pair(_ phone: [UInt8], isSecure: Bool) {
    phones.removeAll { $0 == phone }
    guard isSecure else { return }
    if phones.count == PairedPhones.most { phones.removeFirst() }
    phones.append(phone)
  }

  /// The connected phone goes by another address from now on, if it went by this one.
  mutating func identify(_ random: [UInt8], as phone: [UInt8]) {
    if connected.dropLast().elementsEqual(random) { connected = phone }
  }

  /// Forgets all.
  mutating func forget() {
    phones = []
    connected = []
  }
}
