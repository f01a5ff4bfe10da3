import Foundation

/// What decides whom requests come from and where they go: variables, profile, shared files.
public struct AWSEnvironment: Sendable {
  private let variables: [String: String]
  /// The profile that was asked for by an option. As in botocore it turns the variables with keys off.
  public let explicitProfile: String?
  private let home: String

  /// Creates an environment.
  ///
  /// - Parameters:
  ///   - variables: The environment's variables.
  ///   - profile: A profile that an option names.
  ///   - home: The folder that `~` stands for.
  public init(
    variables: [String: String] = ProcessInfo.processInfo.environment, profile: String? = nil,
    home: String = NSHomeDirectory()
  ) {
    self.variables = variables
    self.explicitProfile = profile
    self.home = variables["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home
  }

  /// A variable; one that is empty counts as absent.
  public subscript(name: String) -> String? {
    variables[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  func isTrue(_ name: String) -> Bool { self[name]?.lowercased() == "true" }

  /// The profile's name, in botocore's order.
  public var profile: String {
    explicitProfile ?? self["AWS_DEFAULT_PROFILE"] ?? self["AWS_PROFILE"] ?? "default"
  }

  var isProfileChosen: Bool { profile != "default" || explicitProfile != nil }

  var credentialsPath: String { expanded(self["AWS_SHARED_CREDENTIALS_FILE"] ?? "~/.aws/credentials") }

  var configPath: String { expanded(self["AWS_CONFIG_FILE"] ?? "~/.aws/config") }

  private func expanded(_ path: String) -> String {
    path == "~" ? home : path.hasPrefix("~/") ? home + path.dropFirst() : path
  }
}
