import AmazonEmulator
import ArgumentParser
import OAuthServer

/// Customers, clients, slots.
struct AccountOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The sample customer's e-mail address.", valueName: "e-mail"))
  var user = "customer@example.com"

  @Option(help: ArgumentHelp("The sample customer's password.", valueName: "text"))
  var password = "sample-password"

  @Option(help: ArgumentHelp("A further customer; may be repeated.", valueName: "e-mail:password"))
  var customer: [String] = []

  @Option(help: ArgumentHelp("The public client: device and companion app, PKCE, no secret.", valueName: "id"))
  var clientID = "amzn1.application-oa2-client.emulator"

  @Option(help: ArgumentHelp("A client with a secret; may be repeated.", valueName: "id:secret"))
  var confidentialClient: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      An allowed return address, compared exactly (on http://localhost and http://127.0.0.1 any port will do); may be \
      repeated. Default: http://127.0.0.1/callback, http://localhost/callback and https://localhost/return.
      """, valueName: "uri"))
  var redirectURI: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      A slot and the product chosen for it; NAME= is a slot without a product. May be repeated. \
      Default: coffee=B00COFFEE1, water-filter=B00FILTER1, descaler=.
      """, valueName: "name=asin"))
  var slot: [String] = []

  @Flag(help: "Let devices register that do not call themselves test devices (is_test_device).")
  var allowRealOrders = false

  func customers() throws -> [EmulatorConfiguration.Customer] {
    let others = try customer.map { text in
      let (email, password) = try halves(text, at: ":", option: "--customer", shape: "e-mail:password")
      return EmulatorConfiguration.Customer(email: email, password: password)
    }
    return [EmulatorConfiguration.Customer(email: user, password: password)] + others
  }

  func clients() throws -> [OAuthClient] {
    let addresses =
      redirectURI.isEmpty
      ? ["http://127.0.0.1/callback", "http://localhost/callback", "https://localhost/return"] : redirectURI
    let confidential = try confidentialClient.map { text in
      let (id, secret) = try halves(text, at: ":", option: "--confidential-client", shape: "id:secret")
      return OAuthClient.confidential(
        id: id, secret: secret, name: "Sample web application", redirectURIs: addresses,
        scopes: EmulatorConfiguration.scopes)
    }
    let app = OAuthClient.public(
      id: clientID, name: "Sample appliance", redirectURIs: addresses, scopes: EmulatorConfiguration.scopes)
    return [app] + confidential
  }

  func slots() throws -> [EmulatorConfiguration.Slot] {
    try slot.map { text in
      // The last sign separates, for a slot may have one in its name and a product cannot.
      guard let sign = text.lastIndex(of: "="), sign != text.startIndex else {
        throw ValidationError("--slot \(text) is not NAME=ASIN.")
      }
      let asin = String(text[text.index(after: sign)...])
      return EmulatorConfiguration.Slot(id: String(text[..<sign]), asin: asin.isEmpty ? nil : asin)
    }
  }

  private func halves(
    _ text: String, at sign: Character, option: String, shape: String
  ) throws -> (String, String) {
    guard let index = text.firstIndex(of: sign), index != text.startIndex, text.index(after: index) != text.endIndex
    else { throw ValidationError("The value of \(option) is not \(shape).") }
    return (String(text[..<index]), String(text[text.index(after: index)...]))
  }
}
