import CLinux
import ReplenishLinux

/// A disk in memory that forgets what was not synced, fails when told to, and loses its power when told to.
///
/// Everything that programs do shows at once, as on a real disk. What survives a cut of the power is another matter:
/// each written length, each written piece, each new, changed and removed name may or may not have happened, on its own,
/// unless a sync of the file or of the folder came in between.
///
/// Give it to a ``RecordStore``. To cut the power, set ``cutAfter``, let the program run until it notices
/// (``isPowerLost``), and continue with each of ``survivors(limit:)``.
package final class ModelDisk: FileSystem {
  /// What every call throws once the power is gone.
  package static let powerLost = Errno(9_999)

  /// How a call fails.
  package enum Failure: Equatable, Sendable {
    /// It does nothing and reports this.
    case error(Int32)
    /// A read or a write does half; other calls are not touched.
    case short
  }

  /// The calls made so far.
  package private(set) var calls = 0
  /// The name of each call made so far.
  package private(set) var log: [String] = []
  /// The successful syncs so far, ignored ones included.
  package private(set) var syncs = 0
  /// After so many calls the power is gone; nil for never.
  package var cutAfter: Int?
  /// Which calls fail, counted from 1, and how.
  package var failures: [Int: Failure] = [:]
  /// Which syncs do nothing and report success, counted from 1: a program without that sync.
  package var ignoredSyncs: Set<Int> = []
  /// Whether every sync does nothing and reports success.
  package var ignoresEverySync = false
  /// Whether the power is gone.
  package private(set) var isPowerLost = false
  /// See ``FileSystem/user``.
  package var user: UInt32 = 1000

  var nodes: [Int: ModelNode]
  var nextNode: Int
  private var open: [Int32: (node: Int, offset: Int)] = [:]
  private var nextDescriptor: Int32 = 3
  private var locks: [Int: Int32] = [:]

  static let root = 0

  /// A disk with one empty, durable folder `/state` and nothing else.
  package init() {
    nodes = [
      ModelDisk.root: ModelNode(kind: .folder, mode: 0o755, owner: 0, parent: ModelDisk.root),
      1: ModelNode(kind: .folder, mode: 0o700, owner: 1000, parent: ModelDisk.root),
    ]
    nextNode = 2
    nodes[ModelDisk.root]?.names = ["state": 1]
    nodes[ModelDisk.root]?.durableNames = ["state": 1]
  }

  init(nodes: [Int: ModelNode], nextNode: Int, user: UInt32) {
    self.nodes = nodes
    self.nextNode = nextNode
    self.user = user
  }

  /// The disk after the program was killed and the machine went on: nothing is lost, and nothing is more durable.
  package func afterCrash() -> ModelDisk { ModelDisk(nodes: nodes, nextNode: nextNode, user: user) }

  func copy(nodes: [Int: ModelNode]) -> ModelDisk { ModelDisk(nodes: nodes, nextNode: nextNode, user: user) }

  // MARK: FileSystem

  package func openFolder(_ path: String, in folder: Int32?) throws(Errno) -> Int32 {
    _ = try begin("open folder \(path)")
    let start = try folder.map { descriptor throws(Errno) in try opened(descriptor).node } ?? ModelDisk.root
    let node = try resolve(path, from: start)
    guard nodes[node]?.kind == .folder else { throw Errno(ENOTDIR) }
    return openDescriptor(node)
  }

  package func makeFolder(_ path: String) throws(Errno) {
    _ = try begin("make folder \(path)")
    let parts = path.split(separator: "/").map(String.init)
    guard let name = parts.last else { throw Errno(EEXIST) }
    let parent = try resolve(parts.dropLast().joined(separator: "/"), from: ModelDisk.root)
    guard nodes[parent]?.names[name] == nil else { throw Errno(EEXIST) }
    _ = make(ModelNode(kind: .folder, mode: 0o700, owner: user, parent: parent), name, in: parent)
  }

  package func openForReading(_ name: String, in folder: Int32) throws(Errno) -> Int32 {
    _ = try begin("open \(name)")
    guard let node = nodes[try opened(folder).node]?.names[name] else { throw Errno(ENOENT) }
    guard nodes[node]?.kind != .symbolicLink else { throw Errno(ELOOP) }
    return openDescriptor(node)
  }

  package func create(_ name: String, in folder: Int32) throws(Errno) -> Int32 {
    _ = try begin("create \(name)")
    let parent = try opened(folder).node
    guard nodes[parent]?.names[name] == nil else { throw Errno(EEXIST) }
    return openDescriptor(make(ModelNode(kind: .file, mode: 0o600, owner: user, parent: parent), name, in: parent))
  }

  package func read(_ file: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
    let isShort = try begin("read")
    let (node, offset) = try opened(file)
    let contents = nodes[node]?.contents ?? []
    var count = max(min(buffer.count, contents.count - offset), 0)
    if isShort, count > 1 { count /= 2 }
    UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]).copyBytes(from: contents[offset..<(offset + count)])
    open[file]?.offset += count
    return count
  }

  package func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
    let isShort = try begin("write")
    let (node, offset) = try opened(file)
    let count = isShort && bytes.count > 1 ? bytes.count / 2 : bytes.count
    let part = Array(bytes[..<count])
    nodes[node]?.contents.replaceSubrange(offset..., with: part)
    nodes[node]?.pending.append(ModelNode.Change(what: .length(offset + count)))
    nodes[node]?.pending.append(ModelNode.Change(what: .data(offset: offset, bytes: part)))
    open[file]?.offset += count
    return count
  }

  package func sync(_ descriptor: Int32) throws(Errno) {
    let node = try opened(descriptor).node
    do throws(Errno) {
      _ = try begin("sync")
    } catch {
      nodes[node]?.loseData()
      throw error
    }
    syncs += 1
    if !ignoresEverySync, !ignoredSyncs.contains(syncs) { nodes[node]?.makeDurable() }
  }

  package func close(_ descriptor: Int32) throws(Errno) {
    if let node = open.removeValue(forKey: descriptor)?.node, locks[node] == descriptor { locks[node] = nil }
    _ = try begin("close")
  }

  package func rename(_ name: String, to newName: String, in folder: Int32) throws(Errno) {
    _ = try begin("rename \(name) to \(newName)")
    let parent = try opened(folder).node
    guard let node = nodes[parent]?.names[name] else { throw Errno(ENOENT) }
    nodes[parent]?.names[name] = nil
    nodes[parent]?.names[newName] = node
    nodes[parent]?.pending.append(ModelNode.Change(what: .rename(name, to: newName, node: node)))
  }

  package func remove(_ name: String, in folder: Int32) throws(Errno) {
    _ = try begin("remove \(name)")
    let parent = try opened(folder).node
    guard nodes[parent]?.names.removeValue(forKey: name) != nil else { throw Errno(ENOENT) }
    nodes[parent]?.pending.append(ModelNode.Change(what: .unlink(name)))
  }

  package func status(_ descriptor: Int32) throws(Errno) -> FileStatus {
    _ = try begin("status")
    let number = try opened(descriptor).node
    guard let node = nodes[number] else { throw Errno(EBADF) }
    let links = nodes.values.reduce(0) { $0 + $1.names.values.filter { $0 == number }.count }
    return FileStatus(
      kind: node.kind == .folder ? .folder : .regular, owner: node.owner, mode: node.mode, links: UInt64(links),
      size: UInt64(node.contents.count))
  }

  package func names(in folder: Int32) throws(Errno) -> [String] {
    _ = try begin("list")
    return (nodes[try opened(folder).node]?.names.keys).map { $0.sorted() } ?? []
  }

  package func lock(_ folder: Int32) throws(Errno) {
    _ = try begin("lock")
    let node = try opened(folder).node
    guard locks[node] == nil || locks[node] == folder else { throw Errno(EWOULDBLOCK) }
    locks[node] = folder
  }

  // MARK: What is behind it

  /// Counts a call; true if it is to do half.
  private func begin(_ name: String) throws(Errno) -> Bool {
    if let cutAfter, calls >= cutAfter { isPowerLost = true }
    guard !isPowerLost else { throw ModelDisk.powerLost }
    calls += 1
    log.append(name)
    switch failures[calls] {
    case nil: return false
    case .short: return true
    case .error(let code): throw Errno(code)
    }
  }

  private func opened(_ descriptor: Int32) throws(Errno) -> (node: Int, offset: Int) {
    guard let opened = open[descriptor] else { throw Errno(EBADF) }
    return opened
  }

  private func openDescriptor(_ node: Int) -> Int32 {
    nextDescriptor += 1
    open[nextDescriptor] = (node, 0)
    return nextDescriptor
  }

  private func make(_ node: ModelNode, _ name: String, in parent: Int) -> Int {
    let number = nextNode
    nextNode += 1
    nodes[number] = node
    nodes[parent]?.names[name] = number
    nodes[parent]?.pending.append(ModelNode.Change(what: .link(name, node: number)))
    return number
  }

  func resolve(_ path: String, from start: Int) throws(Errno) -> Int {
    var node = path.hasPrefix("/") ? ModelDisk.root : start
    for part in path.split(separator: "/") {
      switch part {
      case ".": continue
      case "..": node = nodes[node]?.parent ?? node
      default:
        guard let next = nodes[node]?.names[String(part)] else { throw Errno(ENOENT) }
        guard nodes[next]?.kind != .symbolicLink else { throw Errno(ELOOP) }
        node = next
      }
    }
    return node
  }
}
