"""The maker's cloud as the client of an authorization server that nobody here wrote: Authlib, in Login with Amazon's place."""

import os
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from authlib_server import AuthlibAmazon, Client
from cloud import StartedCloud
from emulator import TIMEOUT, Emulator, Forms


@pytest.fixture(scope="module")
def pair(request):
    """A cloud and the server that it takes for Amazon."""
    program = request.config.getoption("--cloud")
    if not program:
        pytest.skip("needs --cloud PATH")
    made = {}

    def begin(authority, folder):
        made["amazon"] = AuthlibAmazon(*authority.identity(folder, "amazon", is_server=True))
        return made["amazon"].url

    cloud = StartedCloud(os.path.abspath(program), amazon=begin)
    request.addfinalizer(cloud.end)
    request.addfinalizer(made["amazon"].end)
    client = Client("web", "web-secret", cloud.url + "/link/return", "dash:replenish profile:user_id")
    # Under five minutes: each call needs a refresh first.
    made["amazon"].serve(client, lifetime=120)
    return cloud, made["amazon"]


def go(cloud, amazon, browser, path, decision):
    """Sets out to Amazon, decides there, comes back; returns the page where it ends."""
    departure = cloud.submit(browser, path, action=path + "/link").headers["Location"]
    assert departure.startswith(amazon.url + "/ap/oa?")
    query = parse_qs(urlsplit(departure).query)
    assert query["code_challenge_method"] == ["S256"] and len(query["state"][0]) >= 32
    customer = Emulator(amazon.url, cloud.ca).session()
    page = customer.get(departure, timeout=TIMEOUT)
    assert page.status_code == 200, page.text
    form = Forms(page.text).forms[0]
    answer = customer.post(
        urljoin(departure, form["action"]), data={"decision": decision}, allow_redirects=False, timeout=TIMEOUT
    )
    assert answer.status_code == 302, answer.text
    back = answer.headers["Location"]
    assert back.startswith(cloud.url + "/link/return?")
    return back, browser.session.get(back, timeout=TIMEOUT)


def test_link_refresh_unlink(pair):
    cloud, amazon = pair
    browser = cloud.sign_in(cloud.sign_up("owner@example.com"))
    _, path = cloud.claimed_device(browser)

    _, refused = go(cloud, amazon, browser, path, "deny")
    assert refused.status_code == 403 and "You refused it" in refused.text and amazon.rules.tokens == []

    back, page = go(cloud, amazon, browser, path, "allow")
    assert page.status_code == 200 and "<strong>linked</strong>" in page.text, page.text
    # The cloud asked for the slots, and for that refreshed: PKCE, secret and rotation are to Authlib's liking.
    assert amazon.rules.grants_seen == ["authorization_code", "refresh_token"]
    assert [token.is_revoked for token in amazon.rules.tokens] == [True, False]

    replayed = browser.session.get(back, timeout=TIMEOUT)
    assert replayed.status_code == 403 and "not begun in this browser" in replayed.text

    assert "coffee" in page.text
    cloud.submit(browser, path, action=path + "/update")
    assert amazon.rules.grants_seen[2:] == ["refresh_token"]
    cloud.submit(browser, path, action=path + "/unlink")
    for _ in range(100):
        page = browser.session.get(cloud.at(path), timeout=TIMEOUT)
        if "<strong>not linked</strong>" in page.text:
            break
    assert "<strong>not linked</strong>" in page.text, page.text
    assert amazon.deregistered == [amazon.rules.tokens[-1].access]
    text = cloud.text()
    for token in amazon.rules.tokens:
        assert token.access not in text and token.refresh not in text
