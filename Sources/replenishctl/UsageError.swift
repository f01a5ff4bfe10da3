/// What is wrong with the arguments, and what to do; one sentence.
struct UsageError: Error, Equatable {
  let text: String
}
