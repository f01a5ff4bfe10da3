import CLinux

/// Why records cannot be kept in a folder. Says what was wrong, where, and the command or act that mends it.
public struct StorageError: Error, Equatable {
  /// One sentence for a person.
  public let text: String

  /// Whether it says nothing of the file: the program had no descriptor, no memory or no leave just then.
  let isPassing: Bool

  init(_ text: String) {
    self.text = text
    isPassing = false
  }

  /// A system call that failed on `path`.
  init(_ act: String, _ path: String, _ error: Errno) {
    isPassing = [EMFILE, ENFILE, ENOMEM, EACCES, EPERM, EAGAIN, EINTR].contains(error.code)
    text = "\(path): could not \(act) (\(error.text)); \(StorageError.remedy(error))"
  }

  private static func remedy(_ error: Errno) -> String {
    switch error.code {
    case ENOSPC, EDQUOT: "free some space on this file system"
    case EROFS: "mount the file system writable"
    case EACCES, EPERM: "start the program as the user that owns the folder"
    case EIO: "the storage medium failed; check the kernel's log and replace it"
    case ELOOP, ENOTDIR: "put a real folder or file there, not a symbolic link"
    case ENOENT: "create its parent folder first"
    case EMFILE, ENFILE: "raise the limit on open files (LimitNOFILE)"
    default: "look up this error and try again"
    }
  }

  /// A path as a shell takes it.
  static func quoted(_ path: String) -> String {
    for byte in path.utf8 {
      switch byte {
      case 0x2B...0x3A, 0x40...0x5A, 0x5F, 0x61...0x7A: continue  // + , - . / digits : @ letters _
      default: return "'" + escaped(path) + "'"
      }
    }
    return path
  }

  private static func escaped(_ path: String) -> String {
    var bytes: [UInt8] = []
    for byte in path.utf8 {
      if byte == 0x27 { bytes += [0x27, 0x5C, 0x27] }  // ' becomes '\''
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
