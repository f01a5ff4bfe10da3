import CReplenish
import ReplenishCore

/// What stands behind a `replenish_event`: one thing that happened, or one answer. It owns its texts.
public final class Notice {
  /// The rows of an answer.
  enum Rows {
    case none
    case slots([SlotSubscription])
    case items([OrderItem])
    case cancelled([CancelledSlot])
  }

  let type: replenish_event_type
  var request: UInt64 = 0
  var error: Int32 = 0
  let text: String
  var slot: String?
  var value: Int64 = 0
  var press: PressReport?
  var rows = Rows.none
  var priority = LogSink.Priority.info

  private var textPointer: CText?
  private var slotPointer: CText?
  private let texts = CTexts()

  init(_ type: replenish_event_type, _ text: Wording) {
    self.type = type
    self.text = text.text
  }

  /// Whether it answers a question.
  var isAnswer: Bool { request != 0 }

  /// The text for C.
  var cText: UnsafePointer<CChar> {
    if let textPointer { return textPointer.pointer }
    let copy = CText(text)
    textPointer = copy
    return copy.pointer
  }

  /// The slot for C.
  var cSlot: UnsafePointer<CChar>? {
    guard let slot else { return nil }
    if let slotPointer { return slotPointer.pointer }
    let copy = CText(slot)
    slotPointer = copy
    return copy.pointer
  }

  /// A text of a row for C.
  func keep(_ text: String?) -> UnsafePointer<CChar>? { texts.keep(text) }

  /// The press for C.
  var cPress: replenish_press? { press.map { replenish_press($0, texts) } }
}

extension replenish_press {
  /// A report in the words of C; `texts` keeps its texts.
  init(_ report: PressReport, _ texts: CTexts) {
    self.init(
      slot: texts.keep(report.slot), id: texts.keep(report.id.text), instance_id: texts.keep(report.instanceID),
      reason: texts.keep(report.reason), age: report.age ?? -1,
      state: Int32(bitPattern: PressState.number(report.state).rawValue))
  }
}
