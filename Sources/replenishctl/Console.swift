/// Who called the program.
protocol Console: AnyObject {
  /// Writes text to standard output.
  func say(_ text: String)
  /// Writes text to standard error.
  func complain(_ text: String)
  /// Asks a question that `yes` answers; nil if there is no terminal to ask at.
  func confirm(_ question: String) -> Bool?
}
