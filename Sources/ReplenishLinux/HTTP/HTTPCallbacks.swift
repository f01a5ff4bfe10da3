import CCurl

/// What libcurl calls back, as C sees it. Each finds its object in the context that was given with it. To end a transfer,
/// `write` and `header` return another count than was offered.
enum HTTPCallbacks {
  static var socket: curl_socket_callback {
    { _, socket, what, context, _ in
      guard let context else { return -1 }
      Unmanaged<HTTPClient>.fromOpaque(context).takeUnretainedValue().watch(socket, what)
      return 0
    }
  }

  static var timer: curl_multi_timer_callback {
    { _, milliseconds, context in
      guard let context else { return -1 }
      Unmanaged<HTTPClient>.fromOpaque(context).takeUnretainedValue().setTimer(Int(milliseconds))
      return 0
    }
  }

  static var read: replenish_curl_data_function {
    { bytes, size, count, context in
      guard let context else { return 0 }
      let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size &* count)
      return Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue().read(into: buffer)
    }
  }

  static var write: replenish_curl_data_function {
    { bytes, size, count, context in
      guard let context else { return 0 }
      let part = UnsafeRawBufferPointer(start: bytes, count: size &* count)
      return Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue().take(body: part)
        ? part.count : part.count &+ 1
    }
  }

  static var header: replenish_curl_data_function {
    { bytes, size, count, context in
      guard let context else { return 0 }
      let line = UnsafeRawBufferPointer(start: bytes, count: size &* count)
      return Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue().take(header: line)
        ? line.count : line.count &+ 1
    }
  }

  static var seek: curl_seek_callback {
    { context, offset, origin in
      guard let context, origin == 0 else { return 1 }  // 0 is SEEK_SET, 1 is CURL_SEEKFUNC_FAIL
      return Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue().seek(to: Int64(offset)) ? 0 : 1
    }
  }
}
