import ReplenishLinux

/// What a person, a failing medium or another program does to a disk, behind the back of the program under test. All of
/// it is durable at once.
extension ModelDisk {
  /// The names in a folder, sorted.
  package func list(_ path: String) -> [String] {
    guard let node = try? resolve(path, from: ModelDisk.root) else { return [] }
    return nodes[node]?.names.keys.sorted() ?? []
  }

  /// The bytes of a file; nil if there is none.
  package func contents(_ path: String) -> [UInt8]? {
    guard let node = try? resolve(path, from: ModelDisk.root) else { return nil }
    return nodes[node]?.contents
  }

  /// Whether any file holds these bytes.
  package func holds(_ bytes: [UInt8]) -> Bool {
    nodes.values.contains { node in
      node.contents.count >= bytes.count
        && (0...(node.contents.count - bytes.count)).contains { node.contents[$0...].starts(with: bytes) }
    }
  }

  /// Replaces the bytes of a file.
  package func overwrite(_ path: String, _ bytes: [UInt8]) {
    change(path) { node in
      node.contents = bytes
      node.durableContents = bytes
    }
  }

  /// Makes a file, or replaces one.
  package func put(_ name: String, in folder: String, _ bytes: [UInt8], mode: UInt32 = 0o600) {
    guard let parent = try? resolve(folder, from: ModelDisk.root) else { return }
    let number = nextNode
    nextNode += 1
    var node = ModelNode(kind: .file, mode: mode, owner: user, parent: parent)
    node.contents = bytes
    node.durableContents = bytes
    nodes[number] = node
    nodes[parent]?.names[name] = number
    nodes[parent]?.durableNames[name] = number
  }

  /// Removes a file.
  package func take(_ name: String, from folder: String) {
    change(folder) { node in
      node.names[name] = nil
      node.durableNames[name] = nil
    }
  }

  /// Gives a file a second name.
  package func link(_ name: String, to newName: String, in folder: String) {
    change(folder) { node in
      node.names[newName] = node.names[name]
      node.durableNames[newName] = node.durableNames[name]
    }
  }

  /// Changes permission bits.
  package func setMode(_ path: String, _ mode: UInt32) { change(path) { $0.mode = mode } }

  /// Changes the owner.
  package func setOwner(_ path: String, _ owner: UInt32) { change(path) { $0.owner = owner } }

  /// Turns a file into a symbolic link.
  package func makeSymbolicLink(_ path: String) { change(path) { $0.kind = .symbolicLink } }

  private func change(_ path: String, _ change: (inout ModelNode) -> Void) {
    guard let number = try? resolve(path, from: ModelDisk.root), var node = nodes[number] else { return }
    change(&node)
    nodes[number] = node
  }
}
