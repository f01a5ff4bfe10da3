import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// One request as the state shows it; paths and bodies are left out, they may hold secrets.
public struct LoggedRequest: Codable, Sendable {
  /// Counts from 1 since the start or the last reset.
  public var number: Int
  /// When it came.
  public var time: Date
  /// What it was.
  public var operation: String
  /// Model and serial, where known.
  public var device: String?
  /// The slot, where there is one.
  public var slot: String?
  /// The status of the answer; nil when the connection was closed instead.
  public var status: Int?
  /// The detail code or the error.
  public var result: String?
  /// The fault that hit it.
  public var fault: String?
}

/// The requests since the start or the last reset.
public actor RequestLog {
  /// The newest requests, oldest first; at most 10 000.
  public private(set) var requests: [LoggedRequest] = []
  /// How many requests of each operation came.
  public private(set) var counts: [String: Int] = [:]
  private var total = 0

  func add(_ values: RequestNote.Values, status: Int?, at time: Date) -> LoggedRequest {
    total += 1
    let operation = values.operation ?? "unknown"
    counts[operation, default: 0] += 1
    let request = LoggedRequest(
      number: total, time: time, operation: operation, device: values.device, slot: values.slot, status: status,
      result: values.result, fault: values.fault)
    if requests.count >= 10_000 { requests.removeFirst(requests.count - 9_999) }
    requests.append(request)
    return request
  }

  func reset() {
    requests = []
    counts = [:]
    total = 0
  }
}

/// Adds Amazon's tracing headers, and writes one log line for each request of a device.
struct RequestLogMiddleware: RouterMiddleware {
  typealias Context = EmulatorContext

  let log: RequestLog
  let clock: EmulatorClock
  let logger: Logger

  func handle(
    _ request: Request, context: EmulatorContext,
    next: (Request, EmulatorContext) async throws -> Response
  ) async throws -> Response {
    let path = request.uri.path
    let isPage = path == "/" || path == "/favicon.ico" || path == CustomerAppRoutes.path
    if isPage || path.hasPrefix("/emulator/") { return try await next(request, context) }
    let began = clock.now
    var response: Response
    do {
      response = try await next(request, context)
    } catch let error as any HTTPResponseError {
      response = try error.response(from: request, context: context)
    } catch let error as CancellationError {
      // The emulator stops, or the client has hung up: nobody waits for an answer.
      throw error
    } catch {
      logger.error("\(context.note.values.operation ?? "request") failed: \(error)")
      response = Response(status: .internalServerError)
    }
    response.headers[.amznRequestID] = UUID().uuidString.lowercased()
    response.headers[.amzDate] = EmulatorClock.httpDate(clock.now)
    let values = context.note.values
    let hasHungUp = values.fault == Fault.Kind.dropRequest.rawValue || values.fault == Fault.Kind.loseAnswer.rawValue
    let logged = await log.add(values, status: hasHungUp ? nil : response.status.code, at: began)
    logger.info("\(Self.line(logged))")
    return response
  }

  /// One line, such as `replenish  CoffeeMaker/SN1  coffee  TEST_ORDER_PLACED  200`.
  static func line(_ request: LoggedRequest) -> String {
    var words = [request.operation.padding(toLength: 24, withPad: " ", startingAt: 0)]
    words.append(request.device ?? "-")
    if let slot = request.slot { words.append(slot) }
    words.append(request.result ?? "-")
    words.append(request.status.map(String.init) ?? "(connection closed)")
    if let fault = request.fault { words.append("[fault: \(fault)]") }
    return words.map(printable).joined(separator: "  ")
  }

  /// Slot names come from the network: nothing in them may act on a terminal.
  private static func printable(_ text: String) -> String {
    String(text.unicodeScalars.map { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) ? "?" : Character($0) })
  }
}
