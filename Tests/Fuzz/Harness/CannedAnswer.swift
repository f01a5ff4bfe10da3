@testable import ReplenishCore

/// The ways in which a request usually ends.
enum CannedAnswer {
  /// One of them; any number names one.
  static func outcome(_ number: Int) -> HTTPOutcome {
    switch number % 16 {
    case 0, 1, 2: answer(200, tokens(number))
    case 3, 4: answer(200, #"{"eventInstanceId":"amzn1.dash.v2.o.1","detailCode":"STANDARD_ORDER_PLACED"}"#)
    case 5: answer(200, #"{"detailCode":"ORDER_INPROGRESS"}"#)
    case 6: answer(200, #"{"detailCode":"SOMETHING_NEW"}"#)
    case 7: answer(400, #"{"error":"invalid_grant","error_description":"used"}"#)
    case 8: answer(400, #"{"message":"Invalid token"}"#, errorType: "InvalidTokenException")
    case 9: answer(404, #"{"message":"no such slot"}"#)
    case 10: answer(503, "", retryAfter: 30)
    case 11: answer(200, "<html>captive portal</html>", type: "text/html")
    case 12: answer(200, "", type: nil)
    case 13: .failed(TransportFailure(.notConnected, mayHaveBeenSent: false))
    case 14: .failed(TransportFailure(.broken, mayHaveBeenSent: true))
    default: answer(401, #"{"error":"invalid_client"}"#)
    }
  }

  private static func tokens(_ number: Int) -> String {
    let refresh = number % 16 == 2 ? "" : #""refresh_token":"Atzr|2","#
    return #"{"access_token":"Atza|1",\#(refresh)"token_type":"bearer","expires_in":\#(number % 16 == 1 ? 1 : 3600)}"#
  }

  private static func answer(
    _ status: Int, _ body: String, type: String? = "application/json", errorType: String? = nil, retryAfter: Int? = nil
  ) -> HTTPOutcome {
    .answered(
      HTTPAnswer(
        status: status, contentType: type, errorType: errorType, retryAfter: retryAfter, body: Secret(copying: body)))
  }
}
