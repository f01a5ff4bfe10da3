@testable import ReplenishCore

/// A device's life, told by the input: a byte for what happens, and what belongs to it.
enum DeviceTarget {
  static func run(_ bytes: inout InputBytes) throws(Violation) {
    let isLinked = bytes.number(below: 2) == 1
    var life = DeviceLife(
      records: isLinked ? [.link: link] : [:], moment: Moment(uptime: 5_000, clock: ClockGate.releaseFloor + 86_400))
    try life.start()
    for _ in 0..<400 where !bytes.isAtEnd { try step(&bytes, &life) }
    // In the end everything that was begun must come to rest.
    for index in 0..<64 {
      try life.store(isDurable: true)
      try life.answer(index, canned: 13)
    }
    try life.command(.status)
  }

  private static func step(_ bytes: inout InputBytes, _ life: inout DeviceLife) throws(Violation) {
    switch bytes.number(below: 19) {
    case 0: try life.wake()
    case 1: life.pass(UInt64(bytes.word()))
    case 2: life.pass(UInt64(bytes.word()) * 60_000)
    case 3: try life.button(bytes.number(below: 3), isDown: true)
    case 4: try life.button(bytes.number(below: 3), isDown: false)
    case 5, 6: try life.store(isDurable: true)
    case 7: try life.store(isDurable: false)
    case 8, 9: try life.answer(bytes.number(below: 4), canned: bytes.number(below: 16))
    case 10: try life.answer(bytes.number(below: 4), .answered(AnswerTargets.answer(bytes.chunk())))
    case 11: try life.connectPhone(knowsCode: bytes.number(below: 2) == 1)
    case 12: try life.carry(bytes.number(below: 64))
    case 13: try life.packet(bytes.chunk())
    case 14: try life.disconnectPhone()
    case 15: life.logIn()
    case 16: try life.command(command(&bytes))
    case 17:
      let clocks: [Int64] = [0, ClockGate.releaseFloor + 86_400, ClockGate.releaseFloor + 86_400 * 40, .max, .min]
      life.set(clock: clocks[bytes.number(below: clocks.count)])
    default: try life.restart()
    }
  }

  private static func command(_ bytes: inout InputBytes) -> Command {
    let slot = ["coffee", "filter", "tea"][bytes.number(below: 3)]
    switch bytes.number(below: 11) {
    case 0: return .status
    case 1: return .press(slot: slot)
    case 2: return .setup
    case 3: return .unlink
    case 4: return .identity
    case 5: return .slots
    case 6: return .order(instanceID: String(decoding: bytes.chunk(), as: UTF8.self))
    case 7: return .cancelTestOrders(slot: slot)
    case 8: return .cancelTestOrders(slot: nil)
    case 9:
      guard let status = try? SlotStatus(remaining: Double(bytes.byte())) else { return .status }
      return .slotStatus(slot: slot, status)
    default: return .erase
    }
  }

  private static let link = Secret(
    copying: #"{"phase":"linked","generation":1,"client_id":"amzn1.application-oa2-client.1","#
      + #""refresh_token":"Atzr|1","access_token":"Atza|1","token_type":"bearer","expires_at":1793667600}"#)
}
