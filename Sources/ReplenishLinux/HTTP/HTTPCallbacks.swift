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

  /// Called before each sending of the request: the second time says no.
  static var prerequest: curl_prereq_callback {
    { context, _, _, _, _ in
      guard let context else { return 1 }  // CURL_PREREQFUNC_ABORT
      return Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue().maySend() ? 0 : 1
    }
  }

  static var openSocket: curl_opensocket_callback {
    { context, _, address in
      guard let context, let address else { return -1 }  // CURL_SOCKET_BAD
      return Unmanaged<HTTPSockets>.fromOpaque(context).takeUnretainedValue().open(address.pointee)
    }
  }

  static var closeSocket: curl_closesocket_callback {
    { context, socket in
      guard let context else { return -1 }
      return Unmanaged<HTTPSockets>.fromOpaque(context).takeUnretainedValue().close(socket)
    }
  }
}
