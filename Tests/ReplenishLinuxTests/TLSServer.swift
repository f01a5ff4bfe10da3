import Foundation
import Testing

/// An HTTPS server of its own process (Python's `ssl`), with a certificate authority made for it by `openssl`.
///
/// It misbehaves by path; see the script. Nothing of it is shared with what it tests.
final class TLSServer {
  let folder: TemporaryFolder
  let port: Int
  var authority: String { folder.path + "/ca.pem" }
  private let process = Process()

  init() throws {
    folder = try TemporaryFolder()
    try TLSServer.openssl(
      folder,
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem"
        + " -days 2 -subj /CN=TestAuthority -addext basicConstraints=critical,CA:TRUE")
    try TLSServer.openssl(
      folder,
      "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key"
        + " -out server.csr -subj /CN=localhost")
    try folder.write("names", "subjectAltName=DNS:localhost\n")
    try TLSServer.openssl(
      folder,
      "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem"
        + " -days 2 -extfile names")
    try folder.write("server.py", TLSServer.script)
    let output = Foundation.Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "server.py"]
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardOutput = output
    try process.run()
    var line = ""
    while !line.hasSuffix("\n") {
      let byte = output.fileHandleForReading.readData(ofLength: 1)
      try #require(!byte.isEmpty, "the server of the test did not start; is python3 installed?")
      line += String(decoding: byte, as: UTF8.self)
    }
    port = try #require(Int(line.dropLast()))
  }

  deinit {
    // SIGTERM would stay pending: the child has inherited the signal mask of a test's thread.
    kill(process.processIdentifier, SIGKILL)
  }

  /// The request lines and connections that it has seen, one a line.
  func seen() throws -> [String] {
    let text = try String(contentsOfFile: folder.path + "/seen", encoding: .utf8)
    return text.split(separator: "\n").map(String.init)
  }

  private static func openssl(_ folder: TemporaryFolder, _ arguments: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "openssl \(arguments)")
  }

  private static let script = #"""
    import json, socket, ssl, sys, threading

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("server.pem", "server.key")
    lock = threading.Lock()

    def note(text):
        with lock, open("seen", "a") as file:
            file.write(text + "\n")

    def answer(stream, status, fields, body):
        head = "HTTP/1.1 %s\r\n" % status
        head += "".join("%s: %s\r\n" % field for field in fields)
        stream.sendall(head.encode() + ("Content-Length: %d\r\n\r\n" % len(body)).encode() + body)

    def serve(plain):
        try:
            stream = context.wrap_socket(plain, server_side=True)
        except (ssl.SSLError, OSError):
            note("refused")
            return
        note("connection %s resumed=%s" % (stream.version(), stream.session_reused))
        file = stream.makefile("rb")
        while True:
            line = file.readline()
            if not line:
                return
            method, path, _ = line.decode().split(" ")
            headers = []
            while True:
                field = file.readline().decode().strip()
                if not field:
                    break
                headers.append(field)
            lengths = [int(field.split(":")[1]) for field in headers if field.lower().startswith("content-length:")]
            body = file.read(lengths[0]) if lengths else b""
            note("%s %s" % (method, path))
            if path == "/echo":
                seen = {"method": method, "headers": headers, "body": body.decode()}
                fields = [("Content-Type", "application/json"), ("X-Amzn-RequestId", "id-1"),
                          ("x-amzn-ErrorType", "None:here"), ("Retry-After", "17")]
                answer(stream, "200 OK", fields, json.dumps(seen).encode())
            elif path == "/redirect":
                answer(stream, "302 Found", [("Location", "/echo")], b"elsewhere")
            elif path == "/error":
                answer(stream, "400 Bad Request", [("x-amzn-errortype", "InvalidTokenException:x")], b'{"message":"m"}')
            elif path == "/big":
                answer(stream, "200 OK", [], b"x" * 70000)
            elif path == "/stream":
                stream.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                try:
                    while True:
                        stream.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                except OSError:
                    return
            elif path == "/headers":
                answer(stream, "200 OK", [("X-Filler-%d" % i, "y" * 1000) for i in range(40)], b"")
            elif path == "/cut":
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                stream.close(); plain.close()
                return
            elif path == "/mute":
                stream.close(); plain.close()
                return
            elif path == "/goodbye":
                answer(stream, "200 OK", [], b"")
                stream.settimeout(0.1)
                try:
                    stream.unwrap()
                except (ssl.SSLError, OSError):
                    pass
                stream.close(); plain.close()
                note("closed")
                return
            elif path == "/hang":
                file.read(1)
                return

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    open("seen", "w").close()
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()
    """#
}
