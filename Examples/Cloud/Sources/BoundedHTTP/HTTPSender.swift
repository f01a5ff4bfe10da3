import Foundation
import NIOHTTP1

/// One request.
public struct HTTPCall: Sendable, CustomStringConvertible {
  /// Method and address; headers and body may hold secrets.
  public var description: String { "\(method) \(address)" }

  /// The method.
  public var method: HTTPMethod
  /// The whole address.
  public var address: String
  /// The headers; the host's is added by who sends.
  public var headers: HTTPHeaders
  /// The body, as it goes out.
  public var body: String?
  /// How long the exchange may take from its first to its last byte, in seconds.
  public var seconds: Double

  /// Describes a request.
  public init(
    _ method: HTTPMethod, _ address: String, headers: HTTPHeaders = [:], body: String? = nil, seconds: Double = 30
  ) {
    self.method = method
    self.address = address
    self.headers = headers
    self.body = body
    self.seconds = seconds
  }
}

/// An answer, complete.
public struct HTTPAnswer: Sendable, CustomStringConvertible {
  /// The status; headers and body may hold secrets.
  public var description: String { "status \(status)" }

  /// The status code.
  public var status: UInt
  /// The headers.
  public var headers: HTTPHeaders
  /// The body.
  public var body: Data

  /// Describes an answer.
  public init(status: UInt, headers: HTTPHeaders = [:], body: Data = Data()) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The members of a JSON object; none when the body is something else.
  public var members: [String: Any] { (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:] }
}

/// An answer, or why there is none.
public enum HTTPExchange: Sendable {
  /// The other side answered.
  case answer(HTTPAnswer)
  /// Something may have reached it, or nothing. The text holds no header and no body.
  case none(String)
}

/// Sends requests; the seam where tests take the place of the network.
public protocol HTTPSender: Sendable {
  /// One exchange.
  func send(_ call: HTTPCall) async -> HTTPExchange
}
