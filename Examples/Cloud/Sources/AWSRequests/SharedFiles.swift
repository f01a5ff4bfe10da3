import Foundation

/// The files that the AWS command line shares with programs: `~/.aws/credentials` and `~/.aws/config`.
struct SharedFiles: Sendable {
  typealias Section = [String: String]

  let credentials: Section?
  let config: Section?
  private let services: [String: Section]

  /// Reads both files, for the environment's profile. A file that is not there is empty.
  ///
  /// Throws where a profile that was chosen is in neither.
  init(_ environment: AWSEnvironment) throws {
    let first = try Self.read(environment.credentialsPath)
    let second = try Self.read(environment.configPath)
    let profile = environment.profile
    credentials = first[profile]
    var profiles: [String: Section] = [:]
    var services: [String: Section] = [:]
    for (name, section) in second {
      let words = Self.words(name)
      if words == ["default"] {
        profiles["default"] = section
      } else if words.count == 2, words[0] == "profile" {
        profiles[words[1]] = section
      } else if words.count == 2, words[0] == "services" {
        services[words[1]] = section
      }
    }
    config = profiles[profile]
    self.services = services
    guard credentials != nil || config != nil || !environment.isProfileChosen else {
      throw AWSFailure(
        .configuration,
        "the AWS profile \(profile) is neither in \(environment.credentialsPath) nor in \(environment.configPath)")
    }
  }

  /// A setting of the profile.
  func setting(_ name: String) -> String? {
    (config?[name] ?? credentials?[name]).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A setting for one service, in the section of `services` that the profile names.
  func setting(_ name: String, service: String) -> String? {
    guard let section = setting("services"), let nested = services[section]?[service] else { return nil }
    for line in nested.split(separator: "\n") {
      let halves = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      if halves.count == 2, halves[0] == name { return halves[1] }
    }
    return nil
  }

  private static func read(_ path: String) throws -> [String: Section] {
    guard FileManager.default.fileExists(atPath: path) else { return [:] }
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw AWSFailure(.configuration, "\(path): cannot be read; may you read it, and is it UTF-8?")
    }
    do {
      return try parse(text)
    } catch let mistake as Mistake {
      throw AWSFailure(.configuration, "\(path), line \(mistake.line): this is no section and no setting")
    }
  }

  struct Mistake: Error { var line: Int }

  /// Sections of settings, as Python's parser reads them for botocore: names in lower case, `=` or `:`, comments on lines of
  /// their own, an indented line goes on with the value before.
  static func parse(_ text: String) throws -> [String: Section] {
    var result: [String: Section] = [:]
    var section: String?
    var last: String?
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let content = line.trimmingCharacters(in: .whitespaces.union(.init(charactersIn: "\r")))
      if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
      if let first = line.first, first == " " || first == "\t", let section, let last {
        result[section, default: [:]][last, default: ""] += "\n" + content
        continue
      }
      if content.hasPrefix("["), let end = content.firstIndex(of: "]") {
        let name = content[content.index(after: content.startIndex)..<end].trimmingCharacters(in: .whitespaces)
        section = name
        last = nil
        if result[name] == nil { result[name] = [:] }
        continue
      }
      guard let sign = content.firstIndex(where: { $0 == "=" || $0 == ":" }), sign != content.startIndex,
        let section
      else { throw Mistake(line: number + 1) }
      let name = content[..<sign].trimmingCharacters(in: .whitespaces).lowercased()
      result[section, default: [:]][name] = content[content.index(after: sign)...].trimmingCharacters(in: .whitespaces)
      last = name
    }
    return result
  }

  /// The words of a section's name; one in quotation marks may have spaces.
  private static func words(_ name: String) -> [String] {
    let halves = name.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
    return halves.map { $0.trimmingCharacters(in: .whitespaces.union(.init(charactersIn: "\"'"))) }
  }
}
