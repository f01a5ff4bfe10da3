/// What the work gives, or something else when it takes longer than so many seconds; then the work is cancelled.
///
/// For an exchange it is needed since the HTTP client's own deadline ends with the head of an answer: a body that drips
/// must end in time too, for others count on a lease being longer than an exchange.
public func within<Value: Sendable>(
  _ seconds: Double, orElse late: Value, _ work: @escaping @Sendable () async -> Value
) async -> Value {
  await withTaskGroup(of: Value.self) { group in
    group.addTask(operation: work)
    group.addTask {
      try? await Task.sleep(for: .seconds(seconds))
      return late
    }
    let first = await group.next()
    group.cancelAll()
    return first ?? late
  }
}
