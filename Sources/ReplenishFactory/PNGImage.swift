import ReplenishCore

/// A PNG file (ISO/IEC 15948) of black and white pixels.
///
/// Its image data is deflate's *stored* form (RFC 1951, 3.2.4): a label has a few kilobytes, so that saving some would
/// not be worth another library.
public enum PNGImage {
  /// Draws an image. `isBlack` is asked for each pixel, column first.
  public static func draw(width: Int, height: Int, isBlack: (_ x: Int, _ y: Int) -> Bool) -> Secret {
    var header = bigEndian(UInt32(width)) + bigEndian(UInt32(height))
    header += [1, 0, 0, 0, 0]  // one bit a pixel, grey, deflate, the standard filters, not interlaced
    var pixels = SecretBuilder(capacity: height * (width / 8 + 2))
    for y in 0..<height {
      pixels.append(0)  // this line is not filtered
      for start in stride(from: 0, to: width, by: 8) {
        var byte: UInt8 = 0
        for x in start..<start + 8 {
          byte = byte << 1 | (x < width && isBlack(x, y) ? 0 : 1)
        }
        pixels.append(byte)
      }
    }
    var file = SecretBuilder(capacity: pixels.count + 256)
    file.append([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    file.append(chunk("IHDR", Secret(copying: header)))
    file.append(chunk("IDAT", stored(pixels.finish())))
    file.append(chunk("IEND", Secret(copying: [])))
    return file.finish()
  }

  /// A zlib stream (RFC 1950) that holds the bytes as they are.
  private static func stored(_ contents: Secret) -> Secret {
    var stream = SecretBuilder(capacity: contents.count + 64)
    stream.append([0x78, 0x01])
    contents.withBytes { bytes in
      var rest = bytes[...]
      repeat {
        let block = rest.prefix(0xFFFF)
        rest = rest.dropFirst(block.count)
        let length = UInt16(block.count)
        stream.append(rest.isEmpty ? 1 : 0)
        stream.append([UInt8(truncatingIfNeeded: length), UInt8(length >> 8)])
        stream.append([UInt8(truncatingIfNeeded: ~length), UInt8(~length >> 8)])
        stream.append(UnsafeRawBufferPointer(rebasing: block))
      } while !rest.isEmpty
      stream.append(bigEndian(adler32(bytes)))
    }
    return stream.finish()
  }

  private static func chunk(_ type: String, _ contents: Secret) -> Secret {
    var body = SecretBuilder(capacity: contents.count + 4)
    body.append(type)
    body.append(contents)
    let checked = body.finish()
    var chunk = SecretBuilder(capacity: checked.count + 8)
    chunk.append(bigEndian(UInt32(contents.count)))
    chunk.append(checked)
    chunk.append(bigEndian(checked.withBytes { crc32($0) }))
    return chunk.finish()
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var remainder: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      remainder ^= UInt32(byte)
      for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1 }
    }
    return ~remainder
  }

  private static func adler32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var low: UInt32 = 1
    var high: UInt32 = 0
    for byte in bytes {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    return high << 16 | low
  }
}
