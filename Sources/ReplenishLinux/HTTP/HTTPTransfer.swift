import CCurl
import CLinux
import COpenSSL
import ReplenishCore

/// One request under way: what libcurl's callbacks read from and write to.
final class HTTPTransfer {
  let easy: UnsafeMutableRawPointer
  let completion: (HTTPOutcome) -> Void
  private let body: Secret?
  private var sent = 0
  private var fields: UnsafeMutablePointer<curl_slist>?
  private var answer: SecretBuilder?
  private var answerBytes = 0
  private var headerBytes = 0
  private let maximumHeader: Int
  private let maximumBody: Int

  private var wasSent = false
  /// Whether libcurl wanted to send the request a second time.
  private(set) var isSecondSending = false
  /// Whether the answer was cut off for its size.
  private(set) var isTooLarge = false
  private(set) var headers = HTTPAnswerHeaders()

  init(
    easy: UnsafeMutableRawPointer, body: Secret?, configuration: HTTPClientConfiguration,
    completion: @escaping (HTTPOutcome) -> Void
  ) {
    self.easy = easy
    self.body = body
    self.completion = completion
    maximumHeader = configuration.maximumHeader
    maximumBody = configuration.maximumBody
    answer = SecretBuilder(capacity: 1024)
  }

  deinit { wipeFields() }

  // MARK: Header fields of the request

  /// Adds a field; false if there is no memory.
  func add(_ field: String) -> Bool {
    guard let longer = field.withCString({ curl_slist_append(fields, $0) }) else { return false }
    fields = longer
    return true
  }

  /// Adds `Authorization: Bearer` and the token. The copy that libcurl's list holds is erased in ``wipeFields()``; what
  /// libcurl copies into its send buffer is beyond reach.
  func add(bearer: Secret) -> Bool {
    var text = SecretBuilder(capacity: bearer.count + 32)
    text.append("Authorization: Bearer ")
    text.append(bearer)
    text.append(0)
    return text.finish().withBytes { bytes in
      guard let longer = curl_slist_append(fields, bytes.baseAddress?.assumingMemoryBound(to: CChar.self)) else {
        return false
      }
      fields = longer
      return true
    }
  }

  var fieldList: UnsafeMutablePointer<curl_slist>? { fields }

  /// Erases and frees the fields, which libcurl must not use any more.
  func wipeFields() {
    var next = fields
    while let field = next {
      if let text = field.pointee.data { OPENSSL_cleanse(text, strlen(text)) }
      next = field.pointee.next
    }
    curl_slist_free_all(fields)
    fields = nil
  }

  // MARK: Body of the request

  /// Copies the next part of the body into libcurl's buffer.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard let body else { return 0 }
    let count = min(buffer.count, body.count - sent)
    body.withBytes { bytes in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[sent..<(sent + count)]))
    }
    sent += count
    return count
  }

  /// Whether libcurl may send the request: once. When a kept connection ends without an answer, libcurl would send it
  /// again by itself on a new one, and nobody would know that the service may have acted twice. What is sent again is
  /// for the device to decide.
  func maySend() -> Bool {
    if wasSent { isSecondSending = true }
    wasSent = true
    return !isSecondSending
  }

  // MARK: Answer

  /// Takes a header line; false if there are too many.
  func take(header: UnsafeRawBufferPointer) -> Bool {
    headerBytes += header.count
    guard headerBytes <= maximumHeader else {
      isTooLarge = true
      return false
    }
    headers.take(header)
    return true
  }

  /// Takes a part of the body; false if it is too large.
  func take(body part: UnsafeRawBufferPointer) -> Bool {
    guard part.count <= maximumBody - answerBytes else {
      isTooLarge = true
      return false
    }
    answerBytes += part.count
    answer?.append(part)
    return true
  }

  /// The answer, once; the body leaves this object.
  func finish(status: Int) -> HTTPAnswer {
    let body = answer.take()?.finish() ?? Secret(copying: [])
    return HTTPAnswer(
      status: status, contentType: headers.contentType, errorType: headers.errorType, requestID: headers.requestID,
      retryAfter: headers.retryAfter, body: body)
  }
}
