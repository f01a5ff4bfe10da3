/// A file or folder of a ``ModelDisk``: what programs see of it, what is durable, and what lies between.
struct ModelNode {
  enum Kind { case file, folder, symbolicLink }

  /// A change that programs see already and that may or may not survive a cut.
  struct Change {
    enum What {
      /// The file became this long.
      case length(Int)
      /// These bytes were written here; those beyond the file's length at a cut are nowhere.
      case data(offset: Int, bytes: [UInt8])
      /// A name was made.
      case link(String, node: Int)
      /// A name was removed.
      case unlink(String)
      /// A name was changed, over another one if there was one. One step: never half.
      case rename(String, to: String, node: Int)
    }

    var what: What
    /// Whether a sync failed since. The kernel then takes the data for written: no later sync makes it durable, and yet
    /// it may be on the medium.
    var isLost = false
  }

  var kind: Kind
  var mode: UInt32
  var owner: UInt32
  var parent: Int
  var contents: [UInt8] = []
  var durableContents: [UInt8] = []
  var names: [String: Int] = [:]
  var durableNames: [String: Int] = [:]
  var pending: [Change] = []

  /// A successful sync.
  mutating func makeDurable() {
    for change in pending where !change.isLost { apply(change.what) }
    pending.removeAll { !$0.isLost }
  }

  /// A failed sync. Names are not lost by it: file systems keep those in a journal, which is tried again.
  mutating func loseData() {
    guard kind == .file else { return }
    for index in pending.indices { pending[index].isLost = true }
  }

  /// Lets a change happen to the durable side.
  mutating func apply(_ what: Change.What) {
    switch what {
    case .length(let length):
      if length > durableContents.count {
        durableContents += [UInt8](repeating: 0, count: length - durableContents.count)
      }
    case .data(let offset, let bytes):
      for (index, byte) in bytes.enumerated() where offset + index < durableContents.count {
        durableContents[offset + index] = byte
      }
    case .link(let name, let node): durableNames[name] = node
    case .unlink(let name): durableNames[name] = nil
    case .rename(let name, let newName, let node):
      durableNames[name] = nil
      durableNames[newName] = node
    }
  }
}
