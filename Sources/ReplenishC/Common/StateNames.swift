// swift-format-ignore-file: AlwaysUseLowerCamelCase - the names are those of the C header.
import CReplenish
import ReplenishCore

/// The states of a press, as numbers and words of the C header.
enum PressState {
  static func number(_ state: PressReport.State) -> replenish_press_state {
    switch state {
    case .noted: REPLENISH_PRESS_NOTED
    case .sending: REPLENISH_PRESS_SENDING
    case .ordered: REPLENISH_PRESS_ORDERED
    case .testOrdered: REPLENISH_PRESS_TEST_ORDERED
    case .alreadyOrdered: REPLENISH_PRESS_ALREADY_ORDERED
    case .expired: REPLENISH_PRESS_EXPIRED
    case .void: REPLENISH_PRESS_VOID
    case .inDoubt: REPLENISH_PRESS_IN_DOUBT
    case .refused: REPLENISH_PRESS_REFUSED
    }
  }

  static func name(_ number: UInt32) -> StaticString {
    switch number {
    case REPLENISH_PRESS_NOTED.rawValue: "noted"
    case REPLENISH_PRESS_SENDING.rawValue: "sending"
    case REPLENISH_PRESS_ORDERED.rawValue: "ordered"
    case REPLENISH_PRESS_TEST_ORDERED.rawValue: "test-ordered"
    case REPLENISH_PRESS_ALREADY_ORDERED.rawValue: "already-ordered"
    case REPLENISH_PRESS_EXPIRED.rawValue: "expired"
    case REPLENISH_PRESS_VOID.rawValue: "void"
    case REPLENISH_PRESS_IN_DOUBT.rawValue: "in-doubt"
    case REPLENISH_PRESS_REFUSED.rawValue: "refused"
    default: "unknown"
    }
  }
}

/// See replenish_common.h.
@c @implementation
public func replenish_press_state_name(_ state: Int32) -> UnsafePointer<CChar>? {
  CText.fixed(PressState.name(UInt32(bitPattern: state)))
}

/// The states of a link, as numbers and words of the C header.
enum Linkage {
  static func number(_ state: LinkState) -> replenish_link {
    switch state {
    case .unlinked: REPLENISH_LINK_NONE
    case .setupOpen: REPLENISH_LINK_SETUP_OPEN
    case .linking: REPLENISH_LINK_LINKING
    case .proving: REPLENISH_LINK_PROVING
    case .linked: REPLENISH_LINK_LINKED
    case .waitingForClock: REPLENISH_LINK_WAITING_FOR_CLOCK
    case .unlinking: REPLENISH_LINK_UNLINKING
    case .erasing: REPLENISH_LINK_ERASING
    }
  }

  static func name(_ number: UInt32) -> StaticString {
    switch number {
    case REPLENISH_LINK_NONE.rawValue: "unlinked"
    case REPLENISH_LINK_SETUP_OPEN.rawValue: "setup-open"
    case REPLENISH_LINK_LINKING.rawValue: "linking"
    case REPLENISH_LINK_PROVING.rawValue: "proving"
    case REPLENISH_LINK_LINKED.rawValue: "linked"
    case REPLENISH_LINK_WAITING_FOR_CLOCK.rawValue: "waiting-for-clock"
    case REPLENISH_LINK_UNLINKING.rawValue: "unlinking"
    case REPLENISH_LINK_ERASING.rawValue: "erasing"
    default: "unknown"
    }
  }
}

/// See replenish_common.h.
@c @implementation
public func replenish_link_name(_ link: Int32) -> UnsafePointer<CChar>? {
  CText.fixed(Linkage.name(UInt32(bitPattern: link)))
}
