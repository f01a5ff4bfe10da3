/// Edge events of the GPIO character device, version 2 (`struct gpio_v2_line_event` in `linux/gpio.h`).
enum GPIOEdge {
  /// The length of one event in bytes.
  static var length: Int { 48 }

  /// Whether each event of a read leaves the line active; the kernel has already turned an active-low line.
  static func decode(_ bytes: UnsafeRawBufferPointer) -> [Bool] {
    var edges: [Bool] = []
    var offset = 0
    while bytes.count - offset >= length {
      // A 64-bit time, then the id: 1 for the edge to active, 2 for the edge back.
      let id = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self)
      if id == 1 || id == 2 { edges.append(id == 1) }
      offset += length
    }
    return edges
  }
}
