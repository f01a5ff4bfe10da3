"""Every page of the maker's cloud in Chromium: with JavaScript off the owner gets everywhere, and axe finds nothing to
say about any of them, neither on a phone nor on a desk."""

import base64
import hashlib
import json
import re
import urllib.request
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from amazon import FIRST, PASSWORD
from browser import chromium
from processes import wait_until

MAIL, SECRET, NEW_SECRET = "owner@example.com", "correct horse battery", "another horse battery"


@pytest.fixture
def walk(request):
    pictures = request.config.getoption("--pictures")
    with chromium(pictures) as walks:
        yield walks()


def mailed(cloud, path):
    """The newest link of a kind that the cloud has sent."""
    letters = [letter.read_text() for letter in sorted(cloud.mails.glob("*.eml"))]
    return re.findall(rf"\S+{path}\?ticket=\S+", "\n".join(letters))[-1]


def sign_up(walk, cloud):
    walk.go(cloud.url + "/sign-up", "sign up")
    walk.press("Send the link", "mail sent", **{"E-mail": MAIL})
    walk.go(mailed(cloud, "/confirm"), "confirm")
    text = walk.press("Open the account", "recovery codes", **{"^Password": SECRET})
    codes = re.findall(r"^[A-Z0-9-]{10,}$", text, re.MULTILINE)
    assert codes, text
    walk.follow("I have them", "no devices")
    return codes


def test_every_page_of_an_account(walk, cloud):
    walk.go(cloud.url + "/", "sign in asked for")
    codes = sign_up(walk, cloud)
    assert "old password" in walk.follow("Account", "account").lower()
    walk.press("Change it", "wrong old password", Old_password="not this one", New_password=NEW_SECRET)
    walk.press("Replace them", "new recovery codes")
    walk.follow("Apps", "no apps")
    walk.go(cloud.url + "/account/delete", "delete account")
    walk.press("Delete the account", "deletion refused", Password="not this one")
    walk.press("Sign out", "signed out")
    walk.go(cloud.url + "/sign-in", "sign in")
    walk.press("Sign in", "sign in refused", **{"E-mail": MAIL, "Password": "not this one"})
    walk.press("Sign in", "signed in", **{"E-mail": MAIL, "Password": SECRET})
    walk.press("Sign out", "signed out again")
    walk.go(cloud.url + "/forgot", "forgot")
    walk.press("Send the link", "reset sent", **{"E-mail": MAIL})
    walk.go(mailed(cloud, "/reset"), "reset")
    walk.press("Set the password", "reset done", **{"Password": NEW_SECRET})
    walk.go(cloud.url + "/recover", "recover")
    walk.press("Set the password", "recovery refused", **{"E-mail": MAIL, "Recovery code": codes[0], "New password": SECRET})
    walk.go(cloud.url + "/confirm?ticket=nothing", "dead ticket")
    walk.go(cloud.url + "/nowhere", "not found")
    assert walk.complaints() == []


@pytest.fixture
def cloud(new_cloud):
    return new_cloud(options=["--downlink"]).start()


def test_every_page_of_a_device(walk, cloud, maker, unclaimed, amazon):
    sign_up(walk, cloud)
    walk.follow("Add a device", "claim")
    words = {"Serial number": maker.serial, "Claim code": maker.claim_code}
    assert "Hold the button" in walk.press("Add it", "claim refused", **words)
    unclaimed.hold()
    assert "not linked" in walk.press("Add it", "device", **words)
    page = walk.page.url
    walk.press("Link an Amazon account", "sign in at amazon")
    walk.press("Sign in", "consent at amazon", **{"E-mail": FIRST, "Password": PASSWORD})
    assert "error" not in walk.press("Allow", "linked")
    unclaimed.hold()
    unclaimed.wait_for_link("linked")
    unclaimed.press()
    assert unclaimed.settled()["state"] == "test-ordered"
    assert "coffee: ordered" in walk.press("Ask Amazon for news", "news")
    walk.go(cloud.url + "/", "devices")
    walk.go(page, "ordered")
    walk.press("Show me which one it is", "asked which one it is")
    walk.press("Unlink the Amazon account", "unlinking")
    wait_until("it is unlinked", lambda: "Link an Amazon account" in visited(walk, page))
    walk.go(page, "unlinked")
    walk.press("Link an Amazon account", "consent again")
    walk.press("Refuse", "consent refused")
    walk.go(page, "not linked")
    walk.page.get_by_text("Give the device away").click()
    walk.press("Release it", "released")
    walk.go(page, "no longer mine")
    walk.go(cloud.url + "/link/return?state=nothing&code=nothing", "link of another browser")
    walk.go(cloud.url + "/account/delete", "delete everything")
    walk.press("Delete the account", "deleted", Password=SECRET)
    assert walk.complaints() == []


RETURN, VERIFIER = "http://127.0.0.1:9/return", "verifier-" * 6
SCOPES = ["devices:read", "devices:identify"]


def ask_for_consent(cloud, client, state):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    words = {"response_type": "code", "client_id": client, "redirect_uri": RETURN, "scope": " ".join(SCOPES)}
    words |= {"state": state, "code_challenge": challenge, "code_challenge_method": "S256"}
    return f"{cloud.url}/authorize?{urlencode(words)}"


def test_every_page_of_an_app(walk, cloud):
    storage = ["--database", cloud.database, "--keys", cloud.keys]
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    said = cloud.run("client", "add", *storage, "--name", "Kitchen Hub", "--public", "--redirect-uri", RETURN, *scopes)
    client = re.search(r"client id: +(\S+)", said)[1]
    walk.go(ask_for_consent(cloud, client, "first"), "sign in for an app")
    sign_up(walk, cloud)
    walk.go(ask_for_consent(cloud, client + "x", "second"), "unknown app")
    assert "Kitchen Hub" in walk.go(ask_for_consent(cloud, client, "third"), "consent")
    # Nobody listens where the app would be.
    walk.page.route(RETURN + "**", lambda route: route.fulfill(body="the app"))
    walk.page.get_by_role("button", name="Allow").click()
    walk.page.wait_for_url(RETURN + "**")
    back = parse_qs(urlsplit(walk.page.url).query)
    assert back["state"] == ["third"] and back["iss"] == [cloud.url]
    words = {"grant_type": "authorization_code", "code": back["code"][0], "client_id": client}
    words |= {"redirect_uri": RETURN, "code_verifier": VERIFIER}
    with urllib.request.urlopen(f"{cloud.url}/token", urlencode(words).encode(), timeout=20) as answer:
        assert json.load(answer)["scope"].split() == SCOPES
    assert "make the light" in walk.go(cloud.url + "/apps", "apps").lower()
    assert "Kitchen Hub" not in walk.press("End what Kitchen Hub may do", "app ended")
    assert walk.complaints() == []


def visited(walk, address):
    walk.page.goto(address)
    return walk.text()


def test_what_is_wrong_with_a_page_is_seen(walk):
    """The examination itself: a page with no language, a picture without words and a line too wide for a phone."""
    text = "<title>x</title><img src=data:,><p style='width: 2000px'>wide"
    walk.page.route("**/*", lambda route: route.fulfill(content_type="text/html", body=text))
    walk.go("http://localhost/", "bad page")
    complaints = "\n".join(walk.complaints())
    for word in ("html-has-lang", "image-alt", "scrolled sideways", "style is not applied"):
        assert word in complaints, complaints
