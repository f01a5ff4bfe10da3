/// Why a certificate cannot be given: what was wrong, where, and what to do.
public struct CertificateFault: Error, Equatable {
  /// One sentence for a person.
  public let text: String

  init(_ text: String) { self.text = text }
}
