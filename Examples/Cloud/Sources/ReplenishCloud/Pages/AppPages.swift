import Foundation
import Hummingbird
import Logging
import OAuthServer
import TextEncodings

/// The apps that an owner allowed something, and their end.
extension CloudPages {
  func addAppPages(to router: Router<CloudContext>) {
    router.get("/apps") { try await owned($0, $1) { try await showApps($0, $1) } }
    router.post("/apps/:id/end") { try await submittedByOwner($0, $1, endApp) }
  }

  private func showApps(_ visit: Visit, _ owner: Owner.ID) async throws -> Response {
    let apps = try await storage.connectedApps(of: owner).map { app -> [String: Any] in
      let path = "/apps/\(percentEncoded(app.client))/end"
      return [
        "name": app.name, "scopes": CloudScope.words(app.scope), "since": Self.display(app.since),
        "lastUsed": Self.display(app.lastUsedAt), "path": path, "form": visit.found.formToken(for: path),
        "isRepeated": app.grants > 1, "grants": app.grants,
      ]
    }
    return page("cloud-apps", title: "Connected apps", visit, ["apps": apps, "hasApps": !apps.isEmpty])
  }

  private func endApp(_ submission: Submission, _ owner: Owner.ID) async throws -> Response {
    let segment = submission.visit.path.split(separator: "/").dropFirst().first ?? ""
    let client = segment.removingPercentEncoding ?? ""
    if try await storage.endApp(client, of: owner) { logger.info("an owner ended what \(client) may do") }
    return PageLibrary.redirect(to: "/apps")
  }
}
