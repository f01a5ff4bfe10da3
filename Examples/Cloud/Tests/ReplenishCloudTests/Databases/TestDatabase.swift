import Foundation
import Testing

@testable import ReplenishCloud

/// The databases that every verb must work on.
enum TestDatabase: String, CaseIterable, Sendable {
  case sqlite = "SQLite"
  case postgreSQL = "PostgreSQL"

  /// What a fixture is to use now.
  @TaskLocal static var current = TestDatabase.sqlite
}

/// Runs each test of a suite once on each database.
struct OnBothDatabases: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    await TestDatabase.$current.withValue(.sqlite) { await run(function) }
    await Self.places.take()
    await TestDatabase.$current.withValue(.postgreSQL) { await run(function) }
    await Self.places.giveBack()
  }

  /// What is thrown is recorded here, where it is known which database it is.
  private func run(_ function: @Sendable () async throws -> Void) async {
    do {
      try await function()
    } catch is ExpectationFailedError {
      // It is on record.
    } catch {
      Issue.record(error)
    }
  }

  /// A server with a hundred databases, and several connections to each, would only be busy with itself.
  private static let places = Places(6)
}

/// Lets so many in at a time.
private actor Places {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  func take() async {
    if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
  }

  func giveBack() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}

extension Trait where Self == OnBothDatabases {
  static var onBothDatabases: Self { Self() }
}

extension Trait where Self == IssueHandlingTrait {
  /// What fails says on which database.
  static var sayingWhichDatabase: Self {
    .compactMapIssues { issue in
      var issue = issue
      issue.comments.append("on \(TestDatabase.current.rawValue)")
      return issue
    }
  }
}

/// An empty database for one test: a file in the test's folder, or a database of the tests' cluster, which is gone with
/// this process at the latest.
actor EmptyDatabase {
  nonisolated let kind: TestDatabase
  nonisolated let path: String
  private let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
  private var isThere = false

  init(folder: String, kind: TestDatabase = .current) {
    self.kind = kind
    path = folder + "/cloud.sqlite"
  }

  /// What `--database` takes.
  func address() async throws -> String {
    guard kind == .postgreSQL else { return path }
    let cluster = try await Cluster.shared
    if !isThere { try await cluster.createDatabase(name) }
    isThere = true
    return cluster.address(of: name)
  }

  func open(keys: KeyFile) async throws -> SQLStorage { try await SQLStorage.open(try await address(), keys: keys) }

  func drop() async throws {
    guard isThere else { return }
    isThere = false
    try await Cluster.shared.command("DROP DATABASE \(name) WITH (FORCE)")
  }
}
