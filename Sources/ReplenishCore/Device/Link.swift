/// A link to an Amazon account, as the `link` record holds it.
final class Link {
  /// How far the link is.
  enum Phase: Equatable {
    /// The code was redeemed; the refresh token has yet to show that it works. No order is made.
    case unproved
    /// Linked.
    case linked
  }

  /// The tokens.
  var credentials: Credentials
  /// How far the link is.
  var phase: Phase

  /// The record's contents.
  func encoded() -> Secret {
    let object = JSONValue.object()
    object.set("phase", phase == .linked ? "linked" : "unproved")
    credentials.write(to: object)
    return object.encoded()
  }

  init(credentials: Credentials, phase: Phase) {
    self.credentials = credentials
    self.phase = phase
  }

  /// Reads a record; nil if it holds no link.
  init?(_ record: Secret) {
    guard let object = try? JSONValue.parse(record), let credentials = Credentials(object) else { return nil }
    self.credentials = credentials
    phase = object["phase"]?.string?.isExactly("linked") == true ? .linked : .unproved
  }
}

/// What is left of an ended link, as the `farewell` record holds it: permission to deregister, and nothing else.
final class Farewell {
  /// The tokens, for the deregistration alone.
  var credentials: Credentials
  /// When the owner ended the link.
  let since: Stamp

  /// The record's contents.
  func encoded() -> Secret {
    let object = JSONValue.object()
    let since = JSONValue.object()
    self.since.write(to: since)
    object.set("since", since)
    credentials.write(to: object)
    return object.encoded()
  }

  init(credentials: Credentials, since: Stamp) {
    self.credentials = credentials
    self.since = since
  }

  /// Reads a record; nil if it holds no farewell.
  init?(_ record: Secret) {
    guard let object = try? JSONValue.parse(record), let credentials = Credentials(object),
      let member = object["since"], let since = Stamp(member)
    else { return nil }
    self.credentials = credentials
    self.since = since
  }
}
