import ReplenishCore
import ReplenishHost

@testable import ReplenishCompanion

/// A device in memory: its real setup protocol, and a script in place of Amazon.
final class ScriptedDevice: PacketBearer {
  let descriptor: Int32? = nil
  let place = "the scripted device"
  /// What the device says to each authorization, in turn; linked once there is no more.
  var failures: [LinkFailure] = []
  /// The seconds that the device asks to wait before the first guess; nil for none.
  var firstWait: Int?

  private(set) var grants: [AuthorizationGrant] = []
  private(set) var guesses = 0
  private(set) var proofs = 0
  private(set) var identified = 0
  private(set) var isOpen = true
  private(set) var challenges: [String] = []

  private var connection: PhoneConnection
  private var packets: [[UInt8]] = []

  init(credential: SetupCredential, model: String = "Brewer+3") {
    connection = PhoneConnection(credential: credential, model: model, random: HostRandom())
  }

  func send(_ packet: [UInt8]) throws(LinkingFailure) {
    guard isOpen else { throw LinkingFailure(.deviceUnreachable, "closed") }
    perform(connection.receive(packet: packet))
  }

  func receive(within milliseconds: Int32) throws(LinkingFailure) -> [UInt8]? {
    guard isOpen else { throw LinkingFailure(.deviceUnreachable, "closed") }
    return packets.isEmpty ? nil : packets.removeFirst()
  }

  func close() { isOpen = false }

  private func perform(_ outputs: [PhoneOutput]) {
    for output in outputs {
      switch output {
      case .transmit(let packet): packets.append(packet)
      case .countAttempt:
        if let seconds = firstWait {
          firstWait = nil
          perform(connection.attemptRefused(waitSeconds: seconds))
        } else {
          guesses += 1
          perform(connection.attemptCounted())
        }
      case .proved:
        proofs += 1
        sendParameters()
      case .message(.authorization(let grant)):
        grants.append(grant)
        perform(connection.send(.progress(.redeeming)))
        if failures.isEmpty {
          perform(connection.send(.progress(.proving)))
          perform(connection.send(.linked))
        } else {
          let failure = failures.removeFirst()
          perform(connection.send(.failed(failure)))
          if failure.mayRetry { sendParameters() }
        }
      case .message(.requestParameters): sendParameters()
      case .message(.identify): identified += 1
      case .close: isOpen = false
      }
    }
  }

  private func sendParameters() {
    let challenge = String(repeating: Character(UnicodeScalar(UInt8(65 + challenges.count))), count: 43)
    challenges.append(challenge)
    perform(
      connection.send(
        .parameters(LinkParameters(model: "Brewer+3", serial: "ABC123", codeChallenge: challenge, isTestDevice: true))))
  }
}
