import Foundation
import OAuthServer

extension ManagedIntegrations {
  /// Where the browser goes after the callback.
  enum Arrival: Sendable, Equatable {
    case redirect(String)
    /// The destination names no address to go to.
    case page(title: String, message: String, isGood: Bool)
  }

  /// A browser is back from the authorization server. Its `state` is good once.
  func arrive(_ query: FormParameters) async -> Arrival {
    guard query.repeated.isEmpty, let state = query["state"], let journey = journeys.removeValue(forKey: state),
      let association = associations[journey.association], let destination = destinations[association.destination]
    else {
      return .page(
        title: "Not valid", message: "This address was used already, or is none of ours. Begin again in the app.",
        isGood: false)
    }
    var failure: LinkFailure?
    if let error = query["error"] {
      failure = LinkFailure(code: error, text: query["error_description"] ?? error)
    } else if let code = query["code"] {
      failure = await link(association.id, code, journey.verifier, destination)
    } else {
      failure = LinkFailure(code: Unverified.failed, text: "The authorization server sent neither code nor error")
    }
    if let failure { fail(association.id, failure) }
    return Self.arrival(destination.oauth?.completeRedirect, failure)
  }

  /// Why a link did not come about; the code is OAuth's.
  struct LinkFailure: Sendable, Equatable {
    var code: String
    var text: String

    init(code: String, text: String) {
      let isWord = code.utf8.count <= 64 && code.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil
      self.code = isWord ? code : Unverified.failed
      self.text = ManagedIntegrations.sanitised(text)
    }
  }

  /// A text in the pattern of `ErrorMessage`: what does not fit becomes a space.
  static func sanitised(_ text: String) -> String {
    let fit = text.unicodeScalars.map { scalar -> Character in
      scalar.isASCII && Character(scalar).isLetter || ("0"..."9").contains(scalar) || scalar == "-" || scalar == "_"
        ? Character(scalar) : " "
    }
    let words = String(fit).split(separator: " ").joined(separator: " ").prefix(4096)
    return words.isEmpty ? "Unknown error" : String(words)
  }

  private static func arrival(_ complete: String?, _ failure: LinkFailure?) -> Arrival {
    // Anything else than the web, such as the documents' own `about:blank`, is nowhere to send a browser to.
    guard let complete, TextRule.completeRedirectURL.problem(complete) == nil,
      complete.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      return .page(
        title: failure == nil ? "Linked" : "Not linked",
        message: failure.map { "\($0.code): \($0.text)" } ?? "The account is linked. You may close this page.",
        isGood: failure == nil)
    }
    guard let failure else { return .redirect(complete) }
    return .redirect(adding([("error", failure.code), ("error_description", failure.text)], to: complete))
  }

  private func fail(_ id: String, _ failure: LinkFailure) {
    guard var association = associations[id], association.state == .inProgress else { return }
    association.state = .failed
    association.error = failure.text
    association.authorizationURL = ""
    associations[id] = association
    report(association, failure.text, isError: true)
  }

  // MARK: Activation

  private func link(
    _ id: String, _ code: String, _ verifier: String, _ destination: ConnectorDestination
  ) async -> LinkFailure? {
    let form = [
      ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callback()), ("code_verifier", verifier),
    ]
    switch await askForTokens(form, destination, previous: nil) {
    case .success(let tokens): return await activate(id, .token(tokens.access), tokens)
    case .failure(let failure): return failure.link
    }
  }

  /// Has the connector say whose account it is. Only then new tokens replace the ones before.
  private func activate(
    _ id: String, _ authorization: InvocationEnvelope.Authorization, _ tokens: AccountAssociation.Tokens?
  ) async -> LinkFailure? {
    func failed(_ text: String) -> LinkFailure { LinkFailure(code: Unverified.failed, text: text) }
    switch await invoke(.activateUser, id, authorization) {
    case .failure(let failure): return failed(failure.text)
    case .success(let answer):
      guard let userID = answer.userID, TextRule.userID.problem(userID) == nil else {
        return failed("The connector sent no userId that fits its pattern")
      }
      guard var association = associations[id], association.state == .inProgress else {
        return failed("The account association changed meanwhile")
      }
      guard association.userID == nil || association.userID == userID else {
        return failed("The account is another one than before")
      }
      association.userID = userID
      association.tokens = tokens
      association.state = .succeeded
      association.error = nil
      association.authorizationURL = ""
      associations[id] = association
      report(association, "Account association succeeded")
      return nil
    }
  }

  /// Links an account without a browser, by a secret of the customer's own.
  func activateByMaterial(_ id: String) async {
    guard let authorization = authorization(of: id) else { return }
    if let failure = await activate(id, authorization, nil) { fail(id, failure) }
  }

  /// What an association authorizes with.
  func authorization(of id: String) -> InvocationEnvelope.Authorization? {
    guard let association = associations[id] else { return nil }
    if let material = association.material {
      return destinations[association.destination]?.materials[material].map { .material($0) }
    }
    return association.tokens.map { .token($0.access) }
  }

  /// Has the connector revoke the tokens, and then forgets the association. Where the connector does not say that it
  /// did, the association stays, and may be deleted again.
  func deactivate(_ id: String) async {
    // A token that cannot be refreshed still names what is to be revoked.
    if associations[id]?.tokens != nil { _ = await freshen(id) }
    if let authorization = authorization(of: id), associations[id]?.userID != nil {
      if case .failure(let failure) = await invoke(.deactivateUser, id, authorization) {
        associations[id]?.error = Self.sanitised(failure.text)
        return
      }
    }
    guard let association = associations.removeValue(forKey: id) else { return }
    for (discovery, found) in discoveries where found.association == id { discoveries[discovery] = nil }
    report(association, "Account association was deleted")
  }
}
