/// What was asked cannot be done as things are. `ValidationError` is for command lines that are wrong in themselves: it
/// shows the usage too, and ends with status 64; this ends with 1.
struct Refusal: Error, CustomStringConvertible {
  /// One line: what is wrong, and what to do.
  let description: String

  init(_ description: String) { self.description = description }
}
