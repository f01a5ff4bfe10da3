import CLinux
import ReplenishCore
import ReplenishLinux

/// Records on a real file system: written, synced, renamed, locked, and refused where others could read or replace them.
package struct StorageChecks {
  /// A folder of mode 0700 of our own, in which each check makes another one.
  private let scratch: String

  /// All of them, in a folder that exists and is writable.
  package static func checks(in folder: String) -> [Check] {
    let all: [(String, (StorageChecks, Findings) throws(VectorFault) -> Void)] = [
      (
        "records stay from one start to the next",
        { (checks, findings) throws(VectorFault) in try checks.keeps(findings) }
      ),
      ("folder and files are only ours", { (checks, findings) throws(VectorFault) in try checks.modes(findings) }),
      ("a second writer is turned away", { (checks, findings) throws(VectorFault) in try checks.lock(findings) }),
      ("loose bits are refused", { (checks, findings) throws(VectorFault) in try checks.looseBits(findings) }),
      ("a symbolic link is refused", { (checks, findings) throws(VectorFault) in try checks.symbolicLink(findings) }),
      ("a second name is refused", { (checks, findings) throws(VectorFault) in try checks.secondName(findings) }),
      ("a torn file is set aside", { (checks, findings) throws(VectorFault) in try checks.torn(findings) }),
      (
        "what an interrupted write left is removed",
        { (checks, findings) throws(VectorFault) in try checks.leftOver(findings) }
      ),
      ("hundreds of writes in a row", { (checks, findings) throws(VectorFault) in try checks.many(findings) }),
    ]
    return all.enumerated().map { (number, entry) in
      Check("storage: \(entry.0)") { (findings) throws(VectorFault) in
        let path = "\(folder)/replenish-selftest-\(getpid())-\(number)"
        guard mkdir(path, 0o700) == 0 else { throw VectorFault("\(path): \(Errno.last.text); name another --scratch") }
        defer { StorageChecks.removeFolder(path) }
        try entry.1(StorageChecks(scratch: path), findings)
      }
    }
  }

  private var state: String { scratch + "/state" }

  private func opened() throws(VectorFault) -> RecordStore {
    do throws(StorageError) { return try RecordStore(folder: state, fileSystem: LinuxFileSystem()) } catch {
      throw VectorFault(error.text)
    }
  }

  /// Why the store does not open; empty if it does.
  private func refusal() -> String {
    do throws(StorageError) {
      try RecordStore(folder: state, fileSystem: LinuxFileSystem()).close()
      return ""
    } catch { return error.text }
  }

  private func write(_ store: RecordStore, _ value: String, _ findings: Findings, _ kind: RecordKind = .link) {
    let outcome = store.write(kind, Secret(copying: value))
    if case .failed(let text) = outcome { findings.add(text) }
  }

  /// A store with two copies of a record, closed again.
  private func written(_ findings: Findings) throws(VectorFault) {
    let store = try opened()
    write(store, "1", findings)
    write(store, "2", findings)
    store.close()
  }

  private func found(_ store: RecordStore, _ kind: RecordKind = .link) -> String {
    switch store.find(kind) {
    case .absent: "absent"
    case .whole(let secret): "whole " + secret.shownForTest
    case .previous(let secret): "previous " + secret.shownForTest
    case .unreadable: "unreadable"
    case .inaccessible(let text): "inaccessible: " + text
    case .newer: "newer"
    }
  }

  private func names() -> [String] {
    let files = LinuxFileSystem()
    guard let folder = try? files.openFolder(state, in: nil) else { return [] }
    defer { try? files.close(folder) }
    return ((try? files.names(in: folder)) ?? []).sorted()
  }

  private func mode(_ path: String) -> UInt32 {
    var status = stat()
    guard lstat(path, &status) == 0 else { return 0 }
    return UInt32(status.st_mode) & 0o7777
  }

  private func put(_ name: String, _ text: String, mode: mode_t = 0o600) {
    guard let file = fopen(state + "/" + name, "w") else { return }
    let bytes = Array(text.utf8)
    _ = fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    _ = chmod(state + "/" + name, mode)
  }

  // MARK: The checks

  private func keeps(_ findings: Findings) throws(VectorFault) {
    try written(findings)
    let store = try opened()
    findings.expect(found(store) == "whole 2", found(store))
    write(store, "j", findings, .journal)
    if case .failed(let text) = store.remove(.journal) { findings.add(text) }
    store.close()
    let again = try opened()
    findings.expect(found(again, .journal) == "absent", "a removed record is \(found(again, .journal))")
    again.close()
    findings.expect(names() == ["link.0", "link.1"], "there is " + names().joined(separator: " "))
  }

  private func modes(_ findings: Findings) throws(VectorFault) {
    // Whatever the mask of the process is: a record is never open to others, not for a moment.
    let mask = umask(0)
    defer { _ = umask(mask) }
    try written(findings)
    findings.expect(mode(state) == 0o700, "the folder has mode \(String(mode(state), radix: 8))")
    findings.expect(mode(state + "/link.0") == 0o600, "a file has mode \(String(mode(state + "/link.0"), radix: 8))")
  }

  private func lock(_ findings: Findings) throws(VectorFault) {
    let store = try opened()
    findings.expect(WireText.contains(refusal(), "another process"), "a second one opens: \(refusal())")
    store.close()
    findings.expect(refusal().isEmpty, "the lock stays: \(refusal())")
  }

  private func looseBits(_ findings: Findings) throws(VectorFault) {
    try written(findings)
    _ = chmod(state + "/link.0", 0o644)
    findings.expect(WireText.contains(refusal(), "run: chmod 0600 \(state)/link.0"), "file 0644: \(refusal())")
    _ = chmod(state + "/link.0", 0o600)
    _ = chmod(state, 0o755)
    findings.expect(WireText.contains(refusal(), "run: chmod 0700 \(state)"), "folder 0755: \(refusal())")
  }

  private func symbolicLink(_ findings: Findings) throws(VectorFault) {
    try written(findings)
    _ = unlink(state + "/link.0")
    _ = symlink("/etc/hostname", state + "/link.0")
    findings.expect(WireText.contains(refusal(), "run: rm \(state)/link.0"), "it opens: \(refusal())")
  }

  private func secondName(_ findings: Findings) throws(VectorFault) {
    try written(findings)
    _ = link(state + "/link.0", scratch + "/elsewhere")
    findings.expect(WireText.contains(refusal(), "2 names"), "it opens: \(refusal())")
  }

  private func torn(_ findings: Findings) throws(VectorFault) {
    try written(findings)
    put("link.1", "torn")
    let store = try opened()
    findings.expect(found(store) == "previous 1", found(store))
    findings.expect(names() == ["link.0", "link.1.corrupt"], "there is " + names().joined(separator: " "))
    write(store, "3", findings)
    store.close()
    let again = try opened()
    findings.expect(found(again) == "whole 3", found(again))
    again.close()
  }

  private func leftOver(_ findings: Findings) throws(VectorFault) {
    try written(findings)
    put("link.tmp", "half")
    let store = try opened()
    findings.expect(names() == ["link.0", "link.1"], "there is " + names().joined(separator: " "))
    findings.expect(found(store) == "whole 2", found(store))
    store.close()
  }

  /// Enough for descriptors that are not closed to run out.
  private func many(_ findings: Findings) throws(VectorFault) {
    let store = try opened()
    for number in 0..<400 {
      write(store, "\(number)", findings)
      if number % 100 == 99 { findings.expect(found(store) == "whole \(number)", found(store)) }
    }
    store.close()
  }

  /// Removes a folder of files and of one folder of files.
  private static func removeFolder(_ path: String) {
    let files = LinuxFileSystem()
    guard let folder = try? files.openFolder(path, in: nil) else { return }
    let names = (try? files.names(in: folder)) ?? []
    try? files.close(folder)
    for name in names where unlink(path + "/" + name) != 0 { removeFolder(path + "/" + name) }
    _ = rmdir(path)
  }
}
