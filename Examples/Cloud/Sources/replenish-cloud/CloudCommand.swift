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
        replenish-cloud client add --database cloud.sqlite --keys keys --name N --redirect-uri U --scope devices:read
            Enters an app that may ask owners for access, and prints its secret, once.
        replenish-cloud serve --database cloud.sqlite --keys keys ...
            Runs it; see serve --help.
        replenish-cloud token --config config/default.json
            Prints an access token for scripts; see token --help.
      """,
    subcommands: [
      ServeCommand.self, DeviceCommand.self, ClientCommand.self, KeyCommand.self, CheckCommand.self, TokenCommand.self,
    ])
}
