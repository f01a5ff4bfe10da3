import ReplenishCore

/// Plays the rhythm of a signal on a light. While the light stands still, no timer runs.
public final class LightPlayer {
  private let light: any Light
  private var timer: LoopTimer?
  private var pattern = LightPattern([], repeats: false)
  private var next = 0

  /// Makes a player; the light is as it is until a signal is shown.
  public init(loop: EventLoop, light: any Light) {
    self.light = light
    timer = loop.timer { [unowned(unsafe) self] in step() }
  }

  /// Shows a signal from the beginning of its rhythm.
  public func show(_ signal: LightSignal) {
    timer?.cancel()
    pattern = signal.pattern
    next = 0
    if pattern.steps.isEmpty { light.show(false) } else { step() }
  }

  /// Turns the light off and lets it go.
  public func close() {
    timer?.cancel()
    light.close()
  }

  private func step() {
    if next == pattern.steps.count {
      guard pattern.repeats else { return }
      next = 0
    }
    let index = next
    next += 1
    light.show(index % 2 == 0)
    // The last step of a rhythm that does not repeat stays.
    if pattern.repeats || next < pattern.steps.count { timer?.fire(in: UInt64(pattern.steps[index])) }
  }
}
