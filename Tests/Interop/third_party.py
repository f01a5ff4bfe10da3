"""A third party's cloud for the managed-integrations stand-in: a token endpoint and a connector, on this machine."""

import base64
import http.server
import json
import secrets
import threading
import time
from urllib.parse import parse_qsl, unquote_plus

from authlib.oauth2.rfc7636 import create_s256_code_challenge


def answer(code=200, message="ok", **payload):
    return {"header": {"responseCode": code}, "payload": {"responseMessage": message, **payload}}


class ThirdParty:
    """What it does can be changed by a test: `connect` answers envelopes, `token_fault` answers token requests."""

    CLIENT, SECRET = "managed integrations", "s3cret:&%"

    def __init__(self):
        self.codes, self.access, self.refresh = {}, {}, {}
        self.envelopes, self.token_requests = [], []
        self.connect = self.obey
        self.token_fault = None
        self.lifetime = 3600
        third = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, value = third.token(body, self.headers) if self.path == "/token" else third.call(body)
                text = json.dumps(value).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                except OSError:
                    pass  # who asked has given up: that is what some tests are about

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def end(self):
        self.server.shutdown()
        self.server.server_close()

    def issue_code(self, query, user):
        """What the consent page would do with an authorization request."""
        assert query["response_type"] == "code" and query["client_id"] == self.CLIENT
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = (query["code_challenge"], query["redirect_uri"], user)
        return code

    def issue_tokens(self, user):
        access = base64.b64encode(secrets.token_hex(20).encode()).decode()
        refresh = secrets.token_urlsafe(30)
        self.access[access], self.refresh[refresh] = user, user
        return {"access_token": access, "refresh_token": refresh, "token_type": "bearer", "expires_in": self.lifetime}

    def token(self, body, headers):
        form = dict(parse_qsl(body.decode(), strict_parsing=True))
        self.token_requests.append(form)
        if self.token_fault:
            return self.token_fault
        if headers.get("Authorization"):
            pair = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
            client = tuple(unquote_plus(half) for half in pair.split(":", 1))
            assert "client_secret" not in form
        else:
            client = (form.get("client_id"), form.get("client_secret"))
        if client != (self.CLIENT, self.SECRET):
            return 401, {"error": "invalid_client"}
        if form["grant_type"] == "refresh_token":
            user = self.refresh.pop(form["refresh_token"], None)
            return (200, self.issue_tokens(user)) if user else (400, {"error": "invalid_grant"})
        challenge, redirect, user = self.codes.pop(form["code"], (None, None, None))
        if user is None or create_s256_code_challenge(form["code_verifier"]) != challenge:
            return 400, {"error": "invalid_grant"}
        if form["redirect_uri"] != redirect:
            return 400, {"error": "invalid_grant"}
        return 200, self.issue_tokens(user)

    def call(self, body):
        envelope = json.loads(body)
        self.envelopes.append(envelope)
        value = self.connect(envelope)
        return value if isinstance(value, tuple) else (200, value)

    def obey(self, envelope):
        auth = envelope["header"]["auth"]
        user = self.access.get(auth.get("token"))
        operation = envelope["payload"]["operationName"]
        if auth["type"] != "OAuth2.0":
            return answer(501, "OAuth only")
        if operation == "AWS.DeactivateUser":
            self.access = {token: owner for token, owner in self.access.items() if owner != user}
            self.refresh = {token: owner for token, owner in self.refresh.items() if owner != user}
            return answer()
        if user is None:
            return answer(401, "who are you")
        return answer(userId=user) if operation == "AWS.ActivateUser" else answer()

    def calls(self, operation):
        return [envelope for envelope in self.envelopes if envelope["payload"]["operationName"] == operation]

    def slow(self, times, seconds=2.5):
        """A connector that takes too long so many times."""
        left = [times]

        def connect(envelope):
            left[0] -= 1
            if left[0] >= 0:
                time.sleep(seconds)
            return self.obey(envelope)

        return connect
