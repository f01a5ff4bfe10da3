import CLinux

/// What the process at the other end of the control socket may ask for.
public enum ControlAccess: Int, Comparable {
  /// Nothing.
  case none
  /// Status, identity and slots.
  case read
  /// Everything: orders and the link too.
  case act

  /// Orders them by how much they allow.
  public static func < (left: ControlAccess, right: ControlAccess) -> Bool { left.rawValue < right.rawValue }

  /// The most groups of a peer that are looked at. The kernel allows more; nobody's board has them.
  private static var maximumGroups: Int { 256 }

  /// What the peer of a connected socket may do, by what the kernel says of it when it connected (`SO_PEERCRED`,
  /// `SO_PEERGROUPS`): root and the daemon's own user everything, members of the groups what the groups allow.
  static func ofPeer(_ socket: Int32, readGroup: UInt32?, actGroup: UInt32?) -> ControlAccess {
    var user: UInt32 = 0
    var group: UInt32 = 0
    guard replenish_peer(socket, &user, &group) == 0 else { return .none }
    var groups = [UInt32](repeating: 0, count: maximumGroups)
    // More groups than fit is an error; then only the first one counts, which denies rather than grants.
    let count = max(replenish_peer_groups(socket, &groups, Int32(groups.count)), 0)
    return of(
      user: user, groups: [group] + groups[..<Int(count)], own: geteuid(), readGroup: readGroup, actGroup: actGroup)
  }

  static func of(user: UInt32, groups: [UInt32], own: UInt32, readGroup: UInt32?, actGroup: UInt32?) -> ControlAccess {
    if user == 0 || user == own { return .act }
    if let actGroup, groups.contains(actGroup) { return .act }
    if let readGroup, groups.contains(readGroup) { return .read }
    return .none
  }
}

/// The groups of the system.
public enum SystemGroup {
  /// The number of a group; nil if there is none of that name.
  public static func number(named name: String) -> UInt32? {
    name.withCString { getgrnam($0) }?.pointee.gr_gid
  }
}
