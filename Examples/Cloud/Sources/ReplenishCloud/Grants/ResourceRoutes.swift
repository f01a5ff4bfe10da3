import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What apps may ask for in an owner's name.
struct ResourceRoutes: Sendable {
  let storage: any CloudStorage
  let grants: any AccessGrants
  let logger: Logger

  func add(to router: Router<CloudContext>) {
    router.get("/v1/devices") { request, _ in
      try await answer(request, scope: .readDevices) { try await devices(of: $0) }
    }
  }

  /// A device as it is described to apps: nothing in it tells who the owner is.
  private struct Device: Encodable {
    var id: String
    var model: String
    var name: String
  }

  private func devices(of owner: Owner.ID) async throws -> [String: [Device]] {
    var count: [String: Int] = [:]
    let devices = try await storage.sharedDevices(of: owner).map { shared in
      let model = shared.ownership.device.model
      count[model, default: 0] += 1
      let number = count[model] ?? 1
      return Device(id: shared.id, model: model, name: number == 1 ? model : "\(model) (\(number))")
    }
    return ["devices": devices]
  }

  /// Answers within the limits of the grant behind the request's token: its owner, and what that owner allowed.
  private func answer(
    _ request: Request, scope: CloudScope, _ work: (Owner.ID) async throws -> some Encodable
  ) async throws -> Response {
    do {
      let token = try BearerToken.read(request.headers)
      guard let grant = try await grants.grant(accessToken: token) else { throw BearerToken.Refusal.invalid }
      guard grant.scope.contains(scope.rawValue) else { throw BearerToken.Refusal.insufficient(scope) }
      return Self.json(try await work(grant.owner), status: .ok)
    } catch let refusal as BearerToken.Refusal {
      return refusal.response
    } catch {
      logger.error("\(request.method) \(request.uri.path) failed: \(error)")
      return Self.json(["error": "server_error"], status: .internalServerError)
    }
  }

  static func json(_ value: some Encodable, status: HTTPResponse.Status) -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data = (try? encoder.encode(value)) ?? Data("{}".utf8)
    return Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }
}
