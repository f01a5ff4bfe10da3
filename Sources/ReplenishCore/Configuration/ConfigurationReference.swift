/// The configuration file described in text, made from what the parser itself goes by.
public enum ConfigurationReference {
  /// Every key with its meaning, values and default, for a terminal.
  public static var text: String {
    var text = ""
    for section in ConfigurationSection.allCases {
      if !text.isEmpty { text += "\n" }
      text += section.heading + "\n"
      for key in ConfigurationKey.keys(of: section) {
        let about = key.description
        text +=
          "  " + about.name + "\n      " + about.meaning + "\n      " + about.values + "; " + presence(of: about)
          + "\n"
      }
    }
    return text
  }

  /// The same as a Markdown table, for the documents.
  public static var markdownTable: String {
    var text = "| section | key | meaning | values | default |\n|---|---|---|---|---|\n"
    for section in ConfigurationSection.allCases {
      for key in ConfigurationKey.keys(of: section) {
        let about = key.description
        let standard = about.standard.map { "`" + $0 + "`" } ?? (about.isRequired ? "required" : "none")
        text +=
          "| `" + section.heading + "` | `" + about.name + "` | " + about.meaning + " | " + about.values + " | "
          + standard + " |\n"
      }
    }
    return text
  }

  private static func presence(of about: ConfigurationKey.Description) -> String {
    if about.isRequired { return "required" }
    guard let standard = about.standard else { return "no default" }
    return "default: " + standard
  }
}
