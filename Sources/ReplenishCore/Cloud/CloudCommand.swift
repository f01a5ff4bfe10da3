/// Something that the maker's cloud asks of the device (`GET /v1/commands`).
struct CloudCommand {
  /// Its name there.
  let id: String
  /// What is asked.
  let action: String
  /// For how long the lights are to say "this one"; nil where that is not what is asked.
  let seconds: Int64?

  /// Reads an answer; nil if it has no command, as that to what became of one.
  static func read(_ answer: HTTPAnswer, isAwaited: Bool) throws(DashError) -> CloudCommand? {
    try CloudAnswer.check(answer)
    guard isAwaited, answer.body.count > 0 else { return nil }
    return try CloudAnswer.read(answer) { (object) throws(AnswerFault) in
      let id = try AnswerReader.word(object, "id", limit: 64)
      let action = try AnswerReader.word(object, "action", limit: 64)
      guard ASCII.isExactly(action.bytes, "identify") else { return CloudCommand(id: id, action: action, seconds: nil) }
      guard let seconds = object["seconds"]?.integer, seconds >= 0 else {
        throw AnswerFault("seconds", "is missing or no number from 0 up")
      }
      return CloudCommand(id: id, action: action, seconds: seconds)
    }
  }
}
