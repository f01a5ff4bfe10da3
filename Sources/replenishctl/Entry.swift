/// Where the program begins.
///
/// Not `@main` and no main.swift: Embedded Swift has no `CommandLine`, so the arguments must come from C. SwiftPM links
/// this name, made of the module's, as `main`.
@c(replenishctl_main)
public func replenishctlMain(count: Int32, values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
  var arguments: [String] = []
  for index in 1..<max(1, Int(count)) {
    if let value = values?[index] { arguments.append(String(cString: value)) }
  }
  return Program(console: Terminal(), exchange: SocketExchange()).run(arguments).rawValue
}
