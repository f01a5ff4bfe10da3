"""A man in the middle that the device is told to trust: it hears what the device says to Amazon, and passes it on.

Only a test can have one, by putting its certificate into the device's ca-file. It exists to learn the secrets of a run:
code and verifier are nowhere else to be found.
"""

import http.client
import http.server
import json
import ssl
import subprocess
import threading
from urllib.parse import parse_qs, urlsplit


class Recorder:
    """Listens on a port of this machine and forwards each request to the emulator."""

    def __init__(self, amazon, folder, names="DNS:localhost", days=2):
        self.amazon = amazon
        self.secrets = {}  # kind -> set of bytes
        certificate, key = folder / "recorder.pem", folder / "recorder.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-subj", "/CN=localhost", "-addext", f"subjectAltName={names}", "-days", str(days)]
            + ["-keyout", str(key), "-out", str(certificate)],
            check=True,
            capture_output=True,
        )
        self.ca = folder / "both.pem"
        self.ca.write_text(certificate.read_text() + amazon.ca.read_text())
        self.trust = ssl.create_default_context(cafile=str(amazon.ca))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                recorder.forward(self)

            do_GET = do_POST = do_DELETE = forward

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def note(self, kind, text):
        if text:
            self.secrets.setdefault(kind, set()).add(text.encode())

    def forward(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        form = parse_qs(body.decode(errors="replace"))
        for field in ("code", "code_verifier", "refresh_token"):
            for value in form.get(field, []):
                self.note(field, value)
        bearer = request.headers.get("Authorization", "")
        self.note("access_token", bearer.partition(" ")[2])
        upstream = http.client.HTTPSConnection("localhost", urlsplit(self.amazon.url).port, context=self.trust)
        headers = {k: v for k, v in request.headers.items() if k.lower() not in ("host", "connection")}
        try:
            upstream.request(request.command, request.path, body or None, headers)
            answer = upstream.getresponse()
            content = answer.read()
        except (http.client.HTTPException, OSError):
            request.close_connection = True
            return
        finally:
            upstream.close()
        try:
            members = json.loads(content)
            for field in ("access_token", "refresh_token"):
                if isinstance(members, dict) and isinstance(members.get(field), str):
                    self.note(field, members[field])
        except ValueError:
            pass
        request.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)
