import Foundation
import ReplenishFuzzHarness
import Testing

extension FuzzTests {
  /// Replays every file of the fuzzing corpus: what once crashed, and what reaches deep.
  @Suite struct CorpusTests {
    static let folder = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzz/Corpus")

    @Test(arguments: FuzzTarget.allCases)
    func everyInputKeepsThePromises(_ target: FuzzTarget) throws {
      let folder = CorpusTests.folder.appendingPathComponent(target.rawValue)
      let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      try #require(!files.isEmpty, "no corpus in \(folder.path): write it with Tests/Fuzz/seeds")
      for file in files.sorted(by: { $0.path < $1.path }) {
        let input = [UInt8](try Data(contentsOf: file))
        #expect(throws: Never.self, "\(target.rawValue)/\(file.lastPathComponent)") { try target.run(input) }
      }
    }

    @Test func everyFolderBelongsToATarget() throws {
      let names = try FileManager.default.contentsOfDirectory(atPath: CorpusTests.folder.path)
      #expect(Set(names) == Set(FuzzTarget.allCases.map { $0.rawValue }))
    }
  }
}
