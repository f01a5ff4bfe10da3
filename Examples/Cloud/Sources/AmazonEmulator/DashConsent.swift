import Foundation
import OAuthServer

/// The customers as the authorization server sees them.
struct CustomerDirectory: AccountDirectory {
  let customers: [EmulatorConfiguration.Customer]

  func subject(user: String, password: String) async throws -> String? {
    customers.first { $0.email == user && constantTimeEqual(Array($0.password.utf8), Array(password.utf8)) }?.email
  }
}

/// Reads `scope_data` and turns a consent into a registration.
struct DashConsent: ConsentPolicy {
  let dash: DashAccounts

  func details(
    of parameters: FormParameters, scope: Scope, client: OAuthClient
  ) async throws -> AuthorizationDetails {
    guard scope.words.contains("dash:replenish") else { return AuthorizationDetails() }
    guard let text = parameters["scope_data"] else {
      throw OAuthError(
        .invalidRequest, .missing(parameter: "scope_data"), "The scope dash:replenish needs scope_data; send it.")
    }
    let data = try ScopeData(text: text)
    let allowsRealOrders = await dash.allowsRealOrders
    guard data.isTestDevice || allowsRealOrders else {
      throw OAuthError(
        .invalidRequest, .invalid(parameter: "scope_data"),
        "This emulator takes test devices only; send is_test_device true or start it with --allow-real-orders.")
    }
    return AuthorizationDetails(
      lines: [
        "Device: \(data.model), serial number \(data.serial)",
        data.isTestDevice ? "Test device: nothing is bought" : "Real orders",
      ],
      data: String(decoding: try JSONEncoder().encode(data), as: UTF8.self))
  }

  func resource(
    for details: AuthorizationDetails, subject: String, client: OAuthClient
  ) async throws -> String? {
    guard let text = details.data else { return nil }
    let data = try JSONDecoder().decode(ScopeData.self, from: Data(text.utf8))
    return await dash.register(data, customer: subject)
  }
}
