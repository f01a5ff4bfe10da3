import CCurl

/// Sets options of one easy handle, and remembers whether one was refused.
struct CurlOptions {
  let easy: UnsafeMutableRawPointer
  private(set) var areSet = true

  init(easy: UnsafeMutableRawPointer) { self.easy = easy }

  mutating func set(_ option: CURLoption, _ value: Int) {
    check(replenish_curl_set_long(easy, option, value))
  }

  /// libcurl copies the string.
  mutating func set(_ option: CURLoption, _ value: String?) {
    guard let value else { return check(replenish_curl_set_string(easy, option, nil)) }
    check(value.withCString { replenish_curl_set_string(easy, option, $0) })
  }

  mutating func set(_ option: CURLoption, _ list: UnsafeMutablePointer<curl_slist>?) {
    check(replenish_curl_set_list(easy, option, list))
  }

  mutating func set(
    _ option: CURLoption, _ function: replenish_curl_data_function?, _ contextOption: CURLoption,
    _ context: UnsafeMutableRawPointer
  ) {
    check(replenish_curl_set_data_function(easy, option, function))
    check(replenish_curl_set_pointer(easy, contextOption, context))
  }

  mutating func setSize(_ option: CURLoption, _ value: Int64) {
    check(replenish_curl_set_size(easy, option, curl_off_t(value)))
  }

  mutating func setPrerequest(_ function: curl_prereq_callback?, _ context: UnsafeMutableRawPointer) {
    check(replenish_curl_set_prerequest_function(easy, function))
    check(replenish_curl_set_pointer(easy, CURLOPT_PREREQDATA, context))
  }

  mutating func setSockets(
    _ open: curl_opensocket_callback?, _ close: curl_closesocket_callback?, _ context: UnsafeMutableRawPointer
  ) {
    check(replenish_curl_set_open_socket_function(easy, open))
    check(replenish_curl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, context))
    check(replenish_curl_set_close_socket_function(easy, close))
    check(replenish_curl_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, context))
  }

  mutating func setShare(_ share: UnsafeMutableRawPointer) {
    check(replenish_curl_set_share(easy, share))
  }

  private mutating func check(_ code: CURLcode) {
    if code != CURLE_OK { areSet = false }
  }
}
