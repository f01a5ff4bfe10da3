/// What people are told of the maker's cloud.
extension Texts {
  static let cloudNotLinked =
    "no Amazon account is linked in the maker's cloud: hold the button for 5 seconds, then claim and link the device there"
  static let cloudTakesOver =
    "this device's own link to Amazon was dropped, since the maker's cloud orders now: link the device there"
  static let cloudNotTold =
    "the maker's cloud could not be told of the factory reset in time: release the device there"
  static let cloudIsOrdering = "the maker's cloud has the press and is still ordering"
  static let cloudDidNotAnswer =
    "the maker's cloud did not say what became of it, so it may have been ordered: look there, or at your Amazon orders"
  // Short words of small letters only: it passes through ServiceText.
  static let cloudKnowsNoSuchDevice =
    "the device's certificate is not known there or was revoked; ask the maker"
  static let anotherPress = "another press has its id there; press again"
  static let pressedBeforeLink = "it was pressed before the account was linked: press again if it is still wanted"
  static let noSuchSlot = "Amazon knows no such slot: compare the configured slots with the Dash console"
  static let amazonRefused = "Amazon refused it: look at the device's page in the maker's cloud"

  static let noDownlink = "the maker's cloud has no commands for devices: run it with --downlink, or set downlink = no"

  static let noNewKeys = "the maker's cloud signs no new keys: run it with --rekey-certificate"

  static func commandRefused(_ action: String) -> String {
    composed("the maker's cloud sent the command '\(action)', which this device does not carry out: it was refused")
  }

  /// A failure on the way to the maker's cloud.
  static func cloud(_ failure: TransportFailure) -> String {
    switch failure.reason {
    // By TLS 1.3 a server refuses a certificate when the client takes the connection for made (RFC 8446, 4.4.2.4).
    case .broken, .tlsFailed:
      "the maker's cloud: the connection broke; if this goes on, it may not take the device's certificate"
    case .local:
      "the request could not be made on this board; check memory, and the certificate, private-key and ca-file of the cloud"
    default: transport("the maker's cloud", failure).text
    }
  }
}
