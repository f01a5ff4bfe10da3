/// The pointers that C holds for objects of ours.
public enum Handle {
  /// A pointer that owns one reference.
  public static func make<Object: AnyObject>(_ object: Object) -> OpaquePointer {
    OpaquePointer(Unmanaged.passRetained(object).toOpaque())
  }

  /// The object; the pointer keeps its reference.
  public static func object<Object: AnyObject>(_ handle: OpaquePointer, _: Object.Type) -> Object {
    Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
  }

  /// Takes one more reference.
  public static func retain<Object: AnyObject>(_ handle: OpaquePointer, _: Object.Type) {
    _ = Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).retain()
  }

  /// Gives a reference back.
  public static func release<Object: AnyObject>(_ handle: OpaquePointer, _: Object.Type) {
    Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).release()
  }
}

/// Structures whose size the caller was compiled with.
///
/// A structure only ever grows at its end, so two versions of it agree on as many bytes as the shorter one has.
public enum Sized {
  /// Copies a structure to the caller's; what a newer caller has beyond it becomes zero. False for a size that no version
  /// had.
  public static func write<Value>(_ value: Value, to place: UnsafeMutablePointer<Value>, _ size: Int) -> Bool {
    guard size >= MemoryLayout<Value>.size else { return false }
    place.pointee = value
    let known = MemoryLayout<Value>.size
    if size > known {
      UnsafeMutableRawPointer(place).advanced(by: known).initializeMemory(
        as: UInt8.self, repeating: 0, count: size - known)
    }
    return true
  }

  /// How much of a caller's structure was understood.
  public enum Reading {
    /// All of it.
    case whole
    /// It is smaller than its first version.
    case tooSmall
    /// It has members that this library does not know, and they say something.
    case unknownMembers
  }

  /// Checks the size of a caller's structure, and that what lies beyond the known members says nothing.
  public static func check<Value>(_ place: UnsafePointer<Value>, _ size: Int) -> Reading {
    let known = MemoryLayout<Value>.size
    guard size >= known else { return .tooSmall }
    let bytes = UnsafeRawBufferPointer(start: place, count: size)
    for index in known..<size where bytes[index] != 0 { return .unknownMembers }
    return .whole
  }
}
