import Foundation
import OAuthServer
import OwnerOnlyFiles

/// Puts mails into a folder, one file each, for a person who tries things out or for a mailer that takes them from
/// there.
struct MailFolder: Sendable {
  let path: String
  let sender: String

  init(path: String, sender: String) throws {
    self.path = path
    self.sender = sender
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw KeyFile.Failure(description: "\(path): cannot make the mail folder; may you write there?")
    }
  }

  /// Writes a mail; whoever watches the folder sees whole ones only.
  func send(to recipient: String, subject: String, _ text: String, at now: Date) throws {
    let mail = """
      From: \(sender)
      To: \(recipient)
      Subject: \(subject)
      MIME-Version: 1.0
      Content-Type: text/plain; charset=utf-8
      Content-Transfer-Encoding: 8bit

      \(text)

      """
    let name = "\(Int(now.timeIntervalSince1970 * 1000))-\(randomText(bytes: 9))"
    let unfinished = "\(path)/.\(name)"
    try PrivateFile.create(unfinished, mail.replacing("\n", with: "\r\n"), what: "mail")
    try FileManager.default.moveItem(atPath: unfinished, toPath: "\(path)/\(name).eml")
  }
}
