import ReplenishCore
import Testing

@testable import ReplenishCompanion

@Suite struct PageFormTests {
  private let page = """
    <!DOCTYPE html><html><!-- <form action=never> --><script>if (a < b) { "<form>" }</script>
    <FORM Method="POST" action='/ap/signin?a=1&amp;b=2'>
      <input type=hidden name=csrf value="a&#x2B;b&quot;c">
      <input name="email" type="email"/><input type="password" name='password'>
      <input type=checkbox name=remember checked><input type=checkbox name=spam>
      <input type=text name=off value=x disabled><button name="action" value="login">Sign in</button>
      <button type="submit" name="action" value="cancel">Cancel</button>
    </FORM><form><input name=q></form>
    """

  @Test func readsWhatABrowserWouldSend() throws {
    let forms = PageForm.find(in: page)
    #expect(forms.count == 2)
    let form = try #require(forms.first)
    #expect(form.isPost)
    #expect(form.action == "/ap/signin?a=1&b=2")
    #expect(form.userName?.name == "email")
    #expect(form.password?.name == "password")
    #expect(form.buttons.map(\.value) == ["login", "cancel"])
    let body = FormFields.encode(
      form.submission(
        button: form.buttons.first,
        typed: [("email", Secret(copying: "a@b.c")), ("password", Secret(copying: "p&ß w"))]))
    #expect(
      body.withBytes { String(decoding: $0, as: UTF8.self) }
        == "csrf=a%2Bb%22c&email=a%40b.c&password=p%26%C3%9F+w&remember=on&action=login")
  }

  @Test func findsWhatAPageComplainsOf() {
    #expect(PageTags.complaint(of: "<h1>No</h1><p class=x>It &lt;is&gt; so.</p>") == "It <is> so.")
    #expect(PageTags.complaint(of: "<p>Sign in.</p><p role=\"alert\">Wrong\u{1B}[2J</p>") == "Wrong?[2J")
    #expect(PageTags.complaint(of: "") == "")
  }

  @Test(arguments: [
    "<form", "<form action=", "<form action=\"x", "<input =", "<", "<!--", "<form><input name=a value='", "</",
  ])
  func endsOnABrokenPage(page: String) {
    _ = PageForm.find(in: page)
  }
}

@Suite struct WebURLTests {
  @Test(arguments: [
    ("/b?c=1", "https://h.example:8443/b?c=1"), ("", "https://h.example:8443/a/x?y=1"),
    ("z", "https://h.example:8443/a/z"), ("https://o.example/", "https://o.example/"),
    ("?q=2", "https://h.example:8443/a/x?q=2"),
  ])
  func resolvesReferences(reference: String, whole: String) throws {
    let base = try #require(WebURL("https://h.example:8443/a/x?y=1"))
    #expect(WebURL(reference, relativeTo: base)?.text == whole)
  }

  @Test func comparesOrigins() throws {
    let url = try #require(WebURL("https://H.example/a"))
    #expect(url.hasOrigin(of: try #require(WebURL("https://h.example:443/b"))))
    #expect(!url.hasOrigin(of: try #require(WebURL("https://h.example:444/b"))))
    #expect(!url.hasOrigin(of: try #require(WebURL("http://h.example:443/b"))))
    #expect(WebURL("no address") == nil)
  }
}

@Suite struct RedirectAnswerTests {
  private let redirectURI = "https://app.example/done"

  private func read(_ url: String) throws -> String {
    let answer = try RedirectAnswer(
      try #require(WebURL(url)), state: "s1", redirectURI: try #require(WebURL(redirectURI)))
    return answer.code.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  @Test func takesTheCode() throws {
    #expect(try read("\(redirectURI)?code=AN%2Bx&scope=dash:replenish&state=s1") == "AN+x")
  }

  @Test(arguments: [
    "https://app.example/done?code=A&state=s2", "https://app.example/done?code=A", "https://app.example/done?state=s1",
    "https://app.example/done?code=A&code=B&state=s1", "https://evil.example/done?code=A&state=s1",
    "https://app.example/other?code=A&state=s1", "https://app.example/done?error=access_denied&state=s1",
    "https://app.example/done?code=&state=s1", "https://app.example/done?code=A&error=server_error&state=s1",
  ])
  func refuses(url: String) {
    #expect { try read(url) } throws: { error in
      guard let failure = error as? LinkingFailure else { return false }
      return failure.kind == .notAuthorized && !failure.text.contains("code=")
    }
  }

  @Test func showsNoControlCharacters() {
    #expect { try read("\(redirectURI)?error=x&error_description=a%1B%5B2Jb&state=s1") } throws: { error in
      (error as? LinkingFailure)?.text.contains("\u{1B}") == false
    }
  }
}
