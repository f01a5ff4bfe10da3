import Foundation
import Synchronization

@testable import ReplenishCloud

/// Stands between a client and the cluster, and cuts the connection at a COMMIT.
final class CommitProxy: Sendable {
  enum Cut: CaseIterable, Sendable {
    /// The server never sees the COMMIT, and sees that the connection is gone.
    case before
    /// The server never sees the COMMIT, and thinks that the client is still there.
    case beforeUnnoticed
    /// The server commits; its answer does not arrive.
    case after
  }

  private enum Failure: Error { case socket(Int32) }

  private let folder: String
  private let target: String
  private let listener: Int32
  private let next = Mutex<Cut?>(nil)
  private let done = Mutex(0)
  private let open = Mutex<[Int32]>([])
  /// Whether nobody gets through to the server once it was cut.
  let refusesAfterwards = Mutex(false)

  init(_ cluster: Cluster) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pp-\(UUID().uuidString.prefix(8))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    target = cluster.folder + "/.s.PGSQL.5432"
    listener = socket(AF_UNIX, Self.stream, 0)
    let status = Self.withAddress(folder + "/.s.PGSQL.5432") { bind(listener, $0, $1) }
    guard listener >= 0, status == 0, listen(listener, 64) == 0 else { throw Failure.socket(errno) }
    Thread.detachNewThread { [listener, weak self] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0, let self else { return }
        self.serve(client)
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
    for descriptor in open.withLock({ $0 }) { shutdown(descriptor, Int32(SHUT_RDWR)) }
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// What `--database` takes.
  func address(of database: String) -> String { "postgresql://cloud@/\(database)?host=\(folder)" }

  /// Cuts at the next COMMIT.
  func cut(_ cut: Cut) { next.withLock { $0 = cut } }

  /// How often it was cut.
  var cuts: Int { done.withLock { $0 } }

  // MARK: Sockets

  private static var stream: Int32 {
    #if canImport(Glibc)
      Int32(SOCK_STREAM.rawValue)
    #else
      SOCK_STREAM
    #endif
  }

  private static func withAddress<Value>(
    _ path: String, _ work: (UnsafePointer<sockaddr>, socklen_t) -> Value
  ) -> Value {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { work($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }

  private func serve(_ client: Int32) {
    let server = socket(AF_UNIX, Self.stream, 0)
    open.withLock { $0 += [client, server] }
    guard !isRefusing, Self.withAddress(target, { connect(server, $0, $1) }) == 0 else {
      shutdown(client, Int32(SHUT_RDWR))
      return
    }
    let isMuted = Flag()
    Thread.detachNewThread { [weak self] in
      Self.eachPiece(from: client) { piece in
        // The message Query of PostgreSQL's protocol: one write, since all before it was answered.
        let isCommit = piece.elementsEqual(Data([0x51, 0, 0, 0, 11]) + Data("COMMIT\0".utf8))
        guard isCommit, let cut = self?.takeCut() else { return Self.send(piece, to: server) }
        switch cut {
        case .before: shutdown(server, Int32(SHUT_RDWR))
        case .beforeUnnoticed: break
        case .after:
          isMuted.isSet.withLock { $0 = true }
          return Self.send(piece, to: server)
        }
        isMuted.isSet.withLock { $0 = true }
        shutdown(client, Int32(SHUT_RDWR))
        return false
      }
      if !isMuted.isSet.withLock({ $0 }) { shutdown(server, Int32(SHUT_RDWR)) }
    }
    Thread.detachNewThread {
      Self.eachPiece(from: server) { !isMuted.isSet.withLock { $0 } && Self.send($0, to: client) }
      shutdown(client, Int32(SHUT_RDWR))
    }
  }

  private var isRefusing: Bool { cuts > 0 && refusesAfterwards.withLock { $0 } }

  private func takeCut() -> Cut? {
    let cut = next.withLock { next in
      defer { next = nil }
      return next
    }
    if cut != nil { done.withLock { $0 += 1 } }
    return cut
  }

  private static func eachPiece(from descriptor: Int32, _ take: (Data) -> Bool) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0, take(Data(buffer[..<count])) else { return }
    }
  }

  private static func send(_ data: Data, to descriptor: Int32) -> Bool {
    data.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } == data.count
  }
}

private final class Flag: Sendable {
  let isSet = Mutex(false)
}
