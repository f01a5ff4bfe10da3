import CLinux
import Glibc

/// Takes the browser's redirect on a port of this machine (RFC 8252, 7.3).
public final class LoopbackRedirect {
  private static let longestRequest = 16384
  private static let mostMilliseconds: Int32 = 5000  // for a browser to send its request

  private let redirectURI: WebURL
  private var listeners: [Int32] = []

  /// Listens where the redirect URI points; it must be `http` and on this machine.
  public init(_ redirectURI: WebURL) throws(LinkingFailure) {
    self.redirectURI = redirectURI
    guard redirectURI.scheme == "http", redirectURI.isLoopback, let port = UInt16(exactly: redirectURI.port) else {
      throw LinkingFailure(
        .notAuthorized,
        "\(redirectURI.text) does not point at this machine, so its redirect cannot be taken here; paste it (--paste), "
          + "or use http://localhost:PORT/")
    }
    // A browser may take localhost for either of the two; only one of them need be free.
    if redirectURI.host != "[::1]" { listen(version4: port) }
    if redirectURI.host != "127.0.0.1" { listen(version6: port) }
    guard !listeners.isEmpty else {
      throw LinkingFailure(
        .notAuthorized, "port \(port) of this machine is in use; close what uses it, or register another redirect URI")
    }
  }

  deinit { for listener in listeners { close(listener) } }

  /// Waits for the redirect that carries `state`. Ends early if `device` hangs up.
  public func wait(state: String, device: Int32?, seconds: Int) throws(LinkingFailure) -> WebURL {
    let end = LoopbackRedirect.now + seconds * 1000
    while true {
      let rest = end - LoopbackRedirect.now
      guard rest > 0 else {
        throw LinkingFailure(
          .notAuthorized, "nobody came back from the login within \(seconds / 60) minutes; begin again")
      }
      var waiting = listeners.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      if let device { waiting.append(pollfd(fd: device, events: 0, revents: 0)) }
      guard poll(&waiting, nfds_t(waiting.count), Int32(clamping: rest)) > 0 else { continue }
      if device != nil, waiting.last?.revents != 0 {
        throw LinkingFailure(.deviceUnreachable, "the device hung up during the login; open its setup window again")
      }
      for listener in waiting.prefix(listeners.count) where listener.revents != 0 {
        let connection = accept(listener.fd, nil, nil)
        guard connection >= 0 else { continue }
        defer { close(connection) }
        if let found = answer(connection, state) { return found }
      }
    }
  }

  /// Reads one request and answers it; nil if it is not the redirect (a browser asks for an icon as well).
  private func answer(_ connection: Int32, _ state: String) -> WebURL? {
    guard let target = readTarget(connection), let url = WebURL(target, relativeTo: redirectURI),
      RedirectAnswer.isMeant(url, for: redirectURI)
    else {
      reply(connection, "404 Not Found", "There is nothing here.")
      return nil
    }
    guard url.queryFields.contains(where: { $0.name == "state" && $0.value == state }) else {
      reply(connection, "400 Bad Request", "This is not the login that the companion waits for.")
      return nil
    }
    reply(connection, "200 OK", "The companion has the answer. You can close this window.")
    return url
  }

  /// The target of the request line; nil if no whole `GET` comes in time.
  private func readTarget(_ connection: Int32) -> String? {
    var request: [UInt8] = []
    let end = LoopbackRedirect.now + Int(LoopbackRedirect.mostMilliseconds)
    while request.count < LoopbackRedirect.longestRequest {
      var waiting = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
      let rest = end - LoopbackRedirect.now
      guard rest > 0, poll(&waiting, 1, Int32(clamping: rest)) > 0 else { return nil }
      var piece = [UInt8](repeating: 0, count: 4096)
      let count = recv(connection, &piece, piece.count, 0)
      guard count > 0 else { return nil }
      request += piece[..<count]
      // All of it, or the answer would be lost when the connection closes upon unread bytes.
      guard String(decoding: request, as: UTF8.self).contains("\r\n\r\n") else { continue }
      let words = String(decoding: request.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self).split(separator: " ")
      return words.count == 3 && words[0] == "GET" && words[1].hasPrefix("/") ? String(words[1]) : nil
    }
    return nil
  }

  private func reply(_ connection: Int32, _ status: String, _ text: String) {
    let page = "<!DOCTYPE html><html lang=\"en\"><title>Companion</title><p>\(text)</p></html>\n"
    let answer =
      "HTTP/1.1 \(status)\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: \(page.utf8.count)\r\n"
      + "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n\(page)"
    _ = send(connection, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
  }

  private func listen(version4 port: UInt16) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    listen(AF_INET, address)
  }

  private func listen(version6 port: UInt16) {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.bigEndian
    address.sin6_addr = in6addr_loopback
    listen(AF_INET6, address)
  }

  private func listen<Address>(_ family: Int32, _ address: Address) {
    let made = replenish_socket_open(family, Int32(SOCK_STREAM.rawValue), 0)
    guard made >= 0 else { return }
    var yes: Int32 = 1
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    let bound = withUnsafeBytes(of: address) { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { bind(made, $0.baseAddress, socklen_t(bytes.count)) }
    }
    guard bound == 0, Glibc.listen(made, 8) == 0 else {
      close(made)
      return
    }
    listeners.append(made)
  }

  /// Milliseconds on a clock that nobody sets.
  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
