import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOHTTPTypes
import NIOSSL

extension AmazonEmulator {
  /// A server that listens with this emulator behind it.
  ///
  /// - Parameters:
  ///   - host: The address to listen on.
  ///   - port: The port; 0 lets the system choose one.
  ///   - certificate: What to listen with; nil means plain http.
  ///   - whenListening: Told the port once it listens.
  public func application(
    host: String = "127.0.0.1", port: Int, certificate: ServerCertificate?,
    whenListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) throws -> some ApplicationProtocol {
    let clock = clock
    let http = HTTPServerBuilder.http1(
      configuration: .init(
        additionalChannelHandlers: [DateHandler(clock: clock)], idleTimeout: .seconds(300)))
    let server = try certificate.map { try HTTPServerBuilder.tls(http, tlsConfiguration: $0.tls) } ?? http
    let scheme = certificate == nil ? "http" : "https"
    // The server's own messages are about connections; the emulator's log is one line for each request.
    var quiet = Logger(label: "amazon-emulator.http")
    quiet.logLevel = .critical
    return Application(
      router: router(isSecure: certificate != nil), server: server,
      configuration: .init(address: .hostname(host, port: port), serverName: "Server"),
      onServerRunning: { [self] channel in
        let port = channel.localAddress?.port ?? port
        publicAddress = "\(scheme)://localhost:\(port)"
        await whenListening(port)
      },
      logger: quiet)
  }
}

/// Puts the emulator's time into the `Date` header, which the server framework fills in with the machine's.
///
/// It lives on one connection's event loop.
private final class DateHandler: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let clock: EmulatorClock

  init(clock: EmulatorClock) {
    self.clock = clock
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    var part = unwrapOutboundIn(data)
    if clock.skew != 0, case .head(var head) = part {
      head.headerFields[.date] = EmulatorClock.httpDate(clock.now)
      part = .head(head)
    }
    context.write(wrapOutboundOut(part), promise: promise)
  }
}
