import COpenSSL
import CReplenish
import ReplenishCCommon
import ReplenishCore

/// A request of the core as the firmware's callback gets it.
enum CRequest {
  /// Gives a request to the firmware: 0, or a negative errno. What it was shown is erased when it returns.
  static func send(
    _ request: HTTPRequest, _ id: RequestID, _ firmware: Firmware
  ) -> Int32 {
    guard let begin = firmware.calls.request else { return -EIO }
    let url = CText(request.url)
    let lines = HeaderLines(request)
    var shown = replenish_core_request()
    shown.method = CText.fixed(name(request.method))
    shown.url = url.pointer
    shown.id = id.number
    return lines.withPointers { headers in
      shown.headers = headers.baseAddress
      shown.header_count = headers.count
      return withExtendedLifetime(url) {
        guard let body = request.body else { return begin(firmware.userdata, &shown) }
        return body.withBytes { bytes in
          shown.body = bytes.baseAddress
          shown.body_size = bytes.count
          return begin(firmware.userdata, &shown)
        }
      }
    }
  }

  private static func name(_ method: HTTPRequest.Method) -> StaticString {
    switch method {
    case .get: "GET"
    case .post: "POST"
    case .put: "PUT"
    case .delete: "DELETE"
    }
  }

  /// The header lines, one of which holds the access token: each is a secret that ends with a zero byte.
  private struct HeaderLines {
    private var lines: [Secret] = []

    init(_ request: HTTPRequest) {
      for header in request.headers {
        var line = SecretBuilder()
        line.append(header.name)
        line.append(": ")
        line.append(header.value)
        line.append(0)
        lines.append(line.finish())
      }
      if let type = request.contentType {
        var line = SecretBuilder()
        line.append("Content-Type: ")
        line.append(type)
        line.append(0)
        lines.append(line.finish())
      }
      if let bearer = request.bearer {
        var line = SecretBuilder(capacity: bearer.count + 32)
        line.append("Authorization: Bearer ")
        line.append(bearer)
        line.append(0)
        lines.append(line.finish())
      }
    }

    func withPointers(_ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> Int32) -> Int32 {
      // The secrets live in memory of their own, which does not move while they do.
      let pointers = lines.map { line in
        line.withBytes { bytes in bytes.baseAddress?.assumingMemoryBound(to: CChar.self) }
      }
      return withExtendedLifetime(self) { pointers.withUnsafeBufferPointer(body) }
    }
  }
}
