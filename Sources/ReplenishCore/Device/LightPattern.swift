/// The rhythm of a light: how long it is on and off, in turn, beginning with on.
public struct LightPattern: Equatable {
  /// Milliseconds on, off, on, …; empty leaves the light off.
  public let steps: [UInt16]
  /// Whether the rhythm begins again at its end. If not, the light stays as the last step left it.
  public let repeats: Bool

  /// Makes a rhythm.
  public init(_ steps: [UInt16], repeats: Bool) {
    self.steps = steps
    self.repeats = repeats
  }
}

extension LightSignal {
  /// How a single-coloured light shows this signal.
  ///
  /// The rhythms differ in number and speed rather than in length, so that they can be told apart from across a room.
  public var pattern: LightPattern {
    switch self {
    case .off: LightPattern([], repeats: false)
    case .noted: LightPattern([80, 80], repeats: true)
    case .ordered: LightPattern([1000], repeats: false)
    case .alreadyOrdered: LightPattern([600, 200, 600, 200], repeats: true)
    case .retrying: LightPattern([100, 1900], repeats: true)
    case .inDoubt: LightPattern([100, 200, 100, 200, 100, 1300], repeats: true)
    case .notOrdered: LightPattern([100, 200, 100, 1600], repeats: true)
    case .needsLinking: LightPattern([500, 500], repeats: true)
    case .setupOpen: LightPattern([1000, 1000], repeats: true)
    case .linking: LightPattern([200, 200, 800, 200], repeats: true)
    case .identify: LightPattern([50, 50], repeats: true)
    case .fault: LightPattern([60, 140, 60, 140, 60, 140, 60, 3400], repeats: true)
    }
  }

  /// What the signal says, for a person.
  public var meaning: String {
    switch self {
    case .off: "nothing to say"
    case .noted: "the press is noted and on its way"
    case .ordered: "ordered"
    case .alreadyOrdered: "already ordered: an order is still open"
    case .retrying: "not ordered yet; trying again"
    case .inDoubt: "in doubt: look at your Amazon orders"
    case .notOrdered: "not ordered; press again if it is still wanted"
    case .needsLinking: "no Amazon account is linked"
    case .setupOpen: "the setup window is open"
    case .linking: "a phone is linking"
    case .identify: "this is the device"
    case .fault: "needs a person: see the log"
    }
  }
}
