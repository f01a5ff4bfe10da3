import ReplenishCore
import Testing

@testable import ReplenishCompanion

@Suite struct BrowserLoginTests {
  /// A site in memory, which keeps what was posted to it.
  private final class Site: WebPages {
    var answers: [String: WebPage] = [:]
    private(set) var posted: [(path: String, body: String)] = []

    func get(_ url: WebURL) throws(LinkingFailure) -> WebPage { try answer("GET", url) }

    func post(_ url: WebURL, form: Secret) throws(LinkingFailure) -> WebPage {
      posted.append((url.path, form.withBytes { String(decoding: $0, as: UTF8.self) }))
      return try answer("POST", url)
    }

    private func answer(_ method: String, _ url: WebURL) throws(LinkingFailure) -> WebPage {
      guard let answer = answers["\(method) \(url.path)"] else { throw LinkingFailure(.webUnreachable, url.path) }
      return answer
    }
  }

  private let site = Site()
  private let start: WebURL
  private let redirectURI: WebURL
  private let account: BrowserLogin.Account

  private static let loginForm = """
    <form method=post action="/signin"><input name=csrf type=hidden value=1><input name=user><input name=pass \
    type=password><button>Sign in</button></form>
    """
  private static let consentForm = """
    <form method=post action="consent"><button name=decision value=deny>No</button><button name=decision \
    value=allow>Yes</button></form>
    """

  init() throws {
    start = try #require(WebURL("https://login.example/ap/oa?x=1"))
    redirectURI = try #require(WebURL("http://localhost:8765/callback"))
    account = try #require(BrowserLogin.Account(Secret(copying: "jo@example.com:a:b&c\n")))
    site.answers["GET /ap/oa"] = page(location: "/signin")
    site.answers["GET /signin"] = try page("/signin", BrowserLoginTests.loginForm)
    site.answers["POST /signin"] = page(location: "/ap/consent")
    site.answers["GET /ap/consent"] = try page("/ap/consent", BrowserLoginTests.consentForm)
    site.answers["POST /ap/consent"] = page(location: "http://localhost:8765/callback?code=1")
  }

  private func page(_ path: String, _ text: String, status: Int = 200) throws -> WebPage {
    WebPage(status: status, url: try #require(WebURL(path, relativeTo: start)), text: text)
  }

  private func page(location: String) -> WebPage {
    WebPage(status: 303, url: start, location: WebURL(location, relativeTo: start))
  }

  private func walk(consents: Bool = true) throws -> String {
    try BrowserLogin(pages: site, account: account, consents: consents).walk(from: start, to: redirectURI).text
  }

  private func failure() -> LinkingFailure.Kind? {
    do {
      _ = try walk()
      return nil
    } catch { return (error as? LinkingFailure)?.kind }
  }

  @Test func fillsInTheForms() throws {
    #expect(try walk() == "http://localhost:8765/callback?code=1")
    #expect(site.posted.map(\.path) == ["/signin", "/ap/consent"])
    #expect(site.posted.map(\.body) == ["csrf=1&user=jo%40example.com&pass=a%3Ab%26c", "decision=allow"])
  }

  @Test func refusesConsentIfAsked() throws {
    _ = try walk(consents: false)
    #expect(site.posted.last?.body == "decision=deny")
  }

  @Test func typesThePasswordOnce() throws {
    site.answers["POST /signin"] = try page("/signin", BrowserLoginTests.loginForm, status: 401)
    #expect(failure() == .notAuthorized)
    #expect(site.posted.count == 1)
  }

  @Test(arguments: ["https://evil.example/signin", "http://login.example/signin", "https://login.example:444/signin"])
  func typesThePasswordNowhereElse(address: String) throws {
    let form = BrowserLoginTests.loginForm.replacing("/signin", with: address)
    site.answers["GET /signin"] = try page("/signin", form)
    #expect(failure() == .notAuthorized)
    #expect(site.posted.isEmpty)
  }

  @Test func followsNoRedirectElsewhere() throws {
    site.answers["GET /ap/oa"] = page(location: "https://evil.example/")
    #expect(failure() == .notAuthorized)
  }

  @Test func endsInACircle() throws {
    site.answers["GET /signin"] = page(location: "/ap/oa")
    #expect(failure() == .notAuthorized)
  }

  @Test func saysThatAPageHasNoForm() throws {
    site.answers["GET /signin"] = try page("/signin", "<p>Unknown client</p>", status: 400)
    #expect(failure() == .notAuthorized)
    site.answers["GET /signin"] = try page("/signin", BrowserLoginTests.loginForm, status: 503)
    #expect(failure() == .webUnreachable)
  }
}
