import Foundation
import Hummingbird
import NIOCore

/// What one request of a browser carries.
struct CloudContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Who is at the other end of the connection.
  let peer: SocketAddress?

  init(source: Source) {
    coreContext = CoreRequestContextStorage(source: source)
    peer = source.channel.remoteAddress
  }
}
