import CLinux
import ReplenishCore
import ReplenishKit
import ReplenishLinux

/// The daemon, from its arguments to its exit code.
struct DashButton {
  /// Exit codes, as `--help` lists them.
  enum ExitCode {
    static let done: Int32 = 0
    static let failed: Int32 = 1
    static let usage: Int32 = 2
    static let configuration: Int32 = 3
  }

  let arguments: [String]

  func run() -> Int32 {
    switch Options.read(arguments) {
    case .help:
      Terminal.out(Options.text)
      return ExitCode.done
    case .version:
      Terminal.out("dash-button \(Release.version)\n")
      return ExitCode.done
    case .mistake(let text):
      Terminal.error("dash-button: \(text)\n")
      return ExitCode.usage
    case .selfTest: return selfTest()
    case .check(let path):
      guard load(path) != nil else { return ExitCode.configuration }
      Terminal.out("\(path): no mistakes found\n")
      return ExitCode.done
    case .certificateRequest(let path):
      guard let settings = load(path) else { return ExitCode.configuration }
      return requestCertificate(settings)
    case .run(let path):
      guard let settings = load(path) else { return ExitCode.configuration }
      return serve(settings)
    }
  }

  private func selfTest() -> Int32 {
    let passed = ReplenishDevice.selfTest { name, passed in
      Terminal.out(passed ? "ok  " : "FAILED  ")
      Terminal.out("\(name)\n")
    }
    Terminal.out("dash-button \(Release.version): the self-test ")
    Terminal.out(passed ? "passed\n" : "failed; do not ship this board\n")
    return passed ? ExitCode.done : ExitCode.failed
  }

  private func requestCertificate(_ settings: Settings) -> Int32 {
    do throws(ReplenishError) {
      Terminal.out(try ReplenishDevice.certificateRequest(settings.device))
      return ExitCode.done
    } catch {
      Terminal.error("dash-button: \(error.text)\n")
      return ExitCode.failed
    }
  }

  private func load(_ path: String) -> Settings? {
    do throws(ReplenishError) {
      return try Settings.load(path)
    } catch {
      Terminal.error(error.text + (error.text.utf8.last == UInt8(ascii: "\n") ? "" : "\n"))
      return nil
    }
  }

  private func serve(_ settings: Settings) -> Int32 {
    let log = Log(level: settings.file.logLevel)
    // For boards without systemd. It cannot fail on a kernel that this runs on, and would change nothing if it did.
    _ = replenish_no_new_privileges()
    do throws(ReplenishError) {
      let board = try Board(settings, log: log)
      try board.run()
      return ExitCode.done
    } catch {
      log.error(error.text)
      return ExitCode.failed
    }
  }
}
