/// What single values look like. Each function takes the bytes after the `=` and says nil where they are not one.
enum ConfigurationValue {
  static func yesNo(_ bytes: [UInt8]) -> Bool? {
    if "yes".isExactly(bytes) { return true }
    if "no".isExactly(bytes) { return false }
    return nil
  }

  /// A number in decimal digits, without sign or leading zero.
  static func number(_ bytes: ArraySlice<UInt8>, in range: ClosedRange<Int>) -> Int? {
    guard (1...6).contains(bytes.count), bytes.count == 1 || bytes.first != UInt8(ascii: "0") else { return nil }
    var number = 0
    for byte in bytes {
      guard ASCII.isDigit(byte) else { return nil }
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return range.contains(number) ? number : nil
  }

  /// `hci` and a number.
  static func adapter(_ bytes: [UInt8]) -> UInt16? {
    guard bytes.starts(with: "hci".utf8), let index = number(bytes.dropFirst(3), in: 0...255) else { return nil }
    return UInt16(truncatingIfNeeded: index)
  }

  /// Four hexadecimal digits.
  static func companyID(_ bytes: [UInt8]) -> UInt16? {
    guard bytes.count == 4, let pair = Hex.decode(Secret(copying: bytes))?.disclosed, pair.count == 2 else {
      return nil
    }
    return UInt16(pair[0]) << 8 | UInt16(pair[1])
  }

  /// A word of a closed list.
  static func word<Word: RawRepresentable & CaseIterable>(_ bytes: [UInt8]) -> Word? where Word.RawValue == String {
    Word.spelled(bytes)
  }

  /// Text of 1 to `limit` bytes, all of them accepted by `permits`.
  static func text(_ bytes: [UInt8], limit: Int, _ permits: (UInt8) -> Bool) -> String? {
    guard (1...limit).contains(bytes.count), bytes.allSatisfy(permits) else { return nil }
    return string(bytes[...])
  }

  /// An absolute path without `.`, `..` or empty parts.
  static func path(_ bytes: ArraySlice<UInt8>, limit: Int = 255) -> String? {
    guard (2...limit).contains(bytes.count), bytes.first == UInt8(ascii: "/"), bytes.allSatisfy(isVisibleOrSpace)
    else { return nil }
    for part in bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      if part.isEmpty || part.elementsEqual(".".utf8) || part.elementsEqual("..".utf8) { return nil }
    }
    return string(bytes)
  }

  /// `https://HOST` or `https://HOST:PORT`: no user, path or query.
  static func httpsHost(_ bytes: [UInt8]) -> String? {
    let scheme = "https://".utf8
    guard bytes.count <= 280, bytes.starts(with: scheme) else { return nil }
    var host = bytes[scheme.count...]
    if host.first == UInt8(ascii: "[") {
      guard let end = host.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      let address = host[(host.startIndex + 1)..<end]
      guard (2...45).contains(address.count), address.allSatisfy({ isHexDigit($0) || $0 == 0x3A || $0 == 0x2E })
      else { return nil }
      host = host[(end + 1)...]
      guard host.isEmpty || isPort(host) else { return nil }
      return string(bytes[...])
    }
    if let colon = host.firstIndex(of: UInt8(ascii: ":")) {
      guard isPort(host[colon...]) else { return nil }
      host = host[..<colon]
    }
    guard (1...253).contains(host.count) else { return nil }
    for label in host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-"),
        label.allSatisfy({ ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "-") })
      else { return nil }
    }
    return string(bytes[...])
  }

  /// OAuth scopes with single spaces between (RFC 6749 section 3.3).
  static func scope(_ bytes: [UInt8]) -> String? {
    guard (1...200).contains(bytes.count) else { return nil }
    for token in bytes.split(separator: 0x20, omittingEmptySubsequences: false) {
      guard !token.isEmpty,
        token.allSatisfy({ ASCII.isVisible($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
      else { return nil }
    }
    return string(bytes[...])
  }

  /// The sources of a serial number.
  static func serialSources(_ bytes: [UInt8]) -> [DaemonConfiguration.SerialSource]? {
    var sources: [DaemonConfiguration.SerialSource] = []
    let words = words(bytes)
    guard words.count <= 8 else { return nil }
    for (index, word) in words.enumerated() {
      guard !words[..<index].contains(where: { $0.elementsEqual(word) }) else { return nil }
      let source: DaemonConfiguration.SerialSource
      if word.elementsEqual("device-tree".utf8) {
        source = .deviceTree
      } else if word.elementsEqual("dmi".utf8) {
        source = .dmi
      } else if word.starts(with: "file:".utf8), let path = path(word.dropFirst(5)) {
        source = .file(path)
      } else {
        return nil
      }
      sources.append(source)
    }
    return sources.isEmpty ? nil : sources
  }

  /// `gpio CHIP LINE`, `evdev DEVICE KEY` or `none`; the outer nil means that it is none of them.
  static func button(_ bytes: [UInt8], activeLow: Bool) -> DaemonConfiguration.Button?? {
    let words = words(bytes)
    if words.count == 1, words[0].elementsEqual("none".utf8) { return .some(nil) }
    if let line = gpioLine(words) { return .some(.gpio(line, activeLow: activeLow)) }
    guard words.count == 3, words[0].elementsEqual("evdev".utf8), let device = path(words[1]),
      words[1].starts(with: "/dev/input/".utf8), let key = number(words[2], in: 1...767)
    else { return nil }
    return .some(.evdev(device: device, key: key))
  }

  /// `gpio CHIP LINE`, `led NAME` or `none`; the outer nil means that it is none of them.
  static func light(_ bytes: [UInt8]) -> DaemonConfiguration.Light?? {
    let words = words(bytes)
    if words.count == 1, words[0].elementsEqual("none".utf8) { return .some(nil) }
    if let line = gpioLine(words) { return .some(.gpio(line)) }
    guard words.count == 2, words[0].elementsEqual("led".utf8) else { return nil }
    let folder = "/sys/class/leds/"
    let name = words[1].starts(with: folder.utf8) ? words[1].dropFirst(folder.utf8.count) : words[1]
    guard (1...64).contains(name.count), !name.contains(UInt8(ascii: "/")), name.first != UInt8(ascii: ".") else {
      return nil
    }
    return .some(.led(string(name)))
  }

  private static func gpioLine(_ words: [ArraySlice<UInt8>]) -> DaemonConfiguration.GPIOLine? {
    guard words.count == 3, words[0].elementsEqual("gpio".utf8), let line = number(words[2], in: 0...1023) else {
      return nil
    }
    if words[1].starts(with: "/dev/".utf8) {
      return path(words[1]).map { DaemonConfiguration.GPIOLine(chip: $0, line: line) }
    }
    let digits = words[1].dropFirst(8)
    guard words[1].starts(with: "gpiochip".utf8), number(digits, in: 0...9999) != nil else { return nil }
    return DaemonConfiguration.GPIOLine(chip: "/dev/" + string(words[1]), line: line)
  }

  static func isSlotName(_ bytes: [UInt8]) -> Bool {
    (1...32).contains(bytes.count)
      && bytes.allSatisfy { ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
  }

  static func groupName(_ bytes: [UInt8]) -> String? {
    guard let first = bytes.first, !ASCII.isDigit(first), first != UInt8(ascii: "-") else { return nil }
    return text(bytes, limit: 32) {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || ASCII.isDigit($0) || $0 == UInt8(ascii: "_")
        || $0 == UInt8(ascii: "-")
    }
  }

  private static func isVisibleOrSpace(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    ASCII.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }

  /// Whether the bytes are a colon and a port.
  private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.first == UInt8(ascii: ":") && number(bytes.dropFirst(), in: 1...65535) != nil
  }

  private static func words(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    bytes.split { $0 == 0x20 || $0 == 0x09 }
  }

  static func string(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
