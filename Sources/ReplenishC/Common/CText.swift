import ReplenishCore

/// A string for C: UTF-8 with a zero byte at its end, in memory of its own that lives as long as this object.
public final class CText {
  /// Where it is.
  public let pointer: UnsafePointer<CChar>

  /// Copies a text. A zero byte within it, which C would take for its end, becomes a question mark.
  public convenience init(_ text: String) { self.init(text.bytes) }

  /// Copies a text's UTF-8, likewise.
  init(_ bytes: [UInt8]) {
    let memory = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
    for (index, byte) in bytes.enumerated() { memory[index] = byte == 0 ? 0x3F : CChar(bitPattern: byte) }
    memory[bytes.count] = 0
    pointer = UnsafePointer(memory)
  }

  deinit { UnsafeMutablePointer(mutating: pointer).deallocate() }

  /// A text that is part of the program, and so has no owner.
  public static func fixed(_ text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
  }

  /// Reads a caller's text; nil for a null pointer or for bytes that are no UTF-8.
  public static func read(_ pointer: UnsafePointer<CChar>?) -> String? {
    // Decoding with repairs would make another path or slot of what is no UTF-8.
    pointer.flatMap { String(validatingCString: $0) }
  }
}

/// Several texts that live together, such as those of one structure.
public final class CTexts {
  private var kept: [CText] = []

  /// Makes a place for texts.
  public init() {}

  /// Keeps a text; nil stays nil.
  public func keep(_ text: String?) -> UnsafePointer<CChar>? {
    guard let text else { return nil }
    let copy = CText(text)
    kept.append(copy)
    return copy.pointer
  }
}
