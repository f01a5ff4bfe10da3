import Foundation
import OwnerOnlyFiles

/// The secret of the LWA security profile, in a file of its own.
public enum ClientSecret {
  /// Reads it; one line, readable by its owner only.
  public static func read(_ path: String) throws -> String {
    let text = try PrivateFile.read(
      path, what: "client secret", hint: "write it from the LWA console into a file of mode 600"
    ).trimmingCharacters(in: .whitespacesAndNewlines)
    guard !text.isEmpty, !text.contains(where: \.isNewline) else {
      throw KeyFile.Failure(description: "\(path): a client secret is one line.")
    }
    return text
  }
}
