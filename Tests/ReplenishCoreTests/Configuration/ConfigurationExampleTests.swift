import Testing

@testable import ReplenishCore

@Suite struct ConfigurationExampleTests {
  @Test func isTaken() throws {
    let configuration = try parse(exampleConfiguration())
    #expect(configuration.device.model.text == "DashButton-1")
    #expect(
      configuration.slots == [
        DaemonConfiguration.Slot(
          name: "paper", slotID: "PaperTowel",
          button: .gpio(DaemonConfiguration.GPIOLine(chip: "/dev/gpiochip0", line: 17), activeLow: true),
          light: .gpio(DaemonConfiguration.GPIOLine(chip: "/dev/gpiochip0", line: 27)))
      ])
    #expect(!configuration.amazon.isTestDevice)
    #expect(configuration.setup.bearer == .auto)
  }

  /// Each key stands in its section, set or commented out, after a comment; commented out, with its default.
  @Test func documentsEveryKey() throws {
    for section in ConfigurationSection.allCases {
      let lines = try linesOfExample(in: section)
      for key in ConfigurationKey.keys(of: section) {
        let about = key.description
        let index = try #require(
          lines.firstIndex { $0.hasPrefix(about.name + " =") || $0.hasPrefix("#" + about.name + " =") },
          "\(about.name) is not in \(section.heading) of the example")
        // A comment may stand above several keys at once.
        let above = lines[..<index].last { !$0.hasPrefix("#") || $0.hasPrefix("# ") }
        #expect(above?.hasPrefix("# ") == true, "\(about.name) has no comment")
        if let standard = about.standard {
          #expect(lines.contains("#" + about.name + " = " + standard), "\(about.name): the default is \(standard)")
        }
      }
    }
  }

  @Test func hasNoUnknownKeyCommentedOut() throws {
    for section in ConfigurationSection.allCases {
      let names = ConfigurationKey.keys(of: section).map(\.description.name)
      for line in try linesOfExample(in: section) where line.hasPrefix("#") && !line.hasPrefix("# ") {
        let name = line.dropFirst().prefix { $0 != " " }
        #expect(names.contains(String(name)), "\(line)")
      }
    }
  }

  private func linesOfExample(in section: ConfigurationSection) throws -> [String] {
    var lines: [String] = []
    var isInside = false
    for line in try exampleConfiguration().split(separator: "\n") {
      // A section that the example does without is commented out as a whole.
      let heading = line.hasPrefix("#[") ? line.dropFirst() : line
      if heading.hasPrefix("[") { isInside = heading.hasPrefix("[" + section.rawValue) }
      if isInside { lines.append(String(heading)) }
    }
    return lines
  }
}

@Suite struct ConfigurationKeyTests {
  @Test func namesAreUniqueWithinASection() {
    for section in ConfigurationSection.allCases {
      let names = ConfigurationKey.keys(of: section).map(\.description.name)
      #expect(Set(names).count == names.count)
    }
  }

  @Test(arguments: ConfigurationKey.allCases) func itsExampleIsTaken(key: ConfigurationKey) {
    let about = key.description
    var lines = smallestConfiguration.split(separator: "\n").map(String.init)
    lines.removeAll { $0.hasPrefix(about.name + " = ") }
    var added = ["\(about.name) = \(about.example)"]
    if about.section == .cloud {
      added = ConfigurationKey.keys(of: .cloud).map { "\($0.description.name) = \($0.description.example)" }
    }
    if key == .setupSocket { added.append("bearer = socket") }
    if key == .activeLow { added.append("button = gpio gpiochip0 4") }
    if let index = lines.firstIndex(where: { $0.hasPrefix("[" + about.section.rawValue) }) {
      lines.insert(contentsOf: added, at: index + 1)
    } else {
      lines += [about.section.heading] + added
    }
    #expect(mistakes(lines.joined(separator: "\n")) == [])
  }

  @Test func theReferenceNamesEveryKeyAndDefault() {
    let text = ConfigurationReference.text
    let table = ConfigurationReference.markdownTable
    for key in ConfigurationKey.allCases {
      let about = key.description
      #expect(text.contains("  \(about.name)\n      \(about.meaning)"))
      #expect(table.contains("| `\(about.section.heading)` | `\(about.name)` | \(about.meaning) |"))
      if let standard = about.standard { #expect(text.contains("default: \(standard)")) }
    }
  }
}

@Suite struct CloudConfigurationTests {
  private let cloud = """

    [cloud]
    host = https://devices.example.com:8444
    certificate = /etc/dash-button/device.pem
    private-key = /etc/dash-button/device.key

    """

  @Test func withoutTheSectionTheDeviceOrdersByItself() throws {
    #expect(try parse(smallestConfiguration).cloud == nil)
  }

  @Test func isRead() throws {
    let found = try parse(smallestConfiguration + cloud).cloud
    #expect(
      found
        == DaemonConfiguration.Cloud(
          host: "https://devices.example.com:8444", certificate: "/etc/dash-button/device.pem",
          privateKey: "/etc/dash-button/device.key", caFile: nil))
  }

  @Test(arguments: ["host", "certificate", "private-key"]) func needsEachOfThree(name: String) throws {
    let lines = cloud.split(separator: "\n").filter { !$0.hasPrefix(name) }
    let found = mistakes(smallestConfiguration + "\n" + lines.joined(separator: "\n"))
    #expect(found.map { $0.key } == [name])
    #expect(found.map { $0.problem } == ["missing"])
  }

  @Test func speaksNothingButHTTPS() throws {
    let found = mistakes(smallestConfiguration + cloud.replacing("https:", with: "http:"))
    #expect(found.map { $0.key } == ["host"])
  }
}
