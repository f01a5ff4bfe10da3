"""Drives the emulator with two OAuth clients that nobody here wrote: Authlib and requests-oauthlib."""

import base64
import concurrent.futures
import hashlib
import json
import secrets
import threading
import time
from urllib.parse import parse_qs, parse_qsl, quote_plus, urlencode, urljoin, urlsplit

import pytest
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import OAuth2Error
from requests_oauthlib import OAuth2Session as RequestsSession

from emulator import TIMEOUT, Browser, Forms
from parties import ACCOUNT, CLIENT, PASSWORD, REDIRECT, REVOKE, SECRET, WEB_CLIENT

AUTHORIZE, TOKEN = "/ap/oa", "/auth/o2/token"
SCOPE = "dash:replenish"
TYPES = "com.amazon.dash.replenishment."


class Fault(Exception):
    """An OAuth error as a client library reported it; `args[0]` is its code."""


def scope_data(serial):
    return json.dumps({SCOPE: {"device_model": "DashButton", "serial": serial, "is_test_device": True}})


def challenge_of(verifier):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class Authlib:
    def __init__(self, emulator, pkce=True):
        self.emulator, self.verifier = emulator, secrets.token_urlsafe(32) if pkce else None
        self.session = emulator.prepare(
            AuthlibSession(
                CLIENT,
                scope=SCOPE,
                redirect_uri=REDIRECT,
                token_endpoint_auth_method="none",
                revocation_endpoint_auth_method="none",
                code_challenge_method="S256",
                default_timeout=TIMEOUT,
            )
        )

    def begin(self, **more):
        url, self.state = self.session.create_authorization_url(
            self.emulator.at(AUTHORIZE), code_verifier=self.verifier, **more
        )
        return url

    def redeem(self, address, verifier=None, redirect_uri=REDIRECT):
        try:
            return dict(
                self.session.fetch_token(
                    self.emulator.at(TOKEN),
                    authorization_response=address,
                    state=self.state,
                    redirect_uri=redirect_uri,
                    code_verifier=verifier or self.verifier,
                )
            )
        except OAuthError as error:
            raise Fault(error.error) from error

    def refresh(self, token):
        try:
            return dict(self.session.refresh_token(self.emulator.at(TOKEN), refresh_token=token))
        except OAuthError as error:
            raise Fault(error.error) from error

    def revoke(self, token, hint):
        return self.session.revoke_token(self.emulator.at(REVOKE), token=token, token_type_hint=hint)


class RequestsOAuthlib:
    def __init__(self, emulator, pkce=True):
        self.emulator = emulator
        self.session = emulator.prepare(
            RequestsSession(CLIENT, redirect_uri=REDIRECT, scope=SCOPE, pkce="S256" if pkce else None)
        )

    def begin(self, **more):
        url, self.state = self.session.authorization_url(self.emulator.at(AUTHORIZE), **more)
        return url

    def redeem(self, address, verifier=None, redirect_uri=REDIRECT):
        self.session.redirect_uri = redirect_uri
        more = {} if verifier is None else {"code_verifier": verifier}
        if verifier is not None:
            self.session._pkce = None  # otherwise the library sends its own verifier, and only that
        try:
            return dict(
                self.session.fetch_token(
                    self.emulator.at(TOKEN),
                    authorization_response=address,
                    include_client_id=True,
                    timeout=TIMEOUT,
                    verify=self.emulator.ca,
                    **more,
                )
            )
        except OAuth2Error as error:
            raise Fault(error.error) from error

    def refresh(self, token):
        try:
            return dict(
                self.session.refresh_token(
                    self.emulator.at(TOKEN),
                    refresh_token=token,
                    client_id=CLIENT,
                    timeout=TIMEOUT,
                    verify=self.emulator.ca,
                )
            )
        except OAuth2Error as error:
            raise Fault(error.error) from error

    def revoke(self, token, hint):
        """The library only prepares a revocation; plain requests sends it."""
        url, headers, body = self.session._client.prepare_token_revocation_request(
            self.emulator.at(REVOKE), token, token_type_hint=hint
        )
        body += "&" + urlencode({"client_id": CLIENT})
        return self.emulator.session().post(url, headers=headers, data=body, timeout=TIMEOUT)


@pytest.fixture(params=[Authlib, RequestsOAuthlib], ids=["authlib", "requests-oauthlib"])
def library(request):
    return request.param


def serial():
    return "SN" + secrets.token_hex(6)


def consent(emulator, client, **more):
    """The customer signs in and says yes; the address they are sent back to."""
    url = client.begin(scope_data=scope_data(serial()), **more)
    address = Browser(emulator, ACCOUNT, PASSWORD).authorize(url, REDIRECT)
    assert isinstance(address, str), f"no redirect: {address.status_code} {address.text[:2000]}"
    return address


def link(emulator, library):
    client = library(emulator)
    address = consent(emulator, client)
    return client, address, client.redeem(address)


def error_of(call, *arguments, **more):
    with pytest.raises(Fault) as caught:
        call(*arguments, **more)
    return caught.value.args[0]


def drs(emulator, access_token):
    """What the replenishment service says to this access token."""
    headers = {
        "Authorization": f"Bearer {access_token}",
        "x-amzn-type-version": TYPES + "DrsSubscriptionInfoInput@1.0",
        "x-amzn-accept-type": TYPES + "DrsSubscriptionInfoResult@2.0",
    }
    return emulator.session().get(emulator.at("/subscriptionInfo"), headers=headers, timeout=TIMEOUT)


def assert_access(emulator, token):
    answer = drs(emulator, token)
    assert answer.status_code == 200, answer.text
    assert "slotsSubscriptionStatus" in answer.json()


def assert_no_access(emulator, token):
    answer = drs(emulator, token)
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid token"), answer.text
    assert answer.headers["x-amzn-errortype"].startswith("InvalidTokenException:")


def post(emulator, fields, path=TOKEN, **more):
    return emulator.session().post(emulator.at(path), data=fields, timeout=TIMEOUT, allow_redirects=False, **more)


def code_in(address):
    return parse_qs(urlsplit(address).query)["code"][0]


# Code and PKCE


def test_code_with_pkce(emulator, library):
    client, address, token = link(emulator, library)
    query = parse_qs(urlsplit(address).query)
    assert query["state"] == [client.state]
    assert token["token_type"].lower() == "bearer"
    assert token["access_token"].startswith("Atza|") and 350 <= len(token["access_token"]) <= 2048
    assert token["refresh_token"].startswith("Atzr|") and len(token["refresh_token"]) <= 2048
    assert int(token["expires_in"]) > 0
    assert_access(emulator, token["access_token"])


def test_pages_cannot_be_framed_or_stored(emulator):
    browser = Browser(emulator, ACCOUNT, PASSWORD)
    browser.authorize(Authlib(emulator).begin(scope_data=scope_data(serial())), REDIRECT)
    assert browser.pages
    for page in browser.pages:
        policy = page.headers.get("Content-Security-Policy", "")
        assert "frame-ancestors" in policy or page.headers.get("X-Frame-Options", "").upper() == "DENY", page.url
        assert "no-store" in page.headers.get("Cache-Control", ""), page.url
    for cookie in browser.session.cookies:
        assert cookie.secure and cookie.has_nonstandard_attr("HttpOnly"), cookie.name


def test_state_comes_back_unchanged(emulator):
    state = "a b+c/d=e&f#g%h~\u00fc;" + "x" * 200
    address = consent(emulator, Authlib(emulator), state=state)
    assert dict(parse_qsl(urlsplit(address).query))["state"] == state


def test_customer_refuses(emulator, library):
    client = library(emulator)
    url = client.begin(scope_data=scope_data(serial()))
    address = Browser(emulator, ACCOUNT, PASSWORD).authorize(url, REDIRECT, consent=False)
    assert isinstance(address, str)
    query = parse_qs(urlsplit(address).query)
    assert query["error"] == ["access_denied"] and query["state"] == [client.state] and "code" not in query


def test_wrong_password_gives_no_code(emulator):
    url = Authlib(emulator).begin(scope_data=scope_data(serial()))
    end = Browser(emulator, ACCOUNT, "not the password").authorize(url, REDIRECT)
    assert not isinstance(end, str), "a redirect after a wrong password"


def test_unknown_parameter_is_ignored(emulator):
    client = Authlib(emulator)
    client.redeem(consent(emulator, client, flavour="vanilla"))


def test_wrong_verifier(emulator, library):
    client = library(emulator)
    address = consent(emulator, client)
    assert error_of(client.redeem, address, verifier=secrets.token_urlsafe(32)) == "invalid_grant"


def test_missing_verifier(emulator):
    address = consent(emulator, Authlib(emulator))
    fields = {
        "grant_type": "authorization_code",
        "code": code_in(address),
        "redirect_uri": REDIRECT,
        "client_id": CLIENT,
    }
    answer = post(emulator, fields)
    assert answer.status_code == 400 and answer.json()["error"] in ("invalid_grant", "invalid_request")


def test_challenge_in_place_of_the_verifier(emulator):
    """What an eavesdropper of the authorize address would try."""
    client = Authlib(emulator)
    address = consent(emulator, client)
    assert error_of(client.redeem, address, verifier=challenge_of(client.verifier)) == "invalid_grant"


def test_verifier_without_challenge(emulator, library):
    """PKCE downgrade, RFC 9700 section 4.8.2: refused at the start, or when the verifier turns up."""
    client = library(emulator, pkce=False)
    url = client.begin(scope_data=scope_data(serial()))
    assert "code_challenge" not in url
    address = Browser(emulator, ACCOUNT, PASSWORD).authorize(url, REDIRECT)
    if isinstance(address, str) and "code" in parse_qs(urlsplit(address).query):
        error = error_of(client.redeem, address, verifier=secrets.token_urlsafe(32))
        assert error in ("invalid_grant", "invalid_request")
    elif isinstance(address, str):
        assert parse_qs(urlsplit(address).query)["error"] == ["invalid_request"]
    else:
        assert address.status_code == 400


def test_malformed_challenge(emulator):
    url = Authlib(emulator, pkce=False).begin(
        scope_data=scope_data(serial()), code_challenge="short", code_challenge_method="S256"
    )
    end = Browser(emulator, ACCOUNT, PASSWORD).authorize(url, REDIRECT)
    assert not isinstance(end, str) or "error" in parse_qs(urlsplit(end).query)


# Redirect addresses

HOST = urlsplit(REDIRECT).netloc


@pytest.mark.parametrize(
    "address",
    [
        REDIRECT + "/",
        REDIRECT + "?added=1",
        REDIRECT + "#fragment",
        REDIRECT + "/../other",
        REDIRECT + "%20",
        REDIRECT.upper(),
        REDIRECT.replace("https:", "http:"),
        REDIRECT.replace(HOST, HOST + ".evil.example"),
        REDIRECT.replace(HOST, HOST + ":8443"),
        REDIRECT.replace(HOST, HOST + "@evil.example"),
        REDIRECT.replace(HOST, "evil.example"),
        "//" + HOST,
        "",
        None,
    ],
)
def test_unregistered_redirect_is_never_followed(emulator, address):
    verifier = secrets.token_urlsafe(32)
    query = {
        "client_id": CLIENT,
        "scope": SCOPE,
        "scope_data": scope_data(serial()),
        "response_type": "code",
        "state": "s",
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    if address is not None:
        query["redirect_uri"] = address
    answer = emulator.session().get(emulator.at(AUTHORIZE), params=query, allow_redirects=False, timeout=TIMEOUT)
    assert answer.status_code == 400 and "Location" not in answer.headers


@pytest.mark.parametrize("first, second", [(REDIRECT, "https://evil.example/"), ("https://evil.example/", REDIRECT)])
def test_two_redirects_are_refused(emulator, first, second):
    """Which one counts must not depend on who reads first."""
    query = [("client_id", CLIENT), ("scope", SCOPE), ("response_type", "code"), ("state", "s")]
    query += [("scope_data", scope_data(serial())), ("redirect_uri", first), ("redirect_uri", second)]
    query += [("code_challenge", challenge_of("v" * 43)), ("code_challenge_method", "S256")]
    answer = emulator.session().get(emulator.at(AUTHORIZE), params=query, allow_redirects=False, timeout=TIMEOUT)
    assert answer.status_code == 400 and "Location" not in answer.headers


def test_redirect_changed_after_the_page_was_shown(emulator):
    """The consent form must not let anyone replace what was checked."""
    browser = Browser(emulator, ACCOUNT, PASSWORD)
    url = Authlib(emulator).begin(scope_data=scope_data(serial()))
    browser.authorize(url, REDIRECT)  # signed in from here on
    page, _ = browser.open("GET", Authlib(emulator).begin(scope_data=scope_data(serial())), REDIRECT)
    method, address, fields = browser.fill(Forms(page.text).forms, consent=True)
    target = "https://evil.example/"
    place = urljoin(page.url, address)
    parts = urlsplit(place)
    query = [(name, target if name == "redirect_uri" else value) for name, value in parse_qsl(parts.query)]
    fields = [(name, target if name == "redirect_uri" else value) for name, value in fields]
    answer = browser.session.request(
        method,
        parts._replace(query=urlencode([*query, ("redirect_uri", target)])).geturl(),
        data=[*fields, ("redirect_uri", target)],
        headers={"Referer": page.url, "Origin": emulator.url},
        allow_redirects=False,
        timeout=TIMEOUT,
    )
    assert not answer.headers.get("Location", "").startswith(target)


def test_consent_needs_the_form(emulator):
    """Another site must not be able to post a yes for a customer who is signed in (CSRF)."""
    browser = Browser(emulator, ACCOUNT, PASSWORD)
    browser.authorize(Authlib(emulator).begin(scope_data=scope_data(serial())), REDIRECT)
    page, _ = browser.open("GET", Authlib(emulator).begin(scope_data=scope_data(serial())), REDIRECT)
    form = next(form for form in Forms(page.text).forms if form["buttons"])
    method, address, fields = browser.fill([form], consent=True)
    hidden = {name for name, _, kind in form["fields"] if kind == "hidden"}
    forged = [(name, "0" * len(value) if name in hidden else value) for name, value in fields]
    answer = browser.session.request(
        method,
        urljoin(page.url, address),
        data=forged,
        headers={"Origin": "https://evil.example", "Referer": "https://evil.example/"},
        allow_redirects=False,
        timeout=TIMEOUT,
    )
    assert "code=" not in answer.headers.get("Location", "")


def test_wrong_redirect_at_redemption(emulator, library):
    client = library(emulator)
    address = consent(emulator, client)
    assert error_of(client.redeem, address, redirect_uri=REDIRECT + "/") == "invalid_grant"


def test_unknown_client(emulator):
    answer = emulator.session().get(
        emulator.at(AUTHORIZE),
        params={"client_id": "nobody", "scope": SCOPE, "response_type": "code", "redirect_uri": REDIRECT},
        allow_redirects=False,
        timeout=TIMEOUT,
    )
    assert answer.status_code in (400, 401) and "Location" not in answer.headers


@pytest.mark.parametrize("kind", ["token", "", "id_token"])
def test_other_response_types_are_refused(emulator, kind):
    query = {
        "client_id": CLIENT,
        "scope": SCOPE,
        "scope_data": scope_data(serial()),
        "response_type": kind,
        "redirect_uri": REDIRECT,
        "state": "s",
    }
    answer = emulator.session().get(emulator.at(AUTHORIZE), params=query, allow_redirects=False, timeout=TIMEOUT)
    if "Location" in answer.headers:
        assert "error=" in answer.headers["Location"] and answer.headers["Location"].startswith(REDIRECT)
    else:
        assert answer.status_code == 400


@pytest.mark.parametrize("data", [None, "", "{", "[]", '{"dash:replenish":{"device_model":"DashButton"}}'])
def test_scope_data_must_name_the_device(emulator, data):
    """No document names the error word, so only the refusal is asserted."""
    more = {} if data is None else {"scope_data": data}
    end = Browser(emulator, ACCOUNT, PASSWORD).authorize(Authlib(emulator).begin(**more), REDIRECT)
    if isinstance(end, str):
        query = parse_qs(urlsplit(end).query)
        assert "error" in query and "code" not in query
    else:
        assert end.status_code == 400


# Refresh, replay, revocation


def test_refresh(emulator, library):
    client, _, token = link(emulator, library)
    fresh = client.refresh(token["refresh_token"])
    assert fresh["access_token"] != token["access_token"]
    assert int(fresh["expires_in"]) > 0
    assert_access(emulator, fresh["access_token"])
    client.refresh(fresh.get("refresh_token") or token["refresh_token"])


def test_refresh_with_a_made_up_token(emulator, library):
    assert error_of(library(emulator).refresh, "Atzr|madeup") == "invalid_grant"


def test_access_token_does_not_refresh(emulator, library):
    client, _, token = link(emulator, library)
    assert error_of(client.refresh, token["access_token"]) == "invalid_grant"
    assert_no_access(emulator, token["refresh_token"])


def test_replayed_code_is_refused_and_ends_its_tokens(emulator, library):
    client, address, token = link(emulator, library)
    assert_access(emulator, token["access_token"])
    assert error_of(client.redeem, address) == "invalid_grant"
    assert error_of(client.refresh, token["refresh_token"]) == "invalid_grant"
    assert_no_access(emulator, token["access_token"])


def test_replayed_code_leaves_other_links_alone(emulator, library):
    _, _, other = link(emulator, library)
    client, address, _ = link(emulator, library)
    assert error_of(client.redeem, address) == "invalid_grant"
    assert_access(emulator, other["access_token"])


def test_revoked_refresh_token(emulator, library):
    client, _, token = link(emulator, library)
    assert client.revoke(token["refresh_token"], "refresh_token").status_code == 200
    assert error_of(client.refresh, token["refresh_token"]) == "invalid_grant"
    assert_no_access(emulator, token["access_token"])


def test_revoked_access_token(emulator, library):
    client, _, token = link(emulator, library)
    assert client.revoke(token["access_token"], "access_token").status_code == 200
    assert_no_access(emulator, token["access_token"])


def test_revoking_an_unknown_token_is_no_error(emulator, library):
    """RFC 7009 section 2.2."""
    assert library(emulator).revoke("Atzr|madeup", "refresh_token").status_code == 200


def test_deregistration_ends_every_token(emulator, library):
    client, _, token = link(emulator, library)
    headers = {
        "Authorization": f"Bearer {token['access_token']}",
        "x-amzn-type-version": TYPES + "DrsDeregisterInput@2.0",
        "x-amzn-accept-type": TYPES + "DrsDeregisterResult@1.0",
    }
    answer = emulator.session().delete(emulator.at("/registration"), headers=headers, timeout=TIMEOUT)
    assert (answer.status_code, answer.content) == (200, b"")
    assert_no_access(emulator, token["access_token"])
    assert error_of(client.refresh, token["refresh_token"]) == "invalid_grant"


def test_strict_rotation(strict_emulator, library):
    """A refresh token used twice may be stolen: both parties lose the grant (RFC 9700 section 4.14.2)."""
    client, _, token = link(strict_emulator, library)
    fresh = client.refresh(token["refresh_token"])
    assert fresh["refresh_token"] != token["refresh_token"]
    assert_access(strict_emulator, fresh["access_token"])
    assert error_of(client.refresh, token["refresh_token"]) == "invalid_grant"
    assert error_of(client.refresh, fresh["refresh_token"]) == "invalid_grant"
    assert_no_access(strict_emulator, fresh["access_token"])


def test_strict_rotation_without_reuse(strict_emulator, library):
    client, _, token = link(strict_emulator, library)
    seen = {token["refresh_token"]}
    for _ in range(3):
        token = client.refresh(token["refresh_token"])
        assert token["refresh_token"] not in seen
        seen.add(token["refresh_token"])
    assert_access(strict_emulator, token["access_token"])


# What time and haste do


def test_expired_access_token(hasty_emulator, library):
    client, _, token = link(hasty_emulator, library)
    assert int(token["expires_in"]) == 2
    time.sleep(3)
    assert_no_access(hasty_emulator, token["access_token"])
    assert_access(hasty_emulator, client.refresh(token["refresh_token"])["access_token"])


def test_expired_code(hasty_emulator, library):
    client = library(hasty_emulator)
    address = consent(hasty_emulator, client)
    time.sleep(3)
    assert error_of(client.redeem, address) == "invalid_grant"


def test_grace_for_an_old_refresh_token(hasty_emulator, library):
    """A reply may be lost: the old token still works for a while, and using it kills nothing."""
    client, _, token = link(hasty_emulator, library)
    first = client.refresh(token["refresh_token"])
    second = client.refresh(token["refresh_token"])
    assert first["refresh_token"] != token["refresh_token"]
    assert_access(hasty_emulator, second["access_token"])
    client.refresh(second["refresh_token"])
    time.sleep(3)
    assert error_of(client.refresh, token["refresh_token"]) == "invalid_grant"


def at_once(count, call):
    """Calls that begin together, each on a connection of its own; their answers."""
    gate = threading.Barrier(count)

    def one(_):
        gate.wait(TIMEOUT)
        return call()

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_code_redeemed_many_times_at_once(emulator):
    client = Authlib(emulator)
    address = consent(emulator, client)
    fields = {
        "grant_type": "authorization_code",
        "code": code_in(address),
        "redirect_uri": REDIRECT,
        "client_id": CLIENT,
        "code_verifier": client.verifier,
    }
    answers = at_once(12, lambda: post(emulator, fields))
    assert sorted(answer.status_code for answer in answers) == [200] + 11 * [400]
    token = next(answer.json() for answer in answers if answer.status_code == 200)
    assert_no_access(emulator, token["access_token"])


def test_strict_rotation_many_times_at_once(strict_emulator):
    """At most one of them may get tokens, and as the others were reuse, even those are dead."""
    _, _, token = link(strict_emulator, Authlib)
    fields = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"], "client_id": CLIENT}
    answers = at_once(12, lambda: post(strict_emulator, fields))
    assert sorted(answer.status_code for answer in answers) == [200] + 11 * [400]
    fresh = next(answer.json() for answer in answers if answer.status_code == 200)
    assert_no_access(strict_emulator, fresh["access_token"])


def test_session_changes_at_sign_in(emulator):
    """Session fixation: a cookie planted before must not become a signed-in one."""
    browser = Browser(emulator, ACCOUNT, PASSWORD)
    url = Authlib(emulator).begin(scope_data=scope_data(serial()))
    browser.open("GET", url, REDIRECT)
    before = browser.session.cookies.get_dict()
    browser.authorize(url, REDIRECT)
    after = browser.session.cookies.get_dict()
    assert after and all(before.get(name) != value for name, value in after.items() if "session" in name.lower())
    planted = Browser(emulator, ACCOUNT, PASSWORD)
    planted.session.cookies.update(before)
    page, _ = planted.open("GET", url, REDIRECT)
    assert 'type="password"' in page.text


def test_guessing_passwords_is_slowed(emulator):
    """After many wrong passwords for one account not even the right one helps at once."""
    account = "nobody" + secrets.token_hex(4) + "@example.com"
    url = Authlib(emulator).begin(scope_data=scope_data(serial()))
    seen = set()
    for _ in range(4):
        browser = Browser(emulator, account, "wrong")
        end = browser.authorize(url, REDIRECT)
        assert not isinstance(end, str)
        seen.add(end.status_code)
    assert 429 in seen or 403 in seen, f"20 guesses were all answered with {seen}"


# The token endpoint itself


def test_token_answers_are_not_stored(emulator):
    _, _, token = link(emulator, Authlib)
    fields = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"], "client_id": CLIENT}
    for answer in (post(emulator, fields), post(emulator, {**fields, "refresh_token": "Atzr|madeup"})):
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"].split(";")[0] == "application/json"


@pytest.mark.parametrize(
    "fields, errors",
    [
        ({}, {"invalid_request"}),
        ({"grant_type": "password", "client_id": CLIENT}, {"unsupported_grant_type", "unauthorized_client"}),
        ({"grant_type": "client_credentials", "client_id": CLIENT}, {"unsupported_grant_type", "unauthorized_client"}),
        ({"grant_type": "refresh_token", "client_id": CLIENT}, {"invalid_request"}),
        ({"grant_type": "authorization_code", "client_id": CLIENT}, {"invalid_request"}),
        ({"grant_type": "refresh_token", "refresh_token": "Atzr|madeup"}, {"invalid_request", "invalid_client"}),
        (
            [("grant_type", "refresh_token"), ("refresh_token", "a"), ("refresh_token", "b"), ("client_id", CLIENT)],
            {"invalid_request"},
        ),
    ],
)
def test_token_endpoint_refuses(emulator, fields, errors):
    answer = post(emulator, fields)
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] in errors


def test_unknown_client_at_the_token_endpoint(emulator):
    answer = post(emulator, {"grant_type": "refresh_token", "refresh_token": "Atzr|x", "client_id": "nobody"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def confidential_code(emulator):
    """A code for the client with a secret, and the verifier that goes with it."""
    verifier = secrets.token_urlsafe(32)
    query = {
        "client_id": WEB_CLIENT,
        "scope": SCOPE,
        "scope_data": scope_data(serial()),
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "state": "s",
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    address = Browser(emulator, ACCOUNT, PASSWORD).authorize(emulator.at(AUTHORIZE) + "?" + urlencode(query), REDIRECT)
    assert isinstance(address, str), address.text[:2000]
    return address, verifier


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_client_with_a_secret(emulator, method):
    address, verifier = confidential_code(emulator)
    client = emulator.prepare(
        AuthlibSession(
            WEB_CLIENT, SECRET, redirect_uri=REDIRECT, token_endpoint_auth_method=method, default_timeout=TIMEOUT
        )
    )
    if method == "client_secret_basic":
        # Authlib does not form-encode the two parts as RFC 6749 section 2.3.1 asks; do it for it.
        client.client_id, client.client_secret = WEB_CLIENT, quote_plus(SECRET)
    token = client.fetch_token(emulator.at(TOKEN), authorization_response=address, state="s", code_verifier=verifier)
    assert_access(emulator, token["access_token"])
    client.refresh_token(emulator.at(TOKEN), refresh_token=token["refresh_token"])


@pytest.mark.parametrize("secret", [None, "", "wrong"])
@pytest.mark.parametrize("basic", [True, False])
def test_client_without_its_secret(emulator, basic, secret):
    address, verifier = confidential_code(emulator)
    fields = {
        "grant_type": "authorization_code",
        "code": code_in(address),
        "redirect_uri": REDIRECT,
        "code_verifier": verifier,
    }
    if basic and secret is not None:
        answer = post(emulator, fields, auth=(WEB_CLIENT, secret))
        if secret or answer.json()["error"] == "invalid_client":  # LWA answers 400 if there is no secret at all
            assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Basic")
    else:
        fields["client_id"] = WEB_CLIENT
        answer = post(emulator, fields if secret is None else {**fields, "client_secret": secret})
        assert answer.status_code in (400, 401)
    assert answer.json()["error"] in ("invalid_client", "invalid_request") and "access_token" not in answer.text


def test_code_of_another_client(emulator):
    address, verifier = confidential_code(emulator)
    fields = {
        "grant_type": "authorization_code",
        "code": code_in(address),
        "redirect_uri": REDIRECT,
        "client_id": CLIENT,
        "code_verifier": verifier,
    }
    answer = post(emulator, fields)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_refresh_token_of_another_client(emulator):
    _, _, token = link(emulator, Authlib)
    fields = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    answer = post(emulator, {**fields, "client_id": WEB_CLIENT, "client_secret": SECRET})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert_access(emulator, token["access_token"])


def test_token_endpoint_takes_only_posted_forms(emulator):
    session = emulator.session()
    fields = {"grant_type": "refresh_token", "refresh_token": "Atzr|madeup", "client_id": CLIENT}
    assert session.get(emulator.at(TOKEN), params=fields, timeout=TIMEOUT).status_code in (404, 405)
    answer = session.post(emulator.at(TOKEN), json=fields, timeout=TIMEOUT)
    assert 400 <= answer.status_code < 500 and "access_token" not in answer.text
    answer = session.post(emulator.at(TOKEN), params=fields, timeout=TIMEOUT)
    assert 400 <= answer.status_code < 500 and "access_token" not in answer.text


def test_nothing_else_is_reached(emulator):
    with pytest.raises(requests.ConnectionError, match="is not the emulator"):
        emulator.session().get(REDIRECT, timeout=TIMEOUT)


def test_certificate_is_checked(emulator):
    """The tests above trust one CA file; without it nothing must connect, or they would prove nothing about TLS."""
    session = requests.Session()
    session.trust_env = False
    with pytest.raises(requests.exceptions.SSLError):
        session.get(emulator.at("/"), timeout=TIMEOUT)
