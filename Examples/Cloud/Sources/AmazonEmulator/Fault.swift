import Foundation

/// One scripted misbehaviour, as the control endpoint takes it.
public struct Fault: Codable, Sendable, Equatable {
  /// The ways of misbehaving.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Answers `status` (default 500) with `body` and `contentType`; nothing else happens.
    case status
    /// Waits `seconds`, then behaves.
    case delay
    /// Does what was asked, waits `seconds`, then answers.
    case delayAnswer
    /// Closes the connection without a byte; nothing else happens.
    case dropRequest
    /// Does what was asked, then closes the connection without a byte.
    case loseAnswer
    /// Does what was asked, promises the whole answer, sends half of the body and closes the connection.
    case cutBody
    /// Does what was asked and sends half of the body as if it were whole.
    case truncateBody
    /// Does what was asked and answers with `bytes` (default 16 MiB) of JSON.
    case hugeBody
    /// Does what was asked and answers with `contentType` (default `text/html`).
    case contentType
    /// Does what was asked and answers with bytes that are no JSON.
    case garbage
    /// Makes every access token expire, then behaves.
    case expireTokens
    /// Revokes every grant, then behaves.
    case revokeGrants
  }

  /// Which requests it hits: an operation's name, `token` for every grant, `dash` for all of DRS, `*` for all.
  public var operation: String
  /// What happens.
  public var kind: Kind
  /// How many matching requests it hits.
  public var times: Int
  /// How many matching requests it lets pass first.
  public var skip: Int
  /// Seconds to wait; with kinds other than `delayAnswer` the wait comes before anything else.
  public var seconds: Double?
  /// The status of kind `status`; other kinds that answer keep theirs.
  public var status: Int?
  /// The body of kind `status` and `garbage`.
  public var body: String?
  /// The content type of kinds `status` and `contentType`.
  public var contentType: String?
  /// Further headers of kind `status`, such as `Retry-After`.
  public var headers: [String: String]?
  /// The size of kind `hugeBody`.
  public var bytes: Int?

  /// Creates a fault.
  public init(
    operation: String, kind: Kind, times: Int = 1, skip: Int = 0, seconds: Double? = nil, status: Int? = nil,
    body: String? = nil, contentType: String? = nil, headers: [String: String]? = nil, bytes: Int? = nil
  ) {
    self.operation = operation
    self.kind = kind
    self.times = times
    self.skip = skip
    self.seconds = seconds
    self.status = status
    self.body = body
    self.contentType = contentType
    self.headers = headers
    self.bytes = bytes
  }

  /// Reads a fault from JSON; everything but `operation` and `kind` may be left out.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    operation = try container.decode(String.self, forKey: .operation)
    kind = try container.decode(Kind.self, forKey: .kind)
    times = try container.decodeIfPresent(Int.self, forKey: .times) ?? 1
    skip = try container.decodeIfPresent(Int.self, forKey: .skip) ?? 0
    seconds = try container.decodeIfPresent(Double.self, forKey: .seconds)
    status = try container.decodeIfPresent(Int.self, forKey: .status)
    body = try container.decodeIfPresent(String.self, forKey: .body)
    contentType = try container.decodeIfPresent(String.self, forKey: .contentType)
    headers = try container.decodeIfPresent([String: String].self, forKey: .headers)
    bytes = try container.decodeIfPresent(Int.self, forKey: .bytes)
  }

  /// What is wrong with it, for the author of the script; nil when nothing is.
  var problem: String? {
    if !RequestOperation.isMatchable(operation) {
      return "operation \(operation) is unknown; use one of \(RequestOperation.matchable.joined(separator: ", "))"
    }
    if times < 1 || times > 1_000_000 { return "times must be from 1 to 1000000" }
    if skip < 0 { return "skip must be zero or more" }
    if let seconds, !(0...3600).contains(seconds) { return "seconds must be from 0 to 3600" }
    if (kind == .delay || kind == .delayAnswer) && seconds == nil { return "\(kind.rawValue) needs seconds" }
    if let status, !(200...599).contains(status) { return "status must be from 200 to 599" }
    if let bytes, !(0...1_073_741_824).contains(bytes) { return "bytes must be from 0 to 1073741824" }
    return nil
  }
}

/// The faults that still wait for their requests.
public actor FaultScript {
  /// The waiting faults, in the order in which they were added.
  public private(set) var faults: [Fault] = []

  func add(_ fault: Fault) { faults.append(fault) }

  func clear() { faults = [] }

  /// The fault that hits this request: the first waiting one that matches.
  func take(for operation: String) -> Fault? {
    for index in faults.indices where RequestOperation.matches(faults[index].operation, operation) {
      if faults[index].skip > 0 {
        faults[index].skip -= 1
        continue
      }
      let fault = faults[index]
      faults[index].times -= 1
      if faults[index].times == 0 { faults.remove(at: index) }
      return fault
    }
    return nil
  }
}
