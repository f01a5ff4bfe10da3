import CCurl
import ReplenishCore

/// Why an ``HTTPClient`` cannot be made: libcurl refused, for want of memory or because it was built without TLS.
public struct HTTPClientError: Error, Equatable {
  /// One sentence for a person.
  public let text: String
}

/// HTTPS by libcurl's multi-socket interface, in the loop: no thread of ours, and nothing wakes while nothing is under way.
///
/// https only, TLS 1.2 or later, no redirects. Connections are kept for the next request, and TLS sessions for the next
/// connection. Each request is sent once: what libcurl would send again by itself, because a kept connection ended without
/// an answer, is reported as broken, and the device decides.
public final class HTTPClient {
  private let loop: EventLoop
  private let configuration: HTTPClientConfiguration
  private let multi: UnsafeMutableRawPointer
  private let share: UnsafeMutableRawPointer
  private let sockets = HTTPSockets()
  private var transfers: [HTTPTransfer] = []
  private var refused: [(HTTPOutcome) -> Void] = []
  private var timer: LoopTimer?
  private var refusals: LoopTimer?

  /// Makes a client with nothing under way.
  public init(loop: EventLoop, configuration: HTTPClientConfiguration) throws(HTTPClientError) {
    // Counted by libcurl, and never undone: the process may have other users of it.
    guard replenish_curl_global_init() == CURLE_OK, let multi = curl_multi_init(), let share = curl_share_init() else {
      throw HTTPClientError(text: "libcurl could not start; is memory left?")
    }
    self.loop = loop
    self.configuration = configuration
    self.multi = multi
    self.share = share
    _ = replenish_curl_share(share, CURL_LOCK_DATA_SSL_SESSION)
    let context = Unmanaged.passUnretained(self).toOpaque()
    _ = replenish_curl_multi_set_socket_function(multi, HTTPCallbacks.socket, context)
    _ = replenish_curl_multi_set_timer_function(multi, HTTPCallbacks.timer, context)
    // Two services, Login with Amazon and DRS, one kept connection each.
    _ = replenish_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 2)
    timer = loop.timer { [unowned(unsafe) self] in act(CURL_SOCKET_TIMEOUT, 0) }
    refusals = loop.timer { [unowned(unsafe) self] in completeRefused() }
  }

  /// Ends what is under way, without completions, and closes the connections. The client is not used after it.
  /// Not to be called from within a completion.
  public func close() {
    for transfer in transfers { release(transfer) }
    transfers = []
    refused = []
    timer?.cancel()
    refusals?.cancel()
    curl_multi_cleanup(multi)
    curl_share_cleanup(share)
  }

  /// Makes a request. The completion is called once, and never before this returns.
  public func start(_ request: HTTPRequest, _ completion: @escaping (HTTPOutcome) -> Void) {
    if transfers.isEmpty { sockets.drainClosed() }
    guard let easy = curl_easy_init() else { return refuse(completion) }
    let transfer = HTTPTransfer(easy: easy, body: request.body, configuration: configuration, completion: completion)
    guard prepare(transfer, request), curl_multi_add_handle(multi, easy) == CURLM_OK else {
      curl_easy_cleanup(easy)
      return refuse(completion)
    }
    transfers.append(transfer)
  }

  /// How many requests are under way.
  public var count: Int { transfers.count }

  // MARK: What libcurl asks for

  func watch(_ socket: Int32, _ what: Int32) {
    if what == CURL_POLL_REMOVE { return loop.remove(socket) }
    var wanted: Readiness = []
    if what & CURL_POLL_IN != 0 { wanted.insert(.readable) }
    if what & CURL_POLL_OUT != 0 { wanted.insert(.writable) }
    do throws(Errno) {
      // Adds or replaces: libcurl may close a socket and get the same number for the next one.
      try loop.add(socket, for: wanted) { [unowned(unsafe) self] readiness in ready(socket, readiness) }
    } catch {
      // Not watched, the transfer ends at its time limit.
    }
  }

  func setTimer(_ milliseconds: Int) {
    if milliseconds < 0 { timer?.cancel() } else { timer?.fire(in: UInt64(milliseconds)) }
  }

  private func ready(_ socket: Int32, _ readiness: Readiness) {
    var mask: Int32 = 0
    if !readiness.isDisjoint(with: .readable) { mask |= CURL_CSELECT_IN }
    if !readiness.isDisjoint(with: .writable) { mask |= CURL_CSELECT_OUT }
    if !readiness.isDisjoint(with: .hungUp) { mask |= CURL_CSELECT_ERR }
    act(socket, mask)
  }

  private func act(_ socket: Int32, _ mask: Int32) {
    var running: Int32 = 0
    _ = curl_multi_socket_action(multi, socket, mask, &running)
    complete()
  }

  // MARK: Ends

  private func complete() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
      // The message is gone once its handle is removed.
      let code = replenish_curl_message_result(message)
      guard let index = transfers.firstIndex(where: { $0.easy == easy }) else { continue }
      let transfer = transfers.remove(at: index)
      let outcome = outcome(of: transfer, code)
      release(transfer)
      transfer.completion(outcome)
    }
  }

  private func outcome(of transfer: HTTPTransfer, _ code: CURLcode) -> HTTPOutcome {
    var status = 0
    if code == CURLE_OK, replenish_curl_get_long(transfer.easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK {
      return .answered(transfer.finish(status: status))
    }
    if transfer.isSecondSending { return .failed(TransportFailure(.broken, mayHaveBeenSent: true)) }
    var bytes = 0
    let isKnown = replenish_curl_get_long(transfer.easy, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK
    return .failed(TransportFailure(code, requestBytes: isKnown ? bytes : 1, isTooLarge: transfer.isTooLarge))
  }

  private func release(_ transfer: HTTPTransfer) {
    curl_multi_remove_handle(multi, transfer.easy)
    curl_easy_cleanup(transfer.easy)
    transfer.wipeFields()
  }

  /// Completes in a turn of its own a request that could not be begun.
  private func refuse(_ completion: @escaping (HTTPOutcome) -> Void) {
    refused.append(completion)
    refusals?.fire(in: 0)
  }

  private func completeRefused() {
    let completions = refused
    refused = []
    for completion in completions { completion(.failed(TransportFailure(.local, mayHaveBeenSent: false))) }
  }

  // MARK: Options

  private func prepare(_ transfer: HTTPTransfer, _ request: HTTPRequest) -> Bool {
    guard addFields(transfer, request) else { return false }
    var options = CurlOptions(easy: transfer.easy)
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    options.set(CURLOPT_URL, request.url)
    options.set(CURLOPT_PROTOCOLS_STR, "https")
    options.set(CURLOPT_REDIR_PROTOCOLS_STR, "https")
    options.set(CURLOPT_FOLLOWLOCATION, 0)
    options.set(CURLOPT_SSLVERSION, 6)  // CURL_SSLVERSION_TLSv1_2: that or later
    options.set(CURLOPT_SSL_VERIFYPEER, 1)
    options.set(CURLOPT_SSL_VERIFYHOST, 2)
    // One request at a time gains nothing from HTTP/2, which costs memory.
    options.set(CURLOPT_HTTP_VERSION, 2)  // CURL_HTTP_VERSION_1_1
    options.set(CURLOPT_NOSIGNAL, 1)
    options.set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectLimit)
    options.set(CURLOPT_TIMEOUT_MS, configuration.totalLimit)
    options.set(CURLOPT_MAXFILESIZE, configuration.maximumBody)
    options.set(CURLOPT_USERAGENT, configuration.userAgent)
    if configuration.keepsAlive {
      options.set(CURLOPT_TCP_KEEPALIVE, 1)
      // Seconds; after nine looks without an answer the kernel gives up.
      options.set(CURLOPT_TCP_KEEPIDLE, 60)
      options.set(CURLOPT_TCP_KEEPINTVL, 10)
    }
    if let file = configuration.certificateFile {
      options.set(CURLOPT_CAINFO, file)
      // Else libcurl would trust the system's folder as well.
      if configuration.certificateFolder == nil { options.set(CURLOPT_CAPATH, String?.none) }
    }
    if let folder = configuration.certificateFolder { options.set(CURLOPT_CAPATH, folder) }
    if let certificate = configuration.clientCertificate {
      options.set(CURLOPT_SSLCERT, certificate.certificateFile)
      options.set(CURLOPT_SSLKEY, certificate.privateKeyFile)
    }
    switch request.method {
    case .get: options.set(CURLOPT_HTTPGET, 1)
    case .delete: options.set(CURLOPT_CUSTOMREQUEST, "DELETE")
    case .post, .put:
      options.set(CURLOPT_POST, 1)
      if case .put = request.method { options.set(CURLOPT_CUSTOMREQUEST, "PUT") }
      // An absent body is sent as an empty one, with its Content-Length; -1 would make it chunked.
      options.setSize(CURLOPT_POSTFIELDSIZE_LARGE, Int64(request.body?.count ?? 0))
    }
    options.set(CURLOPT_HTTPHEADER, transfer.fieldList)
    options.set(CURLOPT_READFUNCTION, HTTPCallbacks.read, CURLOPT_READDATA, context)
    options.set(CURLOPT_WRITEFUNCTION, HTTPCallbacks.write, CURLOPT_WRITEDATA, context)
    options.set(CURLOPT_HEADERFUNCTION, HTTPCallbacks.header, CURLOPT_HEADERDATA, context)
    options.setPrerequest(HTTPCallbacks.prerequest, context)
    let opener = Unmanaged.passUnretained(sockets).toOpaque()
    options.setSockets(HTTPCallbacks.openSocket, HTTPCallbacks.closeSocket, opener)
    options.setShare(share)
    return options.areSet
  }

  private func addFields(_ transfer: HTTPTransfer, _ request: HTTPRequest) -> Bool {
    // Without a value, libcurl leaves out the fields that it would add by itself.
    var fields = ["Expect:", request.contentType.map { "Content-Type: " + $0 } ?? "Content-Type:"]
    for header in request.headers {
      fields.append(header.value.utf8.isEmpty ? header.name + ";" : header.name + ": " + header.value)
    }
    for field in fields {
      // A line break would end the field and begin another of a stranger's making.
      guard !field.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }), transfer.add(field) else { return false }
    }
    guard let bearer = request.bearer else { return true }
    guard !bearer.withBytes({ $0.contains { $0 <= 0x20 || $0 >= 0x7F } }) else { return false }
    return transfer.add(bearer: bearer)
  }
}
