import ReplenishCompanion
import ReplenishHost

extension CompanionOptions {
  /// Every option.
  static let all = device + amazon + others + tests

  private static let device = [
    CommandLineOption(
      "bluetooth", letter: "b",
      "look for the device over Bluetooth LE, with this machine's adapter: the one that\nthe label names, or the only one in its setup window"
    ),
    CommandLineOption("adapter", letter: "a", argument: "hciN", "which adapter; the first by default"),
    CommandLineOption("short-id", argument: "ID", "look for this short id, where there is no label to name it"),
    CommandLineOption(
      "name", letter: "n", argument: "NAME", "look for the device with this name, where there is no label"),
    CommandLineOption(
      "socket", letter: "s", argument: "PATH",
      "a device without Bluetooth: its socket on this machine (SOCK_SEQPACKET, ATT packets)"),
    CommandLineOption(
      "label-file", letter: "l", argument: "FILE",
      "a file with what the label's QR code says, as replenish-factory's\nlabels/SERIAL.txt; - reads the standard input"
    ),
    CommandLineOption("label", argument: "TEXT", "what the QR code says: replenish:v1?…"),
    CommandLineOption("code-file", argument: "FILE", "a file with the setup code alone; - reads the standard input"),
    CommandLineOption("code", letter: "c", argument: "CODE", "the setup code, 1234-5678"),
    CommandLineOption("model", argument: "MODEL", "refuse a device of another model; a label names its own"),
    CommandLineOption("wait", "if the device asks to wait before the next try, wait and try again"),
    CommandLineOption("identify", "have the device's light say \"this one\", and end"),
  ]

  private static let amazon = [
    CommandLineOption("client-id", letter: "i", argument: "ID", "the client id of the LWA security profile"),
    CommandLineOption(
      "redirect-uri", letter: "r", argument: "URI",
      "an allowed return URL of that profile; \(usualRedirectURI) by default"),
    CommandLineOption("authorize-url", argument: "URL", "where the owner logs in; Amazon by default"),
    CommandLineOption("ca-file", argument: "FILE", "trust only the certificate authorities in this PEM file"),
    CommandLineOption(
      "login-file", argument: "FILE",
      "log in without a browser, at the local stand-in: a file with user:password;\n- reads the standard input"),
    CommandLineOption("login", argument: "USER:PASSWORD", "the same on the command line"),
    CommandLineOption("open", letter: "o", "open the login in the desktop's browser (xdg-open)"),
    CommandLineOption(
      "paste", letter: "p", "have the redirect pasted; without it a redirect URI on this machine is listened to"),
    CommandLineOption(
      "test-device", letter: "t", argument: "yes|no",
      "register a test device, whose orders are simulated; as the device says by default"),
    CommandLineOption(
      "tries", argument: "NUMBER", "how often to log in again if the device could not use the code; 1 by default"),
  ]

  private static let others = [
    CommandLineOption(
      "verbose", letter: "v", "show the kinds of messages on the standard error; never what is in them"),
    CommandLineOption("help", letter: "h", "print this and end"),
  ]

  private static let tests = [
    CommandLineOption("wrong-code-first", "try a wrong setup code first, then the right one over the same connection"),
    CommandLineOption(
      "hang-up-after", argument: "STEP",
      "hang up after \(HangUp.allCases.map(\.rawValue).joined(separator: ", "))"),
    CommandLineOption("spoil-code-first", "hand over a wrong authorization code on the first try; see --tries"),
    CommandLineOption("refuse-consent", "with a login: press the button that refuses"),
  ]

  static let help = """
    Usage: companion --bluetooth --label-file FILE --client-id ID [--redirect-uri URI] [--open]
           companion --socket PATH --label-file FILE --client-id ID --authorize-url URL --ca-file FILE --login-file FILE

    The phone's part of linking a device: proves the setup code, has the owner log in at Amazon, and hands the
    authorization code to the device. It never sees a token, nor the verifier.

    The device:
    \(CommandLineOptions.describe(device))
    Amazon:
    \(CommandLineOptions.describe(amazon))
    Others:
    \(CommandLineOptions.describe(others))
    For tests of a device:
    \(CommandLineOptions.describe(tests))
    --bluetooth needs the capabilities CAP_NET_ADMIN and CAP_NET_RAW (root has them), and works beside bluetoothd.
    Other users of a machine see its command lines: use --label-file, --code-file and --login-file where that matters.

    Exit codes:
      0   linked (or, with --identify, the device shows itself)
      2   the command line is wrong, or a file it names cannot be read
      3   the device cannot be reached or found, or went away; no adapter, or no right to use it
      4   the setup code is wrong
      5   the device lets nobody try a setup code for a while
      6   no authorization code: login or consent refused, wrong state, nobody logged in
      7   the device had the code and could not link itself; it says why
      8   the login page cannot be reached, or its certificate is not trusted
      9   companion and device do not understand each other
      10  hung up on purpose (--hang-up-after)
    """
}
