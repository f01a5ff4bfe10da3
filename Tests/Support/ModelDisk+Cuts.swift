extension ModelDisk {
  /// How many changes may or may not survive a cut now.
  package var pendingCount: Int { reachablePending.count }

  /// The disks that a cut of the power may leave: every subset of the pending changes if these are no more than `limit`
  /// subsets, else `limit` of them, always the same, the empty and the full one among them.
  package func survivors(limit: Int = 1024) -> [ModelDisk] {
    let count = pendingCount
    if count < 20, 1 << count <= limit {
      return (0..<(1 << count)).map { mask in afterCut { mask >> $0 & 1 == 1 } }
    }
    var random = SplitMix64(state: 0x5EED)
    return (0..<limit).map { sample in
      switch sample {
      case 0: return afterCut { _ in false }
      case 1: return afterCut { _ in true }
      default:
        // Few or most of them, not always half.
        let share = random.next() % 7 + 1
        let choices = (0..<count).map { _ in random.next() % 8 < share }
        return afterCut { choices[$0] }
      }
    }
  }

  /// The disk that a cut leaves if, of the pending changes in the order they were made in each file and folder, those
  /// have happened that `happened` names.
  package func afterCut(_ happened: (Int) -> Bool) -> ModelDisk {
    var nodes = nodes
    for (index, place) in reachablePending.enumerated() where happened(index) {
      if let what = nodes[place.node]?.pending[place.change].what { nodes[place.node]?.apply(what) }
    }
    nodes = nodes.mapValues { node in
      var node = node
      node.pending = []
      node.contents = node.durableContents
      node.names = node.durableNames
      return node
    }
    return copy(nodes: nodes.filter { ModelDisk.isReachable($0.key, nodes) })
  }

  /// What is pending in all that has, had or may get back a name.
  private var reachablePending: [(node: Int, change: Int)] {
    var places: [(node: Int, change: Int)] = []
    for number in nodes.keys.sorted() where mayBeNamed(number) {
      for change in nodes[number]?.pending.indices ?? 0..<0 { places.append((number, change)) }
    }
    return places
  }

  private func mayBeNamed(_ number: Int) -> Bool {
    if number == ModelDisk.root { return true }
    return nodes.values.contains { folder in
      folder.durableNames.values.contains(number)
        || folder.pending.contains {
          switch $0.what {
          case .link(_, let node), .rename(_, _, let node): node == number
          default: false
          }
        }
    }
  }

  private static func isReachable(_ number: Int, _ nodes: [Int: ModelNode]) -> Bool {
    number == root || nodes.values.contains { $0.names.values.contains(number) }
  }
}

/// A small generator whose every run is the same.
private struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
