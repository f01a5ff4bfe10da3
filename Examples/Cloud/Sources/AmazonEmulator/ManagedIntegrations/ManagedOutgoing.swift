import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Calls what stands on this machine in the place of AWS Lambda, and the third party's token endpoint. Nothing else is
/// reached. Faults of the script hit these calls too.
struct ManagedOutgoing: Sendable {
  enum Result: Sendable, Equatable {
    case answer(status: Int, body: Data)
    /// Why there is none.
    case none(String)
  }

  let faults: FaultScript

  /// Posts a body.
  ///
  /// - Parameter operation: Its name in fault scripts.
  func post(
    _ body: Data, to address: String, headers: [(String, String)], seconds: Double, as operation: String
  ) async -> Result {
    guard NotificationPublisher.isLocal(address) else { return .none("the address is not on this machine") }
    let fault = await faults.take(for: operation)
    if let fault {
      // Who would have given up has: nobody need sit it out.
      guard (fault.seconds ?? 0) < seconds else { return .none("no answer in time") }
      try? await Task.sleep(for: .seconds(fault.seconds ?? 0))
      switch fault.kind {
      case .dropRequest: return .none("the connection was closed")
      case .status: return .answer(status: fault.status ?? 500, body: Data((fault.body ?? "{}").utf8))
      default: break
      }
    }
    let result = await withTaskGroup(of: Result.self) { group in
      group.addTask { await Self.send(body, to: address, headers: headers, seconds: seconds) }
      group.addTask {
        try? await Task.sleep(for: .seconds(seconds))
        return .none("no answer in time")
      }
      let first = await group.next()
      group.cancelAll()
      return first ?? .none("no answer")
    }
    switch fault?.kind {
    case .loseAnswer: return .none("the connection was closed")
    case .garbage: return .answer(status: 200, body: Data((fault?.body ?? "{]").utf8))
    default: return result
    }
  }

  private static func send(
    _ body: Data, to address: String, headers: [(String, String)], seconds: Double
  ) async -> Result {
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .loopback)
    var request = HTTPClientRequest(url: address)
    request.method = .POST
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    request.body = .bytes(ByteBuffer(bytes: body))
    let result: Result
    do {
      let response = try await http.execute(request, timeout: .milliseconds(Int64(seconds * 1000)))
      let answer = try await response.body.collect(upTo: 1024 * 1024)
      result = .answer(status: Int(response.status.code), body: Data(answer.readableBytesView))
    } catch {
      result = .none("\(type(of: error))")
    }
    try? await http.shutdown()
    return result
  }
}
