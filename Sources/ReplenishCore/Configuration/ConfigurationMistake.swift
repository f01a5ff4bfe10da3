/// One thing that is wrong with a configuration file, told so that it can be mended.
public struct ConfigurationMistake: Equatable, Sendable {
  /// The file as it was named.
  public let file: String
  /// The line, from 1; 0 where no line is to blame, for a section that is missing for instance.
  public let line: Int
  /// The section as written, `[slot coffee]` for instance; empty before the first.
  public let section: String
  /// The key as written; empty where no key is to blame.
  public let key: String
  /// The value as written, shortened and printable; nil where no value is to blame, or it may be a secret.
  public let value: String?
  /// What is wrong.
  public let problem: String
  /// What to do.
  public let remedy: String

  /// One line for a person: `FILE:LINE: [SECTION] KEY = "VALUE": PROBLEM; REMEDY`.
  public var text: String {
    var text = file
    if line > 0 { text += ":\(line)" }
    text += ":"
    if !section.isEmpty { text += " " + section }
    if !key.isEmpty { text += " " + key }
    if let value { text += " = \"\(value)\"" }
    if !section.isEmpty || !key.isEmpty { text += ":" }
    return text + " " + problem + "; " + remedy
  }
}

/// Everything that is wrong with a configuration file.
public struct ConfigurationMistakes: Error, Equatable {
  /// The most that are listed.
  public static let limit = 50

  /// The mistakes, by line; never empty.
  public let list: [ConfigurationMistake]
  /// How many more there are.
  public let omitted: Int

  /// All of it for a person, one line each.
  public var text: String {
    var text = ""
    for mistake in list { text += mistake.text + "\n" }
    if omitted > 0 { text += "and \(omitted) more\n" }
    return text
  }
}
