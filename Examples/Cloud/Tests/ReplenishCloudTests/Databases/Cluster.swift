import ChildProcesses
import Foundation

@testable import ReplenishCloud

/// A PostgreSQL server of the tests' own, in a temporary folder, on a Unix socket only. It ends when this object or this
/// process does, however that ends.
final class Cluster: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// The one that most tests share.
  static var shared: Cluster { get async throws { try await sharedTask.value } }
  private static let sharedTask = Task { try await Cluster() }

  let folder: String
  private let administration: PostgreSQLDatabase
  /// Takes commands, and ends with the end of them.
  private let keeper: ChildProcess
  private let answers = Pipe()

  init() async throws {
    // In memory where that is possible: a database more or less is hundreds of files to be brought to the disk.
    let memory = "/dev/shm"
    let isThere = FileManager.default.isWritableFile(atPath: memory)
    folder = (isThere ? memory : FileManager.default.temporaryDirectory.path) + "/pg-\(UUID().uuidString.prefix(8))"
    keeper = try ChildProcess(
      "/bin/sh", ["-c", Self.keeping, "cluster", folder], output: .pipe(answers), errors: .pipe(answers))
    try await Self.ready(answers)
    administration = try await PostgreSQLDatabase.open(Self.address(folder, "postgres"), connections: 2)
  }

  deinit {
    try? keeper.input.fileHandleForWriting.close()
    keeper.waitUntilExit()
  }

  /// Finds the programs, and makes and runs a server. It refuses to run as root, so that it gets a user of its own.
  private static let keeping = """
    set -eu
    folder=$1
    found=$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -1 || true)
    if [ -z "$found" ]; then
      echo "PostgreSQL is not installed, and these tests need it: sudo apt-get install postgresql"
      exit 1
    fi
    bin=$(dirname "$(readlink -f "$found")")
    as() { "$@"; }
    if [ "$(id -u)" = 0 ]; then
      user=$(id -un postgres 2>/dev/null || echo nobody)
      as() { (cd / && runuser -u "$user" -- "$@"); }
    fi
    mkdir -m 0700 "$folder"
    if [ "$(id -u)" = 0 ]; then chown "$user" "$folder"; fi
    as "$bin/initdb" -D "$folder/data" -U cloud -A trust -E UTF8 --locale=C.UTF-8 -N >"$folder/log" 2>&1 || {
      cat "$folder/log"
      exit 1
    }
    cat >>"$folder/data/postgresql.conf" <<END
    listen_addresses = ''
    unix_socket_directories = '$folder'
    max_connections = 500
    shared_buffers = 64MB
    END
    printf '%s\\n' 'local all locked scram-sha-256' 'local all all trust' >"$folder/data/pg_hba.conf"
    as "$bin/pg_ctl" -D "$folder/data" -l "$folder/data/log" -w -t 120 start >/dev/null || {
      cat "$folder/data/log"
      exit 1
    }
    echo ready
    trap '' INT TERM
    while read -r command; do
      as "$bin/pg_ctl" -D "$folder/data" -l "$folder/data/log" -w -t 120 $command >/dev/null || {
        cat "$folder/data/log"
        exit 1
      }
      echo ready
    done
    as "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$folder"
    """

  /// What `--database` takes.
  func address(of database: String) -> String { Self.address(folder, database) }

  private static func address(_ folder: String, _ database: String) -> String {
    "postgresql://cloud@/\(database)?host=\(folder)"
  }

  func createDatabase(_ name: String) async throws { try await command("CREATE DATABASE \(name)") }

  /// Runs a statement as the server's master.
  func command(_ sql: String) async throws { try await administration.withConnection { _ = try $0.command(sql) } }

  /// Kills every process of the server and starts it again, as after a crash.
  func crash() async throws { try await control("restart -m immediate") }

  private func control(_ words: String) async throws {
    try keeper.input.fileHandleForWriting.write(contentsOf: Data("\(words)\n".utf8))
    try await Self.ready(answers)
  }

  /// Waits for the keeper's word, on a thread of its own.
  private static func ready(_ answers: Pipe) async throws {
    let said = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        var said = ""
        while !said.hasSuffix("ready\n"), case let data = answers.fileHandleForReading.availableData, !data.isEmpty {
          said += String(decoding: data, as: UTF8.self)
        }
        continuation.resume(returning: said)
      }
    }
    guard said.hasSuffix("ready\n") else { throw Failure(description: said) }
  }
}
