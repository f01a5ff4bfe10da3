// replenish-selftest: the core's tests on a board.
//
// Embedded Swift has no CommandLine, so the arguments come as C hands them over; the name is the one the package manager
// gives a program's entry.

/// Runs the checks.
@c(replenish_selftest_main)
public func replenishSelftestMain(
  count: Int32, values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  var arguments: [String] = []
  for index in 1..<max(1, Int(count)) {
    if let value = values?[index] { arguments.append(String(cString: value)) }
  }
  return Runner.run(arguments)
}
