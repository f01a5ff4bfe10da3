import AmazonEmulator
import ArgumentParser
import Foundation
import Hummingbird
import Logging
import NIOCore
import OAuthServer
import ServiceLifecycle
import ServiceProgram
import UnixSignals

@main
struct EmulatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "amazon-emulator",
    abstract: """
      Stands in for Login with Amazon, the Dash Replenishment Service and AWS IoT managed integrations on this machine.
      """,
    discussion: """
      Point a device's token and service addresses at https://localhost:PORT and \
      its trusted certificates at the file of --ca-out. Sign in with the sample \
      customer. Nothing is ever bought: orders live in memory until the end.

      EXAMPLES
        amazon-emulator --ca-out ca.pem
            Listens on https://localhost:8443.
        amazon-emulator --port 0 --ready-file port --ca-out ca.pem
            For a test: any free port, written to a file once it listens.
        amazon-emulator --http --confidential-client web:secret
            For OAuth client libraries.

      PATHS
        /ap/oa, /auth/o2/token, /auth/o2/create/codepair, /code, /user/profile
            Login with Amazon.
        /replenish/SLOT, /subscriptionInfo, /deviceStatus, /registration, ...
            The replenishment service.
        /cloud-connectors, /account-associations, /connector-event/ID, ...
            AWS IoT managed integrations, as far as account linking goes.
        /customer-app
            The page of an application that links accounts there.
        /emulator/state, /emulator/faults, /emulator/settings, ...
            Control, for programs on this machine only; see README.md.
        /
            A page of devices, slots and orders.
      """)

  @OptionGroup(title: "Listening")
  var listening: ListeningOptions

  @OptionGroup(title: "Who may do what")
  var accounts: AccountOptions

  @OptionGroup(title: "Tokens")
  var tokens: TokenOptions

  @OptionGroup(title: "AWS IoT managed integrations")
  var managed: ManagedOptions

  @Flag(help: "End when standard input closes, that is, when the program that started this one ends.")
  var exitWithParent = false

  func run() async throws {
    LoggingSystem.bootstrap { _ in LineLogHandler() }
    let logger = Logger(label: "amazon-emulator")
    let emulator = try AmazonEmulator(configuration(), logger: logger)
    let certificate = try listening.certificate()
    let listening = listening
    let customer = "\(accounts.user) / \(accounts.password)"
    let application = try emulator.application(
      host: listening.host, port: listening.port, certificate: certificate
    ) { port in
      logger.info("listening on \(emulator.publicAddress)")
      logger.info("sample customer: \(customer)")
      listening.announce(port: port, logger: logger)
    }
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
      .init(service: application), .init(service: PromptExit()),
    ]
    if exitWithParent {
      services.append(
        .init(service: StandardInputWatch(), successTerminationBehavior: .gracefullyShutdownGroup))
    }
    var group = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    group.maximumGracefulShutdownDuration = .seconds(1)
    do {
      try await ServiceGroup(configuration: group).run()
    } catch let error as IOError {
      throw ValidationError(
        "Cannot listen on \(listening.host) port \(listening.port): \(error). Choose another with --host or --port.")
    }
  }

  private func configuration() throws -> EmulatorConfiguration {
    var configuration = EmulatorConfiguration(
      customers: try accounts.customers(), clients: try accounts.clients())
    if !accounts.slot.isEmpty { configuration.slots = try accounts.slots() }
    configuration.allowsRealOrders = accounts.allowRealOrders
    tokens.apply(to: &configuration.policy)
    configuration.managedIntegrations = managed.configuration()
    return configuration
  }
}
