/// What the firmware is told. None holds a secret.
public indirect enum Event: Equatable, Sendable {
  /// The device is linked and can order.
  case linked
  /// The device is not linked any more; the text says why.
  case unlinked(String)
  /// The registration of an ended link is gone at the service, or was given up after seven days.
  case deregistered
  /// A factory reset is complete.
  case erased
  /// A press came further: noted, or what became of it.
  case press(PressReport)
  /// The setup window opened, for so many seconds.
  case setupOpened(seconds: Int)
  /// The setup window closed.
  case setupClosed
  /// A phone guesses at the setup code: so many counted without success.
  case setupGuessed(failures: Int)
  /// A phone proved the setup code.
  case setupProved
  /// Linking failed; the text says why and what to do.
  case linkingFailed(String)
  /// The board's clock became plausible.
  case clockSet
  /// "Which one is it?" was asked, by a phone or through the maker's cloud; the lights say it.
  case identify
  /// Something needs attention; the text says what was wrong, where, and what to do.
  case fault(String)
}
