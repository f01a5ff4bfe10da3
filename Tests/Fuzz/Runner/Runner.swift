import CLibFuzzer
import Glibc

/// `replenish-fuzz TARGET [options of libFuzzer] [corpus folders]`, or `replenish-fuzz --list`.
@main
enum Runner {
  /// The target that libFuzzer's callback, which can capture nothing, is to run. Set once, before the callback exists.
  nonisolated(unsafe) private static var target = FuzzTarget.json

  static func main() {
    let arguments = CommandLine.arguments
    if arguments.dropFirst().first == "--list" {
      for target in FuzzTarget.allCases { print(target.rawValue) }
      return
    }
    guard let name = arguments.dropFirst().first, let chosen = FuzzTarget(rawValue: name) else {
      print("usage: replenish-fuzz TARGET [OPTION…] [FOLDER…]; replenish-fuzz --list names the targets")
      exit(64)
    }
    target = chosen

    // libFuzzer sees the program's name and what follows the target's. It may go on after this, so nothing is freed.
    let remaining = [arguments[0]] + arguments.dropFirst(2)
    let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: remaining.count + 1)
    for (index, argument) in remaining.enumerated() { pointers[index] = strdup(argument) }
    pointers[remaining.count] = nil
    var count = Int32(remaining.count)
    var first: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = pointers
    let status = LLVMFuzzerRunDriver(&count, &first) { data, size in
      do {
        try Runner.target.run(Array(UnsafeBufferPointer(start: data, count: size)))
      } catch {
        fatalError("\(Runner.target.rawValue): \(error)")  // libFuzzer keeps what caused it
      }
      return 0
    }
    exit(status)
  }
}
