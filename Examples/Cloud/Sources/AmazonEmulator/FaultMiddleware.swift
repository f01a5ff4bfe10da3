import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import OAuthServer

/// Plays the fault script on the requests of devices.
struct FaultMiddleware: RouterMiddleware {
  typealias Context = EmulatorContext

  let script: FaultScript
  let expireTokens: @Sendable () async throws -> Void
  let revokeGrants: @Sendable () async throws -> Void

  func handle(
    _ request: Request, context: EmulatorContext,
    next: (Request, EmulatorContext) async throws -> Response
  ) async throws -> Response {
    var request = request
    guard let operation = try await name(&request) else { return try await next(request, context) }
    context.note.set { $0.operation = operation }
    guard let fault = await script.take(for: operation) else { return try await next(request, context) }
    context.note.set { $0.fault = fault.kind.rawValue }
    if let seconds = fault.seconds, fault.kind != .delayAnswer { try await Task.sleep(for: .seconds(seconds)) }
    switch fault.kind {
    case .status: return Self.answer(fault)
    case .dropRequest: return Self.hangUp(context)
    case .expireTokens: try await expireTokens()
    case .revokeGrants: try await revokeGrants()
    default: break
    }
    let response = try await next(request, context)
    switch fault.kind {
    case .delayAnswer:
      try await Task.sleep(for: .seconds(fault.seconds ?? 0))
      return response
    case .loseAnswer: return Self.hangUp(context)
    case .cutBody, .truncateBody, .hugeBody, .contentType, .garbage:
      return try await Self.spoil(response, fault, context)
    default: return response
    }
  }

  /// The request's name; a token request is read for its grant type and put together again.
  private func name(_ request: inout Request) async throws -> String? {
    var form: FormParameters?
    if request.method == .post && request.uri.path.lowercased() == "/auth/o2/token" {
      let body = try await request.collectBody(upTo: 64 * 1024)
      form = FormParameters(urlEncoded: String(buffer: body))
    }
    return RequestOperation.name(request.method, path: request.uri.path, form: form)
  }

  private static func answer(_ fault: Fault) -> Response {
    let body = fault.body ?? #"{"message":"Scripted fault"}"#
    var headers: HTTPFields = [.contentType: fault.contentType ?? "application/json"]
    for (name, value) in fault.headers ?? [:] {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    return Response(
      status: .init(code: fault.status ?? 500), headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
  }

  /// Closes the connection; the response that is returned finds nobody to read it.
  ///
  /// The close is not waited for: with TLS it lasts until the other side closes too.
  private static func hangUp(_ context: EmulatorContext) -> Response {
    context.channel.close(promise: nil)
    return Response(status: .serviceUnavailable)
  }

  private static func spoil(_ response: Response, _ fault: Fault, _ context: EmulatorContext) async throws -> Response {
    var headers = response.headers
    headers[.contentLength] = nil
    let whole = try await bytes(of: response)
    let half = whole.getSlice(at: whole.readerIndex, length: whole.readableBytes / 2) ?? ByteBuffer()
    switch fault.kind {
    case .cutBody:
      // An answer without a body is given one to promise, so that there is something to cut.
      let promised = max(whole.readableBytes, 2)
      return Response(
        status: response.status, headers: headers,
        body: ResponseBody(contentLength: promised) { writer in
          try await writer.write(half)
          throw CutConnection()
        })
    case .truncateBody:
      return Response(status: response.status, headers: headers, body: ResponseBody(byteBuffer: half))
    case .hugeBody:
      headers[.contentType] = "application/json"
      return Response(status: response.status, headers: headers, body: hugeBody(fault.bytes ?? 16 * 1024 * 1024))
    case .contentType:
      headers[.contentType] = fault.contentType ?? "text/html"
      return Response(status: response.status, headers: headers, body: ResponseBody(byteBuffer: whole))
    default:
      let text = fault.body ?? "{\"\u{0}\u{1} this is not JSON ]]]}"
      headers[.contentType] = "application/json"
      return Response(
        status: response.status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
  }

  /// A JSON string of so many bytes, sent in pieces so that it never lies in memory whole.
  private static func hugeBody(_ size: Int) -> ResponseBody {
    ResponseBody(contentLength: max(size, 2)) { writer in
      try await writer.write(ByteBuffer(string: "\""))
      var left = max(size, 2) - 2
      let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 * 1024)
      while left > 0 {
        let count = min(left, piece.readableBytes)
        try await writer.write(piece.getSlice(at: 0, length: count) ?? ByteBuffer())
        left -= count
      }
      try await writer.write(ByteBuffer(string: "\""))
      try await writer.finish(nil)
    }
  }

  private static func bytes(of response: Response) async throws -> ByteBuffer {
    let collected = CollectedBody()
    try await response.body.write(CollectingWriter(body: collected))
    return collected.buffer
  }
}

/// Thrown while a body is written: the server then closes the connection.
private struct CutConnection: Error {}

/// Only ever touched by the one task that collects a body.
private final class CollectedBody {
  var buffer = ByteBuffer()
}

private struct CollectingWriter: ResponseBodyWriter {
  let body: CollectedBody

  mutating func write(_ buffer: ByteBuffer) async throws {
    body.buffer.writeImmutableBuffer(buffer)
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
