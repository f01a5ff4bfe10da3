extension OrderItem.Status {
  private static var words: [(status: OrderItem.Status, word: StaticString)] {
    [
      (.processing, "Processing"), (.cancelled, "Cancelled"), (.shipped, "Shipped"), (.pending, "Pending"),
      (.authorized, "Authorized"), (.closed, "Closed"), (.unknown, "Unknown"),
    ]
  }

  /// The newer documents' word for it, or the service's own where this version does not know it.
  var word: String {
    if case .other(let text) = self { return text.text }
    return Self.words.first { $0.status == self }.map { "\($0.word)" } ?? "Unknown"
  }

  /// The status that a word of the control socket stands for.
  init(word: String) {
    let known = Self.words.first { known in known.word.withUTF8Buffer { word.utf8.elementsEqual($0) } }
    self = known?.status ?? .other(ServiceText(word))
  }
}
