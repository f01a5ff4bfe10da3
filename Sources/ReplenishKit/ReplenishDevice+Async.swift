#if !hasFeature(Embedded)
  import ReplenishCore

  extension ReplenishDevice {
    /// The events as an asynchronous sequence, from now on; ``nextEvent()`` then has none.
    ///
    /// The device still does its work in ``dispatch(timeout:)``: poll ``pollDescriptor`` with a `DispatchSource`, a NIO
    /// channel or whatever your program waits with. The sequence ends when the device is closed. It buffers the newest
    /// ``mostEvents`` events. Calling this again ends the earlier sequence.
    public func events() -> AsyncStream<Event> {
      let (stream, continuation) = AsyncStream.makeStream(
        of: Event.self, bufferingPolicy: .bufferingNewest(ReplenishDevice.mostEvents))
      divert { event in
        if let event { continuation.yield(event) } else { continuation.finish() }
      }
      return stream
    }
  }
#endif
