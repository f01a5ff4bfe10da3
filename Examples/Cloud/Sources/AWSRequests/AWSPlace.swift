import Foundation

/// Where a service is asked: its region and its address.
public struct AWSPlace: Sendable {
  /// The region, which is also signed.
  public let region: String
  /// The address, without a final slash.
  public let address: String

  /// What goes into the header `Host`.
  var host: String { String(address.drop { $0 != "/" }.dropFirst(2)) }

  /// Finds the place of a service.
  ///
  /// - Parameters:
  ///   - service: The service's name in host names, such as `secretsmanager`.
  ///   - identifier: Its name in settings, such as `secrets_manager`.
  ///   - region: The region that a configuration or an ARN names. Without it: `AWS_REGION`, `AWS_DEFAULT_REGION`, the
  ///     profile's.
  public init(
    service: String, identifier: String, region: String?, environment: AWSEnvironment
  ) throws {
    let files = try SharedFiles(environment)
    guard
      let found = region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? files.setting("region")
    else {
      throw AWSFailure(
        .configuration, "no AWS region: set it in the configuration, in AWS_REGION, or in the AWS profile")
    }
    // It becomes part of a host name that is trusted with a signature.
    guard found.wholeMatch(of: /[a-z]{2}[a-z0-9]*(-[a-z0-9]+)+/) != nil, found.utf8.count <= 40 else {
      throw AWSFailure(.configuration, "\(found.prefix(60)) is no AWS region; one is for instance us-east-1")
    }
    self.region = found
    if let custom = Self.custom(identifier: identifier, environment: environment, files: files) {
      address = try Self.checked(custom.address, from: custom.source)
    } else {
      let label = environment.isTrue("AWS_USE_FIPS_ENDPOINT") ? service + "-fips" : service
      let isDualStack = environment.isTrue("AWS_USE_DUALSTACK_ENDPOINT")
      let domain =
        switch (found.hasPrefix("cn-"), isDualStack) {
        case (false, false): "amazonaws.com"
        case (false, true): "api.aws"
        case (true, false): "amazonaws.com.cn"
        case (true, true): "api.amazonwebservices.com.cn"
        }
      address = "https://\(label).\(found).\(domain)"
    }
  }

  private static func custom(
    identifier: String, environment: AWSEnvironment, files: SharedFiles
  ) -> (address: String, source: String)? {
    if environment.isTrue("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") { return nil }
    for name in ["AWS_ENDPOINT_URL_\(identifier.uppercased())", "AWS_ENDPOINT_URL"] {
      if let address = environment[name] { return (address, name) }
    }
    let address = files.setting("endpoint_url", service: identifier) ?? files.setting("endpoint_url")
    return address.map { ($0, "endpoint_url of the AWS profile") }
  }

  /// https, or http on this machine; a host and a port and nothing else.
  private static func checked(_ text: String, from source: String) throws -> String {
    guard
      let parts = text.wholeMatch(of: /(https?):\/\/([A-Za-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?\/?/),
      parts.1 == "https" || ["localhost", "127.0.0.1", "[::1]"].contains(String(parts.2))
    else {
      throw AWSFailure(
        .configuration, "\(source) is not https://HOST or https://HOST:PORT (http is for this machine only)")
    }
    return "\(parts.1)://\(parts.2.lowercased())\(parts.3 ?? "")"
  }
}
