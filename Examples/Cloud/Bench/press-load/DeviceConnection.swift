import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// An answer: its status and its text.
struct Answer: Sendable {
  var status: UInt
  var text: String
}

/// A connection of one device: TLS with its certificate, one request at a time.
struct DeviceConnection: Sendable {
  /// The server hung up before the answer.
  struct HungUp: Error {}

  private let channel: any Channel

  /// Connects, with a whole handshake: nothing of an earlier one is used again.
  static func open(_ tls: NIOSSLContext, port: Int) async throws -> DeviceConnection {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(try NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
          try pipeline.addHTTPClientHandlers()
          try pipeline.addHandler(Exchange())
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    return DeviceConnection(channel: channel)
  }

  /// One exchange.
  func ask(
    _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: String = ""
  ) async throws -> Answer {
    var head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
    head.headers.add(name: "Host", value: "localhost")
    if !body.isEmpty { head.headers.add(name: "Content-Length", value: String(body.utf8.count)) }
    let promise = channel.eventLoop.makePromise(of: Answer.self)
    let asked = Asked(head: head, body: body, promise: promise)
    channel.writeAndFlush(asked).cascadeFailure(to: promise)
    return try await promise.futureResult.get()
  }

  /// Ends it.
  func close() async { try? await channel.close().get() }

  fileprivate struct Asked: Sendable {
    var head: HTTPRequestHead
    var body: String
    var promise: EventLoopPromise<Answer>
  }
}

/// Turns a request with a promise into HTTP, and the answer into the promise's value. It lives on its event loop.
private final class Exchange: ChannelDuplexHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundIn = DeviceConnection.Asked
  typealias OutboundOut = HTTPClientRequestPart

  private var promise: EventLoopPromise<Answer>?
  private var answer = Answer(status: 0, text: "")

  func write(context: ChannelHandlerContext, data: NIOAny, promise written: EventLoopPromise<Void>?) {
    let asked = unwrapOutboundIn(data)
    promise = asked.promise
    context.write(wrapOutboundOut(.head(asked.head)), promise: nil)
    if !asked.body.isEmpty {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: asked.body)))), promise: nil)
    }
    context.write(wrapOutboundOut(.end(nil)), promise: written)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): answer = Answer(status: head.status.code, text: "")
    case .body(let body): answer.text += String(buffer: body)
    case .end:
      promise?.succeed(answer)
      promise = nil
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    promise?.fail(error)
    promise = nil
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise?.fail(DeviceConnection.HungUp())
    promise = nil
    context.fireChannelInactive()
  }
}
