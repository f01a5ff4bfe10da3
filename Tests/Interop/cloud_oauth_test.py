"""Drives the maker's cloud as apps do, with two OAuth clients that nobody here wrote: Authlib and requests-oauthlib."""

import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from oauthlib.oauth2 import OAuth2Error
from requests_oauthlib import OAuth2Session as RequestsSession

from emulator import TIMEOUT

REDIRECT = "https://hub.example/return?from=cloud"
NATIVE = "http://127.0.0.1:51004/return"
SCOPE = "devices:read devices:identify"


class Fault(Exception):
    """An OAuth error as a client library reported it; `args[0]` is its code."""


class App:
    """A client that the operator entered, public or with a secret."""

    def __init__(self, cloud, public):
        self.cloud, self.public = cloud, public
        self.redirect = NATIVE if public else REDIRECT
        self.registered = "http://127.0.0.1/return" if public else REDIRECT
        kind = ["--public"] if public else []
        scopes = [word for scope in SCOPE.split() for word in ("--scope", scope)]
        self.id, self.secret = cloud.add_client(
            *kind, "--name", "Interop", "--redirect-uri", self.registered, *scopes
        )

    def post(self, path, **fields):
        """What no library would send."""
        credentials = {"client_id": self.id} | ({} if self.public else {"client_secret": self.secret})
        return self.cloud.session().post(self.cloud.at(path), data=credentials | fields, timeout=TIMEOUT)


class Authlib:
    def __init__(self, app, method=None):
        self.app, self.verifier = app, secrets.token_urlsafe(48)
        method = method or ("none" if app.public else "client_secret_basic")
        self.session = app.cloud.prepare(
            AuthlibSession(
                app.id, app.secret, scope=SCOPE, redirect_uri=app.redirect, token_endpoint_auth_method=method,
                revocation_endpoint_auth_method=method, code_challenge_method="S256", default_timeout=TIMEOUT,
            )  # fmt: skip
        )

    def begin(self, metadata):
        url, self.state = self.session.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=self.verifier
        )
        return url

    def redeem(self, metadata, address):
        try:
            return dict(
                self.session.fetch_token(
                    metadata["token_endpoint"], authorization_response=address, state=self.state,
                    code_verifier=self.verifier,
                )  # fmt: skip
            )
        except OAuthError as error:
            raise Fault(error.error) from error

    def refresh(self, metadata, token):
        try:
            return dict(self.session.refresh_token(metadata["token_endpoint"], refresh_token=token))
        except OAuthError as error:
            raise Fault(error.error) from error

    def revoke(self, metadata, token, hint):
        return self.session.revoke_token(metadata["revocation_endpoint"], token=token, token_type_hint=hint)


class RequestsOAuthlib:
    def __init__(self, app):
        self.app = app
        self.session = app.cloud.prepare(RequestsSession(app.id, redirect_uri=app.redirect, scope=SCOPE, pkce="S256"))
        self.credentials = {"include_client_id": True} if app.public else {"client_secret": app.secret}

    def begin(self, metadata):
        url, self.state = self.session.authorization_url(metadata["authorization_endpoint"])
        return url

    def redeem(self, metadata, address):
        try:
            # The library takes http only as an exception; what it parses is the same.
            address = address.replace("http://127.0.0.1", "https://127.0.0.1")
            return dict(
                self.session.fetch_token(
                    metadata["token_endpoint"], authorization_response=address, timeout=TIMEOUT,
                    verify=self.app.cloud.ca, **self.credentials,
                )  # fmt: skip
            )
        except OAuth2Error as error:
            raise Fault(error.error) from error

    def refresh(self, metadata, token):
        auth = None if self.app.public else requests.auth.HTTPBasicAuth(self.app.id, self.app.secret)
        try:
            return dict(
                self.session.refresh_token(
                    metadata["token_endpoint"], refresh_token=token, client_id=self.app.id, auth=auth,
                    timeout=TIMEOUT, verify=self.app.cloud.ca,
                )  # fmt: skip
            )
        except OAuth2Error as error:
            raise Fault(error.error) from error

    def revoke(self, metadata, token, hint):
        """The library only prepares a revocation; plain requests sends it."""
        url, headers, body = self.session._client.prepare_token_revocation_request(
            metadata["revocation_endpoint"], token, token_type_hint=hint
        )
        body += "&" + urlencode({"client_id": self.app.id} | ({} if self.app.public else {"client_secret": self.app.secret}))
        return self.app.cloud.session().post(url, headers=headers, data=body, timeout=TIMEOUT)


@pytest.fixture(params=[Authlib, RequestsOAuthlib], ids=["authlib", "requests-oauthlib"])
def library(request):
    return request.param


@pytest.fixture(params=[True, False], ids=["public", "confidential"])
def app(request, cloud):
    return App(cloud, request.param)


@pytest.fixture(scope="module")
def owner(cloud):
    """An owner's browser, signed in."""
    return cloud.sign_in(cloud.sign_up("owner@example.com"))


@pytest.fixture(scope="module")
def metadata(cloud):
    """What the cloud says of itself, as Authlib reads it: everything else here is taken from it."""
    answer = cloud.session().get(get_well_known_url(cloud.url, external=True), timeout=TIMEOUT)
    found = AuthorizationServerMetadata(answer.json())
    found.validate()
    return found


def consent(owner, client, metadata, allow=True, pages=1):
    """The owner's way through the pages; returns the address that the app gets."""
    owner.pages.clear()
    address = owner.authorize(client.begin(metadata), client.app.redirect, consent=allow)
    assert isinstance(address, str), address.text
    assert len(owner.pages) == pages, "consent is never skipped"
    return address


def connect(owner, client, metadata):
    return client.redeem(metadata, consent(owner, client, metadata))


def devices(cloud, token):
    headers = {"Authorization": "Bearer " + token}
    return cloud.session().get(cloud.at("/v1/devices"), headers=headers, timeout=TIMEOUT)


def refusal(work):
    with pytest.raises(Fault) as caught:
        work()
    return caught.value.args[0]


def test_metadata(cloud, metadata):
    assert metadata["issuer"] == cloud.url
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    for name in ("authorization", "token", "revocation", "introspection"):
        assert metadata[name + "_endpoint"].startswith(cloud.url + "/")


def test_code_and_pkce(cloud, owner, library, app, metadata):
    client = library(app)
    address = consent(owner, client, metadata)
    query = parse_qs(urlsplit(address).query)
    assert query["iss"] == [metadata["issuer"]] and query["state"] == [client.state]  # RFC 9207
    token = client.redeem(metadata, address)
    assert token["token_type"].lower() == "bearer" and token["expires_in"] >= 360
    answer = devices(cloud, token["access_token"])
    assert answer.status_code == 200 and answer.json() == {"devices": []}
    # The code a second time ends what the first time gave.
    assert refusal(lambda: client.redeem(metadata, address)) == "invalid_grant"
    assert devices(cloud, token["access_token"]).status_code == 401


def test_sign_in_on_the_way(cloud, metadata):
    """Who is not signed in does that first, and then sees the same question."""
    browser, client = cloud.sign_up("late@example.com"), Authlib(App(cloud, True))
    address = consent(browser, client, metadata, pages=2)
    assert devices(cloud, client.redeem(metadata, address)["access_token"]).status_code == 200


def test_refusal(cloud, owner, library, app, metadata):
    client = library(app)
    address = consent(owner, client, metadata, allow=False)
    query = parse_qs(urlsplit(address).query)
    assert query["error"] == ["access_denied"] and "code" not in query
    assert query["iss"] == [metadata["issuer"]] and query["state"] == [client.state]
    if library is RequestsOAuthlib:  # Authlib leaves reading an error to its caller
        assert refusal(lambda: client.redeem(metadata, address)) == "access_denied"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_client_authentication(cloud, owner, metadata, method):
    assert method in metadata["token_endpoint_auth_methods_supported"]
    client = Authlib(App(cloud, False), method)
    token = connect(owner, client, metadata)
    assert client.refresh(metadata, token["refresh_token"])["access_token"] != token["access_token"]
    client.session.client_secret = "wrong"
    assert refusal(lambda: client.refresh(metadata, token["refresh_token"])) == "invalid_client"


def test_wrong_verifier(cloud, owner, app, metadata):
    client = Authlib(app)
    address = consent(owner, client, metadata)
    client.verifier = secrets.token_urlsafe(48)
    assert refusal(lambda: client.redeem(metadata, address)) == "invalid_grant"


def test_refresh_of_a_client_with_a_secret(cloud, owner, library, metadata):
    """Its refresh token stays the same."""
    client = library(App(cloud, False))
    first = connect(owner, client, metadata)
    for _ in range(3):
        next_one = client.refresh(metadata, first["refresh_token"])
        assert next_one["access_token"] != first["access_token"]
        assert next_one.get("refresh_token", first["refresh_token"]) == first["refresh_token"]
        assert devices(cloud, next_one["access_token"]).status_code == 200


def test_rotation_and_reuse(cloud, owner, library, metadata):
    """A public client's old token works until its successor is used; after that it ends everything."""
    client = library(App(cloud, True))
    first = connect(owner, client, metadata)
    lost = client.refresh(metadata, first["refresh_token"])
    second = client.refresh(metadata, first["refresh_token"])
    assert len({token["refresh_token"] for token in (first, lost, second)}) == 3
    third = client.refresh(metadata, second["refresh_token"])
    assert devices(cloud, third["access_token"]).status_code == 200
    assert refusal(lambda: client.refresh(metadata, first["refresh_token"])) == "invalid_grant"
    assert refusal(lambda: client.refresh(metadata, third["refresh_token"])) == "invalid_grant"
    assert devices(cloud, third["access_token"]).status_code == 401


@pytest.mark.parametrize("hint", ["access_token", "refresh_token"])
def test_revocation(cloud, owner, library, app, metadata, hint):
    """Either token takes the whole grant with it; a second time is no error."""
    client = library(app)
    token = connect(owner, client, metadata)
    for _ in range(2):
        assert client.revoke(metadata, token[hint], hint).status_code == 200
    assert devices(cloud, token["access_token"]).status_code == 401
    assert refusal(lambda: client.refresh(metadata, token["refresh_token"])) == "invalid_grant"


def test_introspection(cloud, owner, metadata):
    client = Authlib(App(cloud, True))
    token = connect(owner, client, metadata)
    gateway, secret = cloud.add_client("--may-introspect", "--name", "Gateway")
    resource_server = cloud.prepare(AuthlibSession(gateway, secret, default_timeout=TIMEOUT))
    ask = lambda text: resource_server.introspect_token(metadata["introspection_endpoint"], token=text).json()
    found = ask(token["access_token"])
    assert found["active"] is True and set(found["scope"].split()) == set(SCOPE.split())
    assert found["client_id"] == client.app.id and found["iss"] == metadata["issuer"] and "@" not in found["sub"]
    assert ask(token["refresh_token"]) == ask("unknown") == {"active": False}
    again = connect(owner, Authlib(client.app), metadata)
    assert ask(again["access_token"])["sub"] == found["sub"]
    answer = client.app.post("/introspect", token=token["access_token"])
    assert answer.status_code in (400, 401) and "active" not in answer.json()


def test_connected_apps(cloud, owner, metadata):
    """The owner sees the app on the pages and ends it there."""
    client = Authlib(App(cloud, False))
    token = connect(owner, client, metadata)
    page = owner.session.get(cloud.at("/apps"), timeout=TIMEOUT)
    assert page.text.count("Interop") >= 1 and "model and name" in page.text
    while "/end" in owner.session.get(cloud.at("/apps"), timeout=TIMEOUT).text:
        cloud.submit(owner, "/apps")
    assert refusal(lambda: client.refresh(metadata, token["refresh_token"])) == "invalid_grant"


def test_nothing_secret_in_the_log(cloud, owner, metadata):
    client = Authlib(App(cloud, False))
    address = consent(owner, client, metadata)
    token = client.redeem(metadata, address)
    code = parse_qs(urlsplit(address).query)["code"][0]
    text = cloud.text()
    assert "an owner allowed" in text
    for secret in (code, token["access_token"], token["refresh_token"], client.app.secret, client.verifier):
        assert secret not in text
