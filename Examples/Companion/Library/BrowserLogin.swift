import ReplenishCore

/// Logs in without a browser: fetches the authorize page, fills in its forms and follows its redirects.
///
/// Made for the local stand-in, whose pages are plain forms. Amazon's own need a browser.
public struct BrowserLogin {
  /// Who logs in.
  public struct Account {
    /// The user's name or e-mail address.
    public let userName: String
    /// The password.
    public let password: Secret

    /// Reads `user:password`; nil if there is no colon in it.
    public init?(_ text: Secret) {
      let parts: (String, Secret)? = text.withBytes { bytes in
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return nil }
        var rest = bytes[(colon + 1)...]
        while let last = rest.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { rest = rest.dropLast() }
        let name = String(decoding: bytes[..<colon], as: UTF8.self)
        let password = UnsafeRawBufferPointer(rebasing: rest)
        return (name, Secret(count: password.count) { $0.copyMemory(from: password) })
      }
      guard let parts else { return nil }
      (userName, password) = parts
    }
  }

  private static let mostPages = 10

  private let pages: any WebPages
  private let account: Account
  private let consents: Bool
  private let say: (String) -> Void

  /// Prepares a login; `consents` says which button it presses when asked, and `say` is told each step.
  public init(
    pages: any WebPages, account: Account, consents: Bool = true, say: @escaping (String) -> Void = { _ in }
  ) {
    self.say = say
    self.pages = pages
    self.account = account
    self.consents = consents
  }

  /// Walks through the pages until one redirects to `redirectURI`, and returns where to.
  public func walk(from start: WebURL, to redirectURI: WebURL) throws(LinkingFailure) -> WebURL {
    var answer = try pages.get(start)
    var hasTyped = false
    for _ in 0..<BrowserLogin.mostPages {
      if let location = answer.location {
        if RedirectAnswer.isMeant(location, for: redirectURI) { return location }
        try stay(location, at: start)
        answer = try pages.get(location)
        continue
      }
      guard answer.status < 500 else {
        throw LinkingFailure(.webUnreachable, "\(start.host) answered with status \(answer.status); try again later")
      }
      let forms = PageForm.find(in: answer.text)
      if let form = forms.first(where: { $0.password != nil }) {
        guard !hasTyped else {
          throw LinkingFailure(
            .notAuthorized, "\(start.host) refused the login of \(account.userName)\(complaint(of: answer))")
        }
        hasTyped = true
        say("Logging in at \(start.host) as \(account.userName).")
        answer = try submit(form, button: form.buttons.first, typed: typed(into: form), from: answer.url, at: start)
      } else if let form = forms.first(where: { !$0.buttons.isEmpty }), let button = consentButton(of: form) {
        say(consents ? "Allowing the device to order." : "Refusing to let the device order, as asked.")
        answer = try submit(form, button: button, typed: [], from: answer.url, at: start)
      } else {
        throw LinkingFailure(
          .notAuthorized,
          "\(start.host) answered with status \(answer.status) and no form to fill in\(complaint(of: answer))")
      }
    }
    throw LinkingFailure(.notAuthorized, "\(start.host) led through \(BrowserLogin.mostPages) pages and to no end")
  }

  private func typed(into form: PageForm) -> [(name: String, value: Secret)] {
    var typed: [(name: String, value: Secret)] = []
    if let field = form.userName { typed.append((field.name, Secret(copying: account.userName))) }
    if let field = form.password { typed.append((field.name, account.password)) }
    return typed
  }

  private func submit(
    _ form: PageForm, button: PageForm.Field?, typed: [(name: String, value: Secret)], from page: WebURL,
    at start: WebURL
  ) throws(LinkingFailure) -> WebPage {
    guard form.isPost, let target = WebURL(form.action, relativeTo: page) else {
      throw LinkingFailure(.notAuthorized, "\(start.host) has a form that cannot be posted; use a browser (--open)")
    }
    try stay(target, at: start)
    return try pages.post(target, form: FormFields.encode(form.submission(button: button, typed: typed)))
  }

  // What the user typed goes to the server that the user named and to no other.
  private func stay(_ url: WebURL, at start: WebURL) throws(LinkingFailure) {
    guard url.hasOrigin(of: start) else {
      throw LinkingFailure(
        .notAuthorized,
        "\(start.host) led to \(url.scheme)://\(url.host):\(url.port), which is neither itself nor the redirect URI; "
          + "nothing was sent there")
    }
  }

  private func complaint(of page: WebPage) -> String {
    let text = PageTags.complaint(of: page.text)
    return text.isEmpty ? "; see what it says in a browser" : ": \(text)"
  }

  private func consentButton(of form: PageForm) -> PageForm.Field? {
    let refusing = ["deny", "no", "cancel", "refuse", "reject", "decline"]
    let isRefusing = { (button: PageForm.Field) in
      refusing.contains(button.value.lowercased()) || refusing.contains(button.name.lowercased())
    }
    return form.buttons.first { isRefusing($0) != consents }
  }
}
