import ReplenishCore
import ReplenishLinux

/// The folder `Tests/Vectors`, or a copy of it on a board. A missing file, a file without vectors and an unknown kind are
/// faults: nothing is skipped.
package struct VectorFolder: Sendable {
  private let path: String

  /// Makes one that reads in a folder.
  package init(_ path: String) { self.path = path }

  /// What is in a file.
  package func file(_ name: String) throws(VectorFault) -> TestJSON {
    let file = path + "/" + name + ".json"
    let bytes: [UInt8]
    do throws(Errno) { bytes = try SmallFile.read(file, limit: 1 << 20) } catch {
      throw VectorFault("\(file): \(error.text); name the folder of the vectors with --vectors")
    }
    guard let value = TestJSON.parse(bytes) else { throw VectorFault("\(file) is not JSON") }
    return value
  }

  /// The elements of a list of objects in a file.
  package func list(_ name: String, _ key: String = "vectors") throws(VectorFault) -> [Vector] {
    guard let elements = try file(name)[key]?.elements, !elements.isEmpty else {
      throw VectorFault("\(name).json has no list \(key), or an empty one")
    }
    var vectors: [Vector] = []
    for element in elements { vectors.append(try Vector(element, in: name)) }
    return vectors
  }

  /// One check for each vector of a list of a file; one that fails where the file cannot be used.
  package func checks(
    of name: String, _ key: String = "vectors", label: String = "name",
    _ body: @escaping (Vector, Findings) throws(VectorFault) -> Void
  ) -> [Check] {
    let list = key.utf8.elementsEqual("vectors".utf8) ? name : name + " " + key
    do throws(VectorFault) {
      var checks: [Check] = []
      var seen: [String: Int] = [:]
      for vector in try self.list(name, key) {
        let label = try vector.text(label)
        let times = seen[label, default: 0] + 1
        seen[label] = times
        let unique = times == 1 ? label : "\(label) (\(times))"
        checks.append(
          Check("\(list): \(unique)") { (findings) throws(VectorFault) in try body(vector, findings) })
      }
      return checks
    } catch {
      return [Check("\(list): can be read") { (_) throws(VectorFault) in throw error }]
    }
  }

  /// Checks that the files with a prefix are these and no others, so that one that nobody reads is noticed.
  package func holdsExactly(prefix: String, _ expected: [String]) -> Check {
    Check("vectors: the files \(prefix)*") { (findings) throws(VectorFault) in
      let found: [String]
      do throws(Errno) {
        let files = LinuxFileSystem()
        let folder = try files.openFolder(path, in: nil)
        found = try files.names(in: folder)
        try files.close(folder)
      } catch { throw VectorFault("\(path): \(error.text)") }
      let names = found.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
      findings.expect(Set(names) == Set(expected), "found \(names.sorted().joined(separator: " "))")
    }
  }

  /// The value of a text that the device made.
  package func made(_ text: String, _ what: String) throws(VectorFault) -> TestJSON {
    guard let value = TestJSON.parse(Array(text.utf8)) else { throw VectorFault("\(what) is not JSON: \(text)") }
    return value
  }
}
