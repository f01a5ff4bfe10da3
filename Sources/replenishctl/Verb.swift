/// The commands of the program. Their arguments are in ``Invocation``.
enum Verb: CaseIterable {
  case status, press, setup, unlink, identity, slots, order, cancelTestOrders, renewKey, erase

  /// The word on the command line.
  var word: String {
    switch self {
    case .status: "status"
    case .press: "press"
    case .setup: "setup"
    case .unlink: "unlink"
    case .identity: "identity"
    case .slots: "slots"
    case .order: "order"
    case .cancelTestOrders: "cancel-test-orders"
    case .renewKey: "renew-key"
    case .erase: "erase"
    }
  }

  /// What follows the word.
  var arguments: String {
    switch self {
    case .status: "[--json]"
    case .press: "SLOT"
    case .order: "ID"
    case .cancelTestOrders: "[SLOT]"
    case .erase: "[--yes]"
    case .setup, .unlink, .identity, .slots, .renewKey: ""
    }
  }

  /// How many arguments there may be, options not counted.
  var argumentCount: ClosedRange<Int> {
    switch self {
    case .press, .order: 1...1
    case .cancelTestOrders: 0...1
    case .status, .setup, .unlink, .identity, .slots, .renewKey, .erase: 0...0
    }
  }

  /// One line for the list of commands.
  var summary: String {
    switch self {
    case .status: "how the device is, open presses, last results"
    case .press: "order for a slot, as its button does"
    case .setup: "open the setup window for a phone"
    case .unlink: "end the link to the Amazon account"
    case .identity: "model, serial number and its source"
    case .slots: "which slots are subscribed, and to what"
    case .order: "how an order is"
    case .cancelTestOrders: "cancel the test orders of a slot, or of all"
    case .renewKey: "take a new key, certified by the maker's cloud"
    case .erase: "unlink and forget all but the factory's record"
    }
  }

  /// What `--help` adds for this command alone.
  var details: String {
    switch self {
    case .status:
      """
      Nothing of it is secret. With --json it is one line of JSON, in which absent
      values are null.
      """
    case .press:
      """
      SLOT is a name from the configuration ([slot NAME]). This orders on the
      owner's account: it ends as soon as the press is on disk, and prints its id;
      `replenishctl status` shows what becomes of it. A press while the slot has
      an open one joins that one.
      """
    case .setup:
      """
      The window shuts by itself after the time in the configuration, ten minutes
      at most.
      """
    case .unlink:
      """
      From this instant nothing is ordered. Amazon is told as soon as it can be
      reached, within seven days. Presses that are still open become void.
      """
    case .identity:
      """
      Model and serial number are what Amazon knows the device by.
      """
    case .slots:
      """
      Slots carry the ids from the Dash console here, not the names from the
      configuration.
      """
    case .order:
      """
      ID is the order's id (eventInstanceId), which `replenishctl status` shows
      for each press that was ordered.
      """
    case .cancelTestOrders:
      """
      For test devices only: afterwards a press places a test order again, instead
      of being told that one is open.
      """
    case .renewKey:
      """
      For devices that order through the maker's cloud, which knows them by this key.
      The cloud trusts the present key until the new one is used, at the end of
      this. Asking again after a failure is harmless.
      """
    case .erase:
      """
      The tokens, the presses and the link are gone for good; the count of wrong
      guesses at the setup code stays. Asks first where there is a terminal;
      without one, it needs --yes.
      """
    }
  }

  /// The command with this word.
  init?(word: String) {
    for verb in Verb.allCases where verb.word.utf8.elementsEqual(word.utf8) {
      self = verb
      return
    }
    return nil
  }
}
