import Glibc
import ReplenishHost

/// How the owner logs in: with a browser, or without one.
public protocol OwnerLogin {
  /// Has the owner log in at `url`, and returns the address that Amazon redirects to at the end.
  ///
  /// - Parameter device: The connection to the device; if it hangs up meanwhile, waiting on is of no use.
  func redirect(from url: WebURL, to redirectURI: WebURL, state: String, device: Int32?) throws(LinkingFailure)
    -> WebURL
}

extension BrowserLogin: OwnerLogin {
  /// Fills in the forms of the pages.
  public func redirect(
    from url: WebURL, to redirectURI: WebURL, state: String, device: Int32?
  ) throws(LinkingFailure) -> WebURL {
    try walk(from: url, to: redirectURI)
  }
}

/// Logs in with the owner's browser, whose redirect is taken on a port of this machine.
public struct LoopbackLogin: OwnerLogin {
  private let opensBrowser: Bool
  private let say: (String) -> Void

  /// How long the owner may take.
  private static let seconds = 600

  /// Prepares; `opensBrowser` starts it by `xdg-open`, otherwise the owner opens the address that is printed.
  public init(opensBrowser: Bool, say: @escaping (String) -> Void) {
    self.opensBrowser = opensBrowser
    self.say = say
  }

  /// Prints the address and waits for the browser to come back.
  public func redirect(
    from url: WebURL, to redirectURI: WebURL, state: String, device: Int32?
  ) throws(LinkingFailure) -> WebURL {
    let redirect = try LoopbackRedirect(redirectURI)
    say("Log in with your browser:\n\n  \(url.text)\n")
    if opensBrowser, !Browser.open(url) { say("No browser could be started (xdg-open); open the address yourself.") }
    return try redirect.wait(state: state, device: device, seconds: LoopbackLogin.seconds)
  }
}

/// Logs in with the owner's browser, from whose address bar the owner copies the redirect.
public struct PastedLogin: OwnerLogin {
  private let opensBrowser: Bool
  private let say: (String) -> Void

  /// Prepares; `opensBrowser` starts it by `xdg-open`.
  public init(opensBrowser: Bool, say: @escaping (String) -> Void) {
    self.opensBrowser = opensBrowser
    self.say = say
  }

  /// Prints the address and reads a line from the standard input.
  public func redirect(
    from url: WebURL, to redirectURI: WebURL, state: String, device: Int32?
  ) throws(LinkingFailure) -> WebURL {
    say("Log in with your browser:\n\n  \(url.text)\n")
    if opensBrowser, !Browser.open(url) { say("No browser could be started (xdg-open); open the address yourself.") }
    say("It ends at an address that begins with \(redirectURI.text), on a page that may not load. Paste it here:")
    guard let line = readLine(), let pasted = WebURL(String(line.filter { !$0.isWhitespace })) else {
      throw LinkingFailure(.notAuthorized, "that is no address; copy all of it from the address bar, and begin again")
    }
    return pasted
  }
}

/// The desktop's browser.
enum Browser {
  /// Opens an address; false if nothing could be started.
  static func open(_ url: WebURL) -> Bool {
    var child = pid_t()
    let words: [UnsafeMutablePointer<CChar>?] = [strdup("xdg-open"), strdup(url.text)]
    defer { for word in words { free(word) } }
    guard posix_spawnp(&child, "xdg-open", nil, nil, words + [nil], environ) == 0 else { return false }
    var status: Int32 = 0
    return waitpid(child, &status, 0) == child && status == 0
  }
}
