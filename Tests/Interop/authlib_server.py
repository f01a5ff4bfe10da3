"""Login with Amazon's place, taken by an authorization server written with Authlib: PKCE required, rotation, short lives."""

import html
import http.server
import json
import secrets
import ssl
import threading
import time
from urllib.parse import parse_qs, urlsplit

from authlib.common.security import generate_token
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, AuthorizationServer, ClientMixin, OAuth2Payload
from authlib.oauth2.rfc6749 import OAuth2Request, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge

USER = "amzn1.account.AUTHLIB"
ANSWERS = {
    "/user/profile": {"user_id": USER},
    "/subscriptionInfo": {"slotsSubscriptionStatus": {"coffee": {"subscribed": True, "productInfoList": []}}},
}


class Client(ClientMixin):
    def __init__(self, client_id, secret, redirect_uri, scope):
        self.client_id, self.secret, self.redirect_uri, self.scope = client_id, secret, redirect_uri, scope

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return " ".join(word for word in (scope or "").split() if word in self.scope.split())

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret):
        return secrets.compare_digest(self.secret, client_secret)

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_post"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type in ("authorization_code", "refresh_token")


class Code(AuthorizationCodeMixin):
    def __init__(self, code, request):
        self.code, self.user = code, request.user
        self.client_id, self.redirect_uri = request.payload.client_id, request.payload.redirect_uri
        self.scope = request.scope
        self.code_challenge = request.payload.data.get("code_challenge")
        self.code_challenge_method = request.payload.data.get("code_challenge_method")

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope


class Token(TokenMixin):
    def __init__(self, token, client, user):
        self.access, self.refresh, self.scope = token["access_token"], token.get("refresh_token"), token["scope"]
        self.client, self.user, self.expires_in, self.is_revoked = client, user, token["expires_in"], False
        self.expires_at = time.time() + self.expires_in

    def check_client(self, client):
        return self.client is client

    def get_scope(self):
        return self.scope

    def get_expires_in(self):
        return self.expires_in

    def is_expired(self):
        return time.time() >= self.expires_at

    def get_user(self):
        return self.user

    def get_client(self):
        return self.client


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_post"]

    def save_authorization_code(self, code, request):
        self.server.codes[code] = Code(code, request)

    def query_authorization_code(self, code, client):
        found = self.server.codes.get(code)
        return found if found and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code):
        del self.server.codes[authorization_code.code]

    def authenticate_user(self, authorization_code):
        return authorization_code.user


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_post"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        living = (token for token in self.server.tokens if token.refresh == refresh_token and not token.is_revoked)
        return next(living, None)

    def authenticate_user(self, refresh_token):
        return refresh_token.user

    def revoke_old_credential(self, refresh_token):
        refresh_token.is_revoked = True


class Payload(OAuth2Payload):
    def __init__(self, text):
        self._datalist = parse_qs(text, keep_blank_values=True)

    @property
    def data(self):
        return {name: values[-1] for name, values in self._datalist.items()}

    @property
    def datalist(self):
        return self._datalist


class Request(OAuth2Request):
    def __init__(self, handler, body):
        super().__init__(handler.command, handler.server.url + handler.path, headers=dict(handler.headers))
        query = urlsplit(handler.path).query
        self._args, self._form = Payload(query).data, Payload(body).data
        self.payload = Payload(query if handler.command == "GET" or not body or "decision=" in body else body)

    @property
    def args(self):
        return self._args

    @property
    def form(self):
        return self._form


class Rules(AuthorizationServer):
    """Authlib's server, with everything in memory."""

    def __init__(self, client, lifetime):
        super().__init__(scopes_supported=client.scope.split())
        self.client, self.codes, self.tokens, self.grants_seen = client, {}, [], []
        generator = BearerTokenGenerator(
            lambda **_: "Atza|" + generate_token(60), lambda **_: "Atzr|" + generate_token(60), lambda *_: lifetime
        )
        self.register_token_generator("default", generator)
        self.register_grant(CodeGrant, [CodeChallenge(required=True)])
        self.register_grant(RefreshGrant)

    def query_client(self, client_id):
        return self.client if client_id == self.client.client_id else None

    def save_token(self, token, request):
        self.grants_seen.append(request.payload.grant_type)
        self.tokens.append(Token(token, request.client, request.user))

    def create_oauth2_request(self, request):
        return request

    def handle_response(self, status, body, headers):
        return status, body, headers

    def send_signal(self, name, *args, **kwargs):
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body="", headers=(), kind="application/json"):
        data = (json.dumps(body) if isinstance(body, dict) else body or "").encode()
        self.send_response(status)
        headers = dict(headers)
        headers.setdefault("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()

    def bearer(self):
        shown = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        living = (token for token in self.server.rules.tokens if token.access == shown and not token.is_expired())
        return next(living, None)

    def do_GET(self):
        path, rules = urlsplit(self.path).path, self.server.rules
        if path == "/ap/oa":
            grant = rules.get_consent_grant(Request(self, ""), end_user=USER)
            page = f"""<form method="post" action="{html.escape(self.path)}"><p>{html.escape(grant.request.scope or "")}</p>
                <button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button></form>"""
            self.reply(200, page, kind="text/html")
        elif path in ANSWERS:
            self.reply(200, ANSWERS[path]) if self.bearer() else self.reply(400, {"error": "invalid_token"})
        else:
            self.reply(500)

    def do_POST(self):
        path, rules, body = urlsplit(self.path).path, self.server.rules, self.body()
        if path == "/ap/oa":
            user = USER if "decision=allow" in body else None
            request = Request(self, body)
            grant = rules.get_consent_grant(request, end_user=user)
            self.reply(*rules.create_authorization_response(request, grant_user=user, grant=grant))
        elif path == "/auth/o2/token":
            self.reply(*rules.create_token_response(Request(self, body)))
        else:
            self.reply(500)

    def do_DELETE(self):
        if urlsplit(self.path).path == "/registration" and (token := self.bearer()):
            self.server.deregistered.append(token.access)
            self.reply(200, {})
        else:
            self.reply(400, {})


class AuthlibAmazon(http.server.ThreadingHTTPServer):
    """The server, on a port of its own, with a certificate of the given authority."""

    daemon_threads = True

    def __init__(self, certificate, key):
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url, self.rules, self.deregistered = f"https://localhost:{self.server_port}", None, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def serve(self, client, lifetime):
        self.rules = Rules(client, lifetime)

    def end(self):
        self.shutdown()
        self.server_close()
