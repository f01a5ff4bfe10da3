import CLinux
import ReplenishCore

/// The calls of storage as they must be made: again after EINTR, a short write continued.
struct StorageCalls {
  let fileSystem: any FileSystem

  /// Repeats a call that a signal interrupted. Not for `fsync`, whose every failure counts, nor for `close`.
  func uninterrupted<Result>(_ call: () throws(Errno) -> Result) throws(Errno) -> Result {
    while true {
      do throws(Errno) {
        return try call()
      } catch {
        if error.code != EINTR { throw error }
      }
    }
  }

  /// Makes a file, in place of what a loss of power left of an earlier try.
  func createAnew(_ name: String, in folder: Int32) throws(Errno) -> Int32 {
    do throws(Errno) {
      return try uninterrupted { () throws(Errno) in try fileSystem.create(name, in: folder) }
    } catch {
      guard error.code == EEXIST else { throw error }
      try uninterrupted { () throws(Errno) in try fileSystem.remove(name, in: folder) }
      return try uninterrupted { () throws(Errno) in try fileSystem.create(name, in: folder) }
    }
  }

  /// Writes every byte.
  func writeAll(_ file: Int32, _ bytes: Secret) throws(Errno) {
    try bytes.withBytes { (all) throws(Errno) in
      var rest = all
      while !rest.isEmpty {
        let count = try uninterrupted { () throws(Errno) in try fileSystem.write(file, rest) }
        guard count > 0 else { throw Errno(EIO) }
        rest = UnsafeRawBufferPointer(rebasing: rest[min(count, rest.count)...])
      }
    }
  }

  /// Reads a whole file of at most `limit` bytes; nil if it is longer.
  func readAll(_ file: Int32, limit: Int) throws(Errno) -> Secret? {
    // One byte more than is allowed, to notice a file that is longer.
    var used = 0
    var fault: Errno?
    let memory = Secret(count: limit + 1) { memory in
      do throws(Errno) {
        while used < memory.count {
          let rest = UnsafeMutableRawBufferPointer(rebasing: memory[used...])
          let count = try uninterrupted { () throws(Errno) in try fileSystem.read(file, into: rest) }
          if count == 0 { break }
          used += count
        }
      } catch { fault = error }
    }
    if let fault { throw fault }
    guard used <= limit else { return nil }
    return memory.withBytes { all in
      Secret(count: used) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[..<used])) }
    }
  }

  /// Closes a descriptor. An error is no news: what had to be durable was synced before, and the descriptor is gone.
  func close(_ descriptor: Int32) {
    do throws(Errno) { try fileSystem.close(descriptor) } catch {}
  }
}
