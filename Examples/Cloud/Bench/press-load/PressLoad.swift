import ArgumentParser

/// Devices by the dozen or by the thousand, for `make bench-cloud`.
@main
struct PressLoad: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Devices by the dozen or by the thousand, in one small process.",
    subcommands: [PressCommand.self, WaitCommand.self])
}
