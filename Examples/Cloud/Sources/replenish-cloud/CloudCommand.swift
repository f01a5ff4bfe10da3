import ArgumentParser

@main
struct CloudCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replenish-cloud",
    abstract: "The maker's cloud: owners claim devices, link them to Amazon, and their presses become orders.",
    discussion: """
      EXAMPLES
        replenish-cloud key keys
            Makes the file of the key that seals tokens; key --help says how to change the key.
        replenish-cloud device add --database cloud.sqlite --keys keys --model M --serial S --certificate device.pem
            Enters a device and prints its claim code, once.
        replenish-cloud serve --database cloud.sqlite --keys keys ...
            Runs it; see serve --help.
      """,
    subcommands: [ServeCommand.self, DeviceCommand.self, KeyCommand.self, CheckCommand.self])
}
