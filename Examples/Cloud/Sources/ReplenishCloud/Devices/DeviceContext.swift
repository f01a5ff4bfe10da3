import Hummingbird
import NIOCore
import NIOSSL

/// What one request of a device carries.
struct DeviceContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The connection, whose certificate says who is there.
  let channel: any Channel
  /// Filled in by `DeviceIdentity` before any route runs.
  var device: CloudDevice?

  init(source: Source) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }

  /// The device that speaks.
  func requireDevice() throws -> CloudDevice {
    guard let device else { throw HTTPError(.unauthorized) }
    return device
  }
}

/// Finds out which device speaks, on every request: the hash of the key it proved to hold, looked up in the database.
///
/// No header and no name in the certificate has a say. The look-up is made again for each request, so that a device
/// which is revoked is refused at once, on a connection that stands and on a resumed session too.
struct DeviceIdentity: RouterMiddleware {
  typealias Context = DeviceContext

  let storage: any CloudStorage

  func handle(
    _ request: Request, context: DeviceContext, next: (Request, DeviceContext) async throws -> Response
  ) async throws -> Response {
    guard let certificate = try? await context.channel.nioSSL_peerCertificate().get(),
      let key = try? certificate.extractPublicKey().toSPKIBytes()
    else { return .problem(.unauthorized, "noCertificate") }
    guard let device = try await storage.device(publicKey: Fingerprint(of: key)), device.state == .active else {
      return Self.unknownDevice
    }
    var context = context
    context.device = device
    return try await next(request, context)
  }

  /// The answer to whoever is nobody here, or is not any more.
  static var unknownDevice: Response {
    var response = Response.problem(.forbidden, "unknownDevice")
    response.headers[.connection] = "close"
    return response
  }
}
