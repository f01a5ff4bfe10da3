import CLinux

/// Two ends of a socket that keeps packets apart: one for bluetoothd, one for us.
struct DescriptorPair {
  let ours: Int32
  let theirs: Int32

  /// Makes one; nil if the process has no descriptors left.
  init?() {
    var ends: [Int32] = [-1, -1]
    guard replenish_packet_pair(&ends) == 0 else { return nil }
    ours = ends[0]
    theirs = ends[1]
  }

  /// Closes their end, of which the bus has made its own.
  func closeTheirs() { _ = close(theirs) }
}
