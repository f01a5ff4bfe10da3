import Testing

@testable import ReplenishCore

@Suite struct ServiceTextTests {
  @Test(arguments: [
    "The request has an invalid grant parameter : refresh_token", "Invalid token", "unsupported_grant_type given",
  ]) func ordinaryTextsStay(text: String) {
    #expect(ServiceText(text).text == text)
  }

  @Test func possibleSecretsAreHidden() {
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    let secrets = [
      "Atza|1", "Atzr%7CIQEBLzAtAhUAjk+2", "code=ANdNAVhyhqirUelHGEHA", verifier, "ANdNAVhyhqirUelHGEHA", "'Atzr|x'",
      "x\n" + verifier, verifier + "\t.",
    ]
    for secret in secrets {
      #expect(ServiceText("bad " + secret + " given").text == "bad [hidden] given", "\(secret)")
    }
  }

  @Test func whatIsShownIsShortAndPrintable() {
    #expect(ServiceText("a\u{1B}[2J b\u{7F} ü").text == "a?[2J b? ??")
    #expect(ServiceText(String(repeating: "word ", count: 5000)).text.utf8.count <= ServiceText.longest)
    #expect(ServiceText(String(repeating: "m", count: 20_000)).text.utf8.count == ServiceText.longest)
    #expect(ServiceText("   ").text == "")
  }
}
