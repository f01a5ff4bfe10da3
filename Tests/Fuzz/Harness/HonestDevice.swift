@testable import ReplenishCore

/// The device's side of a handshake, message by message, so that each can be changed before it is sent.
struct HonestDevice {
  /// The phone's session; 0 before its first message.
  private(set) var session: UInt16 = 0
  private(set) var channel: SecureSession?
  /// The answer that the phone must accept; any other it must not.
  private(set) var answer: [UInt8]?
  private var transcript = SetupTranscript()
  private var reassembler = Reassembler()
  private var next: [UInt8]?

  /// Takes a frame of the phone.
  mutating func receive(_ frame: [UInt8]) {
    guard let whole = try? reassembler.receive(frame), let message = try? SetupMessage(whole.bytes) else { return }
    session = whole.session
    switch message {
    case .hello:
      channel = nil
      answer = nil
      transcript = SetupTranscript()
      transcript.append(whole.bytes)
      let offer = HonestDevice.offer.bytes
      transcript.append(offer)
      next = offer
    case .share(let share):
      guard
        let run = try? SPAKE2PlusVerifier(
          HonestDevice.context.exchange, w0: SetupParties.credential.w0, l: SetupParties.credential.l, shareP: share,
          random: FixedRandom(5))
      else { return }
      transcript.append(whole.bytes)
      let answer = SetupMessage.answer(share: run.share, proof: run.keys.confirmV.disclosed).bytes
      transcript.append(answer)
      transcript.append(SetupMessage.proof(run.keys.confirmP.disclosed).bytes)
      channel = try? SecureSession(
        .device, sharedKey: run.keys.shared, transcript: transcript.digest, identifier: session)
      self.answer = answer
      next = answer
    default: break
    }
  }

  /// The message that is due, once.
  mutating func take() -> [UInt8]? {
    defer { next = nil }
    return next
  }

  private static let offer = SetupMessage.offer(
    version: 1, salt: SetupParties.salt, iterations: SetupParties.iterations, model: Array(SetupParties.model.utf8))
  private static let context = SetupContext(
    version: 1, offered: SetupProtocol.versions, salt: SetupParties.salt, iterations: SetupParties.iterations,
    model: Array(SetupParties.model.utf8))
}
