import Foundation
import Glibc

extension PrivateFile {
  /// Puts it in the place of what is there, or makes it: whoever reads finds the old text or the new one, whole.
  ///
  /// The new file has mode 0600, the owner of the one before, and is on the disk under its name before this returns.
  public static func replace(_ path: String, _ text: String, what: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let temporary = "\(path).\(UInt32.random(in: 0...UInt32.max)).new"
    var before = stat()
    let isThere = stat(path, &before) == 0
    try create(temporary, text, what: what)
    guard !isThere || chown(temporary, before.st_uid, before.st_gid) == 0, rename(temporary, path) == 0 else {
      let failure = Failure(description: "\(path): cannot write the \(what): \(reason()); may you write in \(folder)?")
      unlink(temporary)
      throw failure
    }
    try flush(folder, what: what)
  }

  /// Removes it, if it is there; gone from the disk before this returns.
  public static func remove(_ path: String, what: String) throws {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw Failure(description: "\(path): cannot remove the \(what): \(reason()).")
    }
    try flush(URL(fileURLWithPath: path).deletingLastPathComponent().path, what: what)
  }

  /// Makes a folder that only its owner may use, or checks that it is one.
  public static func folder(_ path: String, what: String) throws {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw Failure(description: "\(path): cannot make the \(what): \(reason()); name another folder.")
    }
    var found = stat()
    guard stat(path, &found) == 0, found.st_mode & S_IFMT == S_IFDIR else {
      throw Failure(description: "\(path): the \(what) is no folder; name another one.")
    }
    guard found.st_uid == geteuid() else {
      throw Failure(description: "\(path): the \(what) is another user's; name a folder of your own.")
    }
    guard found.st_mode & 0o077 == 0 else {
      throw Failure(description: "\(path): others may use the \(what); mend it with: chmod 700 \(path)")
    }
  }

  private static func flush(_ folder: String, what: String) throws {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(description: "\(folder): cannot open the folder of the \(what): \(reason()).")
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw Failure(description: "\(folder): cannot write the folder of the \(what): \(reason()).")
    }
  }
}
