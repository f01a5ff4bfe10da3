@testable import ReplenishCore

/// The phone's side of a handshake, message by message, so that each can be changed before it is sent.
struct HonestPhone {
  private(set) var session: UInt16 = 0
  private(set) var channel: SecureSession?
  /// The proof that the device must accept, once its answer is here; any other it must not.
  private(set) var proof: [UInt8]?
  private var transcript = SetupTranscript()
  private var prover: SPAKE2PlusProver?

  /// The message that comes next, after what the device said last.
  mutating func next(after last: Reassembler.Whole?) -> [UInt8] {
    if let last, last.session == session, let message = try? SetupMessage(last.bytes) {
      switch message {
      case .offer: if let share = share(after: last.bytes) { return share }
      case .answer(let share, let confirmation):
        if let proof = proof(after: last.bytes, share, confirmation) { return proof }
      default: break
      }
    }
    return hello()
  }

  /// The first message of a new handshake.
  mutating func hello() -> [UInt8] {
    session = session &+ 1 == 0 ? 1 : session &+ 1
    channel = nil
    proof = nil
    prover = nil
    transcript = SetupTranscript()
    let hello = SetupMessage.hello(versions: SetupProtocol.versions).bytes
    transcript.append(hello)
    return hello
  }

  private mutating func share(after offer: [UInt8]) -> [UInt8]? {
    guard prover == nil else { return nil }
    let context = SetupContext(
      version: 1, offered: SetupProtocol.versions, salt: SetupParties.salt, iterations: SetupParties.iterations,
      model: Array(SetupParties.model.utf8))
    let derivation = SetupParties.derivation
    guard
      let prover = try? SPAKE2PlusProver(
        context.exchange, w0: derivation.w0, w1: derivation.w1, random: FixedRandom(3))
    else { return nil }
    self.prover = prover
    transcript.append(offer)
    let share = SetupMessage.share(prover.share).bytes
    transcript.append(share)
    return share
  }

  private mutating func proof(after answer: [UInt8], _ share: [UInt8], _ confirmation: [UInt8]) -> [UInt8]? {
    guard proof == nil, let keys = try? prover?.finish(shareV: share, confirmV: confirmation) else { return nil }
    let proof = SetupMessage.proof(keys.confirmP.disclosed).bytes
    transcript.append(answer)
    transcript.append(proof)
    self.proof = proof
    channel = try? SecureSession(
      .phone, sharedKey: keys.shared, transcript: transcript.digest, identifier: session)
    return proof
  }
}
