"""The consent page of the cloud's authorization server in Chromium, its error pages, and the owner's page of apps."""

import base64
import hashlib
import json
import re
import urllib.request
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from visitor import sign_in, sign_up

RETURN, VERIFIER = "http://127.0.0.1:9/return", "verifier-" * 6
SCOPES = ["devices:read", "devices:identify"]


@pytest.fixture
def client(cloud):
    storage = ["--database", cloud.database, "--keys", cloud.keys]
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    said = cloud.run("client", "add", *storage, "--name", "Kitchen Hub", "--public", "--redirect-uri", RETURN, *scopes)
    return re.search(r"client id: +(\S+)", said)[1]


def words(client):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    request = {"response_type": "code", "client_id": client, "redirect_uri": RETURN, "scope": " ".join(SCOPES)}
    return request | {"state": "here", "code_challenge": challenge, "code_challenge_method": "S256"}


def decide(walk, button):
    """Presses a button of the consent page. Nobody listens where the app would be; gives back what it would get."""
    walk.page.route(RETURN + "**", lambda route: route.fulfill(body="the app"))
    walk.page.get_by_role("button", name=button).click()
    walk.page.wait_for_url(RETURN + "**")
    back = {name: values[0] for name, values in parse_qs(urlsplit(walk.page.url).query).items()}
    assert back["state"] == "here"
    return back


def test_an_app(walk, cloud, client):
    address = f"{cloud.url}/authorize?{urlencode(words(client))}"
    walk.go(address, "sign in for an app")
    sign_up(walk, cloud)
    assert "Kitchen Hub" in walk.go(address, "consent")
    assert decide(walk, "Refuse")["error"] == "access_denied"
    walk.page.goto(address)
    walk.press("Not you?", "sign in as another")
    sign_in(walk, "consent again")
    back = decide(walk, "Allow")
    assert back["iss"] == cloud.url
    request = {"grant_type": "authorization_code", "code": back["code"], "client_id": client}
    request |= {"redirect_uri": RETURN, "code_verifier": VERIFIER}
    with urllib.request.urlopen(f"{cloud.url}/token", urlencode(request).encode(), timeout=20) as answer:
        assert json.load(answer)["scope"].split() == SCOPES
    assert "make the light" in walk.go(cloud.url + "/apps", "apps").lower()
    assert "Kitchen Hub" not in walk.press("End what Kitchen Hub may do", "app ended")
    walk.page.goto(address)
    walk.lose_cookies()
    walk.press("Allow", "consent of a session that is over")


def test_requests_that_lead_nowhere(walk, cloud, client):
    """What is wrong with client or return address is told to the owner, and to nobody else."""
    right = words(client)

    def go(name, change=lambda text: text, **other):
        request = {key: value for key, value in (right | other).items() if value is not None}
        text = walk.go(f"{cloud.url}/authorize?{change(urlencode(request))}", name)
        assert "The app that sent you here made a mistake" in text, text

    go("no client", client_id=None)
    go("unknown client", client_id=client + "x")
    go("another return address", redirect_uri="https://elsewhere.example/")
    go("two clients", lambda text: f"{text}&client_id={client}")
    go("broken address", lambda text: text + "&more=%zz")
