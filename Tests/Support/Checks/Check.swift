/// One thing that is checked, with a name to find it by: in the host's tests and in the self-test on the board alike.
package struct Check {
  /// The suite and, after a colon, what of it; unique.
  package let name: String
  private let body: (Findings) throws(VectorFault) -> Void

  /// Makes a check.
  package init(_ name: String, _ body: @escaping (Findings) throws(VectorFault) -> Void) {
    self.name = name
    self.body = body
  }

  /// Does it; what was wrong, each in a sentence, nothing if all is well.
  package func run() -> [String] {
    let findings = Findings()
    do throws(VectorFault) { try body(findings) } catch { findings.add(error.text) }
    if findings.compared == 0 { findings.add("it compared nothing") }
    return findings.wrong
  }
}

/// What a check found.
package final class Findings {
  /// What was wrong.
  package private(set) var wrong: [String] = []
  /// How many comparisons were made; a check that makes none has failed.
  package private(set) var compared = 0

  /// Notes `text` unless `isRight`.
  package func expect(_ isRight: Bool, _ text: @autoclosure () -> String) {
    compared += 1
    if !isRight { wrong.append(text()) }
  }

  /// Notes something wrong.
  package func add(_ text: String) {
    compared += 1
    wrong.append(text)
  }
}

/// Why a vector or another input of a check cannot be used.
package struct VectorFault: Error {
  /// What is wrong and where.
  package let text: String

  /// Makes a fault.
  package init(_ text: String) { self.text = text }
}
