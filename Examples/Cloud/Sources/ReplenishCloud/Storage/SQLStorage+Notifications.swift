import Foundation

extension SQLStorage {
  /// Whether a notification was noted.
  public func knowsNotification(_ id: String) async throws -> Bool {
    try await database.read { db in
      try db.exists("SELECT 1 FROM notification WHERE id = ?", [id])
    }
  }

  /// Notes a notification until then, and with it what it says of an order, unless something newer is known; false
  /// when it was noted already, and then nothing changes.
  public func note(notification id: String, until: Date, _ news: OrderNews?) async throws -> Bool {
    try await database.write { db in
      let changed = try db.execute(
        "INSERT INTO notification (id, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [id, until.seconds])
      guard changed == 1 else { return false }
      guard let news else { return true }
      try db.execute(
        """
        UPDATE press SET order_status = ?, order_status_at = ?
        WHERE device = ? AND registration = ? AND event_instance_id = ?
        AND (order_status_at IS NULL OR order_status_at <= ?)
        """,
        [
          news.status, news.at.seconds, news.device, news.registration, news.eventInstanceID, news.at.seconds,
        ])
      return true
    }
  }
}
