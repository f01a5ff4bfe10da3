/// What a text may be: how long, and of which characters. From botocore's model of `iot-managed-integrations`
/// (2025-03-03); a pattern is for the whole text.
struct TextRule: Sendable {
  let lengths: ClosedRange<Int>
  let pattern: String

  init(_ lengths: ClosedRange<Int>, _ pattern: String) {
    self.lengths = lengths
    self.pattern = pattern
  }

  /// What is wrong with a text; nil when nothing is.
  func problem(_ text: String) -> String? {
    guard lengths.contains(text.unicodeScalars.count) else {
      return "must have \(lengths.lowerBound) to \(lengths.upperBound) characters"
    }
    return matches(text) ? nil : "must match \(pattern)"
  }

  private func matches(_ text: String) -> Bool {
    guard let regex = try? Regex("(?:" + pattern + ")") else { preconditionFailure("\(pattern) is no pattern") }
    // Without this an accent could hide behind its letter.
    return (try? regex.matchingSemantics(.unicodeScalar).wholeMatch(in: text)) != nil
  }
}

extension TextRule {
  static let identifier = TextRule(1...64, "[A-Za-z0-9_-]+")
  static let association = TextRule(1...64, "[0-9a-zA-Z]+")
  static let thing = TextRule(1...64, "[a-zA-Z0-9:_-]*")
  static let discovery = TextRule(1...200, "[A-Za-z0-9]+")
  static let clientToken = TextRule(1...64, "[a-zA-Z0-9=_-]+")
  static let nextToken = TextRule(1...65535, "[a-zA-Z0-9=_-]+")
  static let name = TextRule(1...128, "[A-Za-z0-9_ -]+")
  static let description = TextRule(1...256, "[0-9A-Za-z_ -]+")
  static let associationDescription = TextRule(1...4096, "[A-Za-z0-9_ -]+")
  static let lambda = TextRule(
    1...2048,
    #"(arn:aws:lambda:[0-9a-zA-Z-]+:[0-9]+:function:)?([a-zA-Z0-9_-]+(:(\$LATEST|[a-zA-Z0-9_-]+))?)"#)
  static let endpoint = TextRule(
    1...1024,
    #"https?:\/\/(www\.)?[-a-zA-Z0-9@:%._\+~#=]{1,256}\.[a-zA-Z0-9()]{1,6}([-a-zA-Z0-9()@:%_\+.~#?&\/=]*)"#)
  static let authorizationURL = TextRule(0...1024, #"|https:\/\/.*"#)
  static let completeRedirectURL = TextRule(1...1024, #"(http|https):\/\/.*"#)
  static let secretARN = TextRule(
    20...2048, #"arn:aws:secretsmanager:[0-9a-zA-Z-]{1,32}:\d{12}:secret:[A-Za-z0-9\/_+=.@-]{8,520}"#)
  static let secretVersion = TextRule(32...64, "[a-zA-Z0-9_-]+")
  static let authMaterialName = TextRule(1...100, #"[a-zA-Z0-9=_+\/-]+"#)
  static let userID = TextRule(1...64, "[a-zA-Z0-9_.,@-]+")
  static let connectorDevice = TextRule(1...256, "[a-zA-Z0-9_.,@-]+")
  static let deviceName = TextRule(1...256, #"[\p{L}\p{N} ._-]+"#)
  static let thingName = TextRule(1...128, #"[\p{L}\p{N} ._-]+"#)
  static let trace = TextRule(1...128, "[a-zA-Z0-9:=_-]+")
  static let message = TextRule(1...256, #"[\sa-zA-Z0-9_.,@-]+"#)
  static let operationVersion = TextRule(1...6, "[0-9.]+")
  static let matterID = TextRule(1...24, "0[xX][0-9a-fA-F]+|[0-9]+")
  static let endpointID = TextRule(1...64, "[0-9a-zA-Z]+")
  static let schemaID = TextRule(7...128, #"[a-zA-Z0-9.]+@(\d+\.\d+(\.\d+)?|\$latest)"#)
  static let capabilityName = TextRule(1...128, #"[\/a-zA-Z0-9\._ -]+"#)
  static let capabilityVersion = TextRule(1...64, "(0|[1-9][0-9]*)")
  static let actionName = TextRule(1...1024, #"[\/a-zA-Z]+"#)
  static let reportVersion = TextRule(1...10, #"1\.0\.0"#)
  static let nodeID = TextRule(1...64, #"[a-zA-Z0-9=_.,@\+\-\/]+"#)
  static let deviceType = TextRule(0...256, #"[a-zA-Z0-9=_. ,@\+\-\/]+"#)
  static let authenticationMaterial = TextRule(
    1...512, #"[0-9A-Za-z!#$%&()*\+\-;<=>?@^_`{|}~\/: {},\\"]+"#)
  static let tagKey = TextRule(1...128, "(?s).*")
  static let tagValue = TextRule(0...256, "(?s).*")
  static let anything = TextRule(0...65535, "(?s).*")
}
