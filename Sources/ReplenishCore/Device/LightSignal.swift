/// What a light can say. ``LightPattern`` gives each its rhythm.
public enum LightSignal: Equatable, CaseIterable {
  /// Nothing to say.
  case off
  /// The press is on disk and on its way.
  case noted
  /// Ordered.
  case ordered
  /// Nothing ordered: an order for this slot is still open.
  case alreadyOrdered
  /// Could not be ordered yet; the device tries again by itself.
  case retrying
  /// Whether it was ordered cannot be known; look at Amazon before pressing again.
  case inDoubt
  /// Not ordered, and will not be: refused, expired or void. Press again if it is still wanted.
  case notOrdered
  /// No Amazon account is linked.
  case needsLinking
  /// The setup window is open.
  case setupOpen
  /// A phone is connected and linking.
  case linking
  /// "This one": a phone, or somebody through the maker's cloud, asked which device it is.
  case identify
  /// The device cannot do its work and needs a person: the log says why.
  case fault
}
