import ArgumentParser
import Foundation
import Logging
import ServiceProgram

@main
struct ConnectorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replenish-connector",
    abstract:
      "The Lambda function of the connector for AWS IoT managed integrations: passes each call on to the cloud.",
    discussion: """
      A custom runtime of AWS Lambda: it asks the Runtime API for a call, posts its envelope to the maker's cloud with \
      the envelope's access token as bearer, and hands the answer back. It keeps nothing and has no database. A call \
      that the cloud does not answer in time ends as an error of the function, and managed integrations calls again.

      ENVIRONMENT
        AWS_LAMBDA_RUNTIME_API    Host and port of the Runtime API; AWS Lambda sets it.
        REPLENISH_CONNECTOR_URL   The connector of the cloud, such as https://cloud.example/connector.
        REPLENISH_CONNECTOR_CA    A PEM file of authorities to trust for it instead of the system's; may be left out.
      """)

  func run() async throws {
    LoggingSystem.bootstrap { _ in LineLogHandler() }
    let logger = Logger(label: "replenish-connector")
    let environment = ProcessInfo.processInfo.environment
    guard let runtime = environment["AWS_LAMBDA_RUNTIME_API"], let api = RuntimeAPI(address: runtime) else {
      throw ValidationError("AWS_LAMBDA_RUNTIME_API is not HOST:PORT; this program is started by AWS Lambda.")
    }
    let forwarder: Forwarder
    do {
      forwarder = try Forwarder(environment: environment)
    } catch let error as Forwarder.Failure {
      await api.failInitialization(error.description)
      throw ValidationError(error.description)
    }
    while true { await FunctionLoop(api: api, forwarder: forwarder, logger: logger).turn() }
  }
}
