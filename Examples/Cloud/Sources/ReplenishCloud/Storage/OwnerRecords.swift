import Foundation

/// Somebody with an account at the maker.
public struct Owner: Sendable, Equatable, Identifiable {
  /// Random; the mail address may change, this may not.
  public var id: String
  /// The mail address, in lower case.
  public var email: String
  /// The scrypt string of the password.
  public var password: String
}

/// A browser session as stored.
public struct CloudSession: Sendable, Equatable {
  /// The owner; nil before the login.
  public var owner: Owner.ID?
  /// Binds the forms to this session against cross-site posts.
  public var formKey: String
  /// When it dies.
  public var expiresAt: Date
}

/// Something that a link in a mail allows, once.
public struct MailTicket: Sendable, Equatable {
  /// What it allows.
  public enum Purpose: String, Sendable {
    /// Opening the account.
    case signUp
    /// Setting a new password.
    case reset
  }

  /// What it allows.
  public var purpose: Purpose
  /// Whose.
  public var email: String
  /// When it dies.
  public var expiresAt: Date
}

/// How many attempts there may be under a name within a time.
public struct AttemptLimit: Sendable, Equatable {
  /// What is attempted, by whom or where.
  public var name: String
  /// How many, at most.
  public var count: Int
  /// Within how many seconds.
  public var seconds: Double

  /// Creates it.
  public init(_ name: String, _ count: Int, seconds: Double) {
    self.name = name
    self.count = count
    self.seconds = seconds
  }
}
