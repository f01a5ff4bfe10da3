/// A button of the board, debounced.
public protocol Button: AnyObject {
  /// The button went down (`true`) or up. What it was when it was opened is not told, but for a change from it.
  var onChange: (_ isDown: Bool) -> Void { get set }
  /// Lets it go.
  func close()
}
