import CSpawn
import Foundation
import Glibc
import Synchronization

/// A program that a test starts. It is killed when the test lets go of it.
///
/// Foundation's `Process` is not used: to close what the program shall not inherit it lists `/proc/self/fd`, and copies
/// whole `dirent` structures past the end of the list, so that a test process with some 1,300 open files may crash.
public final class ChildProcess: Sendable {
  /// A program did not start, or did not end by itself.
  public struct Failure: Error, CustomStringConvertible {
    /// Which program, and why.
    public let description: String
  }

  /// Where a program's standard output or error goes.
  public enum Output: Sendable {
    case nowhere
    case pipe(Pipe)
  }

  /// How a program ended.
  public enum End: Sendable, Equatable {
    case exit(Int32)
    case signal(Int32)
  }

  /// The program's process id.
  public let processIdentifier: pid_t
  /// The program's standard input: open as long as this object lives, so that `--exit-with-parent` has something to watch.
  public let input = Pipe()
  private let end = Mutex<End?>(nil)

  /// Starts a program, by its path; a name without a slash is looked for in PATH.
  public init(
    _ program: String, _ arguments: [String], in folder: String? = nil, output: Output = .nowhere,
    errors: Output = .nowhere
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let folder { posix_spawn_file_actions_addchdir_np(&actions, folder) }
    posix_spawn_file_actions_adddup2(&actions, input.fileHandleForReading.fileDescriptor, STDIN_FILENO)
    for (output, descriptor) in [(output, STDOUT_FILENO), (errors, STDERR_FILENO)] {
      switch output {
      case .nowhere: posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
      case .pipe(let pipe):
        posix_spawn_file_actions_adddup2(&actions, pipe.fileHandleForWriting.fileDescriptor, descriptor)
      }
    }
    // Also the writing end of its own input, which would never end otherwise.
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)
    let words = ([program] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let status = posix_spawnp(&process, program, &actions, nil, words + [nil], environ)
    guard status == 0 else {
      throw Failure(description: "\(program) does not start: \(String(cString: strerror(status)))")
    }
    processIdentifier = process
    try? input.fileHandleForReading.close()
    for case .pipe(let pipe) in [output, errors] { try? pipe.fileHandleForWriting.close() }
  }

  deinit {
    if end.withLock({ $0 }) == nil {
      kill(SIGKILL)
      waitUntilExit()
    }
  }

  /// The path of a program of this package: it lies beside the tests.
  public static func path(ofBuilt program: String) -> String { Bundle.main.bundleURL.appending(path: program).path }

  /// Sends it a signal.
  public func kill(_ signal: Int32) { Glibc.kill(processIdentifier, signal) }

  /// Whether it has not ended yet.
  public var isRunning: Bool { take(WNOHANG) == nil }

  /// Waits until it has ended.
  @discardableResult
  public func waitUntilExit() -> End {
    while true {
      if let end = take(0) { return end }
    }
  }

  private func take(_ options: Int32) -> End? {
    end.withLock { end in
      if end != nil { return end }
      var status: Int32 = 0
      guard waitpid(processIdentifier, &status, options) == processIdentifier else { return nil }
      let signal = status & 0x7f
      end = signal == 0 ? .exit((status >> 8) & 0xff) : .signal(signal)
      return end
    }
  }

  /// Runs a program to its end: its exit status, and what it wrote to standard output and standard error.
  public static func run(
    _ program: String, _ arguments: [String], in folder: String? = nil
  ) throws -> (status: Int32, output: String) {
    let output = Pipe()
    let child = try ChildProcess(program, arguments, in: folder, output: .pipe(output), errors: .pipe(output))
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    guard case .exit(let status) = child.waitUntilExit() else {
      throw Failure(description: "\(program) was ended by a signal; it wrote: \(String(decoding: data, as: UTF8.self))")
    }
    return (status, String(decoding: data, as: UTF8.self))
  }
}
