"""The pages of an owner's device in Chromium: claim, the way to Amazon and back, and all that comes between."""

import pytest

from amazon import FIRST, PASSWORD, SECOND
from cloud import Maker, Owner
from device import SERIAL
from fleet import FleetDevice
from processes import wait_until
from visitor import SECRET, sign_in, sign_in_at_amazon, sign_up

NEIGHBOUR = "TEST0002"


@pytest.fixture(scope="module")
def maker(programs, workshop):
    return Maker(programs, workshop / "maker-of-two", [SERIAL, NEIGHBOUR])


@pytest.fixture
def cloud(new_cloud):
    return new_cloud(options=["--downlink"]).start()


def visited(walk, address):
    walk.page.goto(address)
    return walk.text()


def claim(walk, cloud, device, name):
    """Adds the device. Gives back the address of its page."""
    device.hold()
    walk.page.goto(cloud.url + "/claim")
    walk.press("Add it", name, **{"Serial number": SERIAL, "Claim code": cloud.maker.claim_code})
    return walk.page.url


def test_from_claim_to_release(walk, cloud, maker, unclaimed, amazon):
    sign_up(walk, cloud)
    walk.go(cloud.url + "/", "no devices")
    walk.press("Sign out", None)
    # The QR code on the label.
    label = f"{cloud.url}/claim?serial={SERIAL}&code={maker.claim_code}"
    walk.go(label, "sign in for the label")
    sign_in(walk, "claim with the label")
    assert "Hold the button" in walk.press("Add it", "claim refused")
    walk.go(cloud.url + "/claim", "claim")
    page = claim(walk, cloud, unclaimed, "device")
    walk.press("Link an Amazon account", "sign in at amazon")
    sign_in_at_amazon(walk, "consent at amazon", FIRST, PASSWORD)
    assert "error" not in walk.press("Allow", "linked")
    unclaimed.hold()
    unclaimed.wait_for_link("linked")
    unclaimed.press()
    assert unclaimed.settled()["state"] == "test-ordered"
    assert "coffee: ordered" in walk.press("Ask Amazon for news", "news")
    amazon.script("subscriptionInfo", "status", status=500, times=20)
    walk.press("Ask Amazon for news", "no answer")
    amazon.clear_script()
    walk.go(cloud.url + "/", "devices")
    walk.go(page, "ordered")
    walk.press("Show me which one it is", "asked which one it is")
    amazon.script("deregister", "status", status=500, times=20)
    walk.press("Unlink the Amazon account", "unlinking")
    # As when Amazon could not be told for seven days.
    wait_until("Amazon was asked", lambda: amazon.count("deregister"))
    cloud.ask_database("UPDATE registration SET state = 'failed'")
    assert "Remove the device at Amazon yourself" in walk.go(page, "unlink failed")
    walk.page.get_by_text("Give the device away").click()
    walk.press("Release it", "released")
    walk.go(page, "no longer mine")
    walk.go(cloud.url + "/claim", "claim again")
    while "Too many tries" not in walk.text():
        walk.press("Add it", None, **{"Serial number": SERIAL, "Claim code": "AAAA-BBBB"})
    walk.press("Add it", "too many claims", **{"Serial number": SERIAL, "Claim code": "AAAA-BBBB"})


def test_links_that_do_not_come_about(walk, cloud, maker, unclaimed, amazon):
    sign_up(walk, cloud)
    page = claim(walk, cloud, unclaimed, None)
    walk.go(cloud.url + "/link/return?state=nothing&code=nothing", "link of another browser")
    visited(walk, page)
    walk.press("Link an Amazon account", None)
    sign_in_at_amazon(walk, None, FIRST, PASSWORD)
    walk.press("Refuse", "consent refused")
    # A neighbour has linked this Amazon account.
    device = FleetDevice(cloud, NEIGHBOUR, maker.certificate_of(NEIGHBOUR), maker.key_of(NEIGHBOUR))
    assert device.ask("POST", "presence")[0] == 200
    Owner(cloud, "neighbour@example.com").sign_up().claim(serial=NEIGHBOUR).link()
    walk.follow("Continue", None)
    walk.press("Link an Amazon account", None)
    walk.press("Allow", "amazon account of another owner")
    wait_until("it is taken back", lambda: "Link an Amazon account" in visited(walk, page))
    walk.press("Link an Amazon account", None)
    walk.press("Not you?", None)
    sign_in_at_amazon(walk, None, SECOND, PASSWORD)
    amazon.script("token.authorization_code", "status", status=500, times=20)
    walk.press("Allow", "link failed")
    amazon.clear_script()
    # Three ways to Amazon, in two tabs: one is taken to its end.
    visited(walk, page)
    early = walk.second_tab()
    walk.press("Link an Amazon account", None)
    consent = walk.page.url
    visited(walk, page)
    walk.press("Link an Amazon account", None)
    assert "linked since" in walk.press("Allow", None)
    walk.page.goto(consent)
    walk.press("Allow", "linked meanwhile")
    walk.page = early
    walk.press("Link an Amazon account", "linked already")


def test_links_of_devices_that_go_away(walk, cloud, unclaimed, amazon):
    sign_up(walk, cloud)
    page = claim(walk, cloud, unclaimed, None)
    walk.press("Link an Amazon account", None)
    sign_in_at_amazon(walk, None, FIRST, PASSWORD)
    walk.press("Allow", None)
    # Released, and claimed again before Amazon knows of it.
    amazon.script("deregister", "status", status=500, times=100)
    release(walk, page)
    page = claim(walk, cloud, unclaimed, None)
    walk.press("Link an Amazon account", "not yet")
    amazon.clear_script()
    cloud.ask_database("UPDATE registration SET next_attempt_at = 0")
    consent_again(walk, page)

    def let_go():
        taken = "SELECT COUNT(*) FROM link_attempt"
        wait_until("the cloud asks for tokens", lambda: cloud.ask_database(taken) == [(0,)])
        allowing, walk.page = walk.page, walk.page.context.new_page()
        release(walk, page)
        walk.page = allowing

    amazon.script("token.authorization_code", "delay", seconds=15)
    walk.press("Allow", "not in the account any more", meanwhile=let_go)
    page = claim(walk, cloud, unclaimed, None)
    consent = consent_again(walk, page)
    walk.go(cloud.url + "/account/delete", "delete everything")
    walk.press("Delete the account", "deleted", Password=SECRET)
    visited(walk, consent)
    walk.press("Allow", "account deleted meanwhile")


def consent_again(walk, page):
    """On the way to Amazon, as soon as an earlier link is taken back. Gives back the consent page's address."""

    def is_at_amazon():
        visited(walk, page)
        return "Not yet" not in walk.press("Link an Amazon account", None)

    wait_until("Amazon knows of the end of the earlier link", is_at_amazon)
    return walk.page.url


def release(walk, page):
    visited(walk, page)
    walk.page.get_by_text("Give the device away").click()
    walk.press("Release it", None)
