// dash-button: a board, a push button and a light become a dash button.
//
// Embedded Swift has no CommandLine, so the arguments come as C hands them over; the name is the one the package manager
// gives a program's entry.

/// Runs the daemon.
@c(dash_button_main)
public func dashButtonMain(
  count: Int32, values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  var arguments: [String] = []
  for index in 0..<Int(count) {
    if let value = values?[index] { arguments.append(String(cString: value)) }
  }
  return DashButton(arguments: arguments).run()
}
