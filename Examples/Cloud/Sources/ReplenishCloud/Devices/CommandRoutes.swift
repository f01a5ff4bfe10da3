import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// The downlink: commands to a device, which waits for them with one request that is held.
extension DeviceRoutes {
  func addCommands(to routes: RouterGroup<DeviceContext>) {
    routes.get("commands") { try await self.nextCommand($0, $1) }
    routes.put("commands/:id") { try await self.endCommand($0, $1) }
  }

  /// A command for the device.
  private struct CommandAnswer: Encodable {
    var id: String
    var action: String
    /// Of `identify`.
    var seconds: UInt16?

    init(_ command: DeviceCommand) {
      id = command.id
      switch command.action {
      case .identify(let seconds):
        action = "identify"
        self.seconds = seconds
      }
    }
  }

  private func nextCommand(_ request: Request, _ context: DeviceContext) async throws -> Response {
    let device = try context.requireDevice()
    guard let commands else { return Self.noDownlink }
    let text = request.uri.queryParameters.get("wait") ?? "0"
    guard let seconds = Int(text), seconds >= 0 else { throw DeviceBody.Malformed() }
    // A device that hangs up is not noticed, which would cost its connection after each answer: its next request takes
    // the place of this one.
    switch try await commands.wait(device.id, seconds: seconds) {
    case .command(let command): return .json(CommandAnswer(command))
    case .none: return Response(status: .noContent, headers: [.cacheControl: "no-store"])
    case .revoked: return DeviceIdentity.unknownDevice
    case .tooMany:
      var response = Response.problem(.serviceUnavailable, "tooManyWait")
      response.headers[.retryAfter] = "300"
      return response
    }
  }

  /// The device says what it made of a command.
  private func endCommand(_ request: Request, _ context: DeviceContext) async throws -> Response {
    let device = try context.requireDevice()
    guard commands != nil else { return Self.noDownlink }
    let id = try context.parameters.require("id")
    let body = try await DeviceBody.decode(DeviceBody.CommandEnd.self, request)
    let isKnown =
      switch body.state {
      case .done: try await storage.finishCommand(id, device: device.id, at: now())
      case .refused: try await storage.refuseCommand(id, device: device.id, at: now())
      }
    if body.state == .refused {
      logger.warning("\(device.model) \(device.serial): does not know how to carry out a command")
    }
    return isKnown ? .json(["state": body.state.rawValue]) : .problem(.notFound, "noSuchCommand")
  }

  private static var noDownlink: Response { .problem(.notFound, "noDownlink") }
}
