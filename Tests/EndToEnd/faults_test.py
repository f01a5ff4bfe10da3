"""Each fault that the emulator can play: what the device did, what its light said, that it recovered by itself.

Every test asks the emulator, not the device, how many orders there are.
"""

import pytest

from amazon import SECOND
from processes import wait_until

NOTED = "the press is noted and on its way"
RETRYING = "not ordered yet; trying again"
ORDERED = "ordered"
ALREADY = "already ordered: an order is still open"
NOT_ORDERED = "not ordered; press again if it is still wanted"
NEEDS_LINKING = "no Amazon account is linked"
LINKING = "a phone is linking"


def contains_in_order(whole, part):
    rest = iter(whole)
    return all(any(word == said for said in rest) for word in part)


def check_light(device, *expected):
    """The light said these in this order, perhaps others between."""
    wait_until(
        f"the light says {' / '.join(expected)}",
        lambda: contains_in_order(device.lights(), expected),
        10,
        lambda: f"it said {device.lights()}\n{device.log()}",
    )


def next_press_orders(device, amazon):
    """The device is well again: the next press, after what was under way arrived, is an order."""
    amazon.clear_script()
    amazon.deliver()
    before = len(amazon.orders())
    device.press()
    end = device.settled()
    assert end["state"] == "test-ordered", end
    assert len(amazon.orders()) == before + 1
    assert device.status()["link"] == "linked"


# Faults of the order itself. `placed`: whether the order was placed before the answer went wrong.
ORDER_FAULTS = {
    "status 500": ({"kind": "status", "status": 500}, False),
    "status 503, come back in two seconds": (
        {"kind": "status", "status": 503, "headers": {"Retry-After": "2"}},
        False,
    ),
    "status 429": ({"kind": "status", "status": 429}, False),
    "status 500 with a page": (
        {"kind": "status", "status": 500, "body": "<html>oh no</html>", "contentType": "text/html"},
        False,
    ),
    "status 302": ({"kind": "status", "status": 302, "headers": {"Location": "https://localhost:1/"}}, False),
    "a page with status 200": (
        {"kind": "status", "status": 200, "body": "<html>sign in</html>", "contentType": "text/html"},
        False,
    ),
    "closed without a byte": ({"kind": "dropRequest"}, False),
    "answer lost after the order": ({"kind": "loseAnswer"}, True),
    "cut mid-body": ({"kind": "cutBody"}, True),
    "half a body as if whole": ({"kind": "truncateBody"}, True),
    "a huge body": ({"kind": "hugeBody"}, True),
    "wrong content type": ({"kind": "contentType", "contentType": "text/html"}, True),
    "garbage": ({"kind": "garbage"}, True),
    "deeply nested JSON": ({"kind": "garbage", "body": "[" * 60000}, True),
    "the same key twice": (
        {"kind": "garbage", "body": '{"eventInstanceId":"a","eventInstanceId":"b","detail":"x"}'},
        True,
    ),
}


@pytest.mark.parametrize("name", ORDER_FAULTS)
@pytest.mark.parametrize("times", [1, 3])
def test_an_order_that_went_wrong_is_tried_again_and_placed_once(linked, amazon, name, times):
    fault, placed = ORDER_FAULTS[name]
    amazon.script("replenish", times=times, **fault)
    linked.press()
    end = linked.settled()
    assert end["state"] == ("already-ordered" if placed else "test-ordered"), end
    assert len(amazon.orders()) == 1
    assert end["instance-id"] == amazon.orders()[0]["eventInstanceId"]
    assert [request.get("fault") for request in amazon.requests("replenish")] == [fault["kind"]] * times + [None]
    check_light(linked, NOTED, RETRYING, ALREADY if placed else ORDERED)
    assert linked.status()["failure"]["text"]
    next_press_orders(linked, amazon)


def test_a_slow_answer_is_waited_for(linked, amazon):
    amazon.script("replenish", "delay", seconds=3)
    amazon.script("replenish", "delayAnswer", seconds=3, skip=1)
    linked.press()
    assert linked.settled()["state"] == "test-ordered"
    assert amazon.count("replenish") == 1
    check_light(linked, NOTED, ORDERED)
    assert RETRYING not in linked.lights()
    amazon.deliver()
    linked.press()
    assert linked.settled()["state"] == "test-ordered"
    assert (amazon.count("replenish"), len(amazon.orders())) == (2, 2)


def test_an_answer_that_does_not_come_is_given_up_and_asked_for_again(linked, amazon):
    amazon.script("replenish", "delayAnswer", seconds=90)
    linked.press()
    end = linked.settled(timeout=120)
    assert end["state"] == "already-ordered", end
    assert len(amazon.orders()) == 1
    check_light(linked, NOTED, RETRYING, ALREADY)
    next_press_orders(linked, amazon)


def test_a_refusal_is_shown_and_not_repeated(linked, amazon):
    amazon.script("replenish", "status", status=403, body='{"message":"Not for you"}')
    linked.press()
    end = linked.settled()
    assert end["state"] == "refused" and "403" in end["reason"] and "Not for you" in end["reason"]
    assert (amazon.count("replenish"), amazon.orders()) == (1, [])
    check_light(linked, NOTED, NOT_ORDERED)
    next_press_orders(linked, amazon)


def test_a_refusal_after_a_lost_answer_is_in_doubt(linked, amazon):
    amazon.script("replenish", "loseAnswer")
    amazon.script("replenish", "status", status=403, skip=0)
    linked.press()
    end = linked.settled()
    assert end["state"] == "in-doubt", end
    assert (amazon.count("replenish"), len(amazon.orders())) == (2, 1)
    check_light(linked, NOTED, "in doubt: look at your Amazon orders")
    next_press_orders(linked, amazon)


def test_an_order_that_arrived_before_the_retry_is_not_hidden(linked, amazon):
    """The answer is lost, the customer gets the goods, the retry orders again: both are orders, both are known."""
    amazon.script("replenish", "loseAnswer")
    amazon.script("replenish", "status", status=503, headers={"Retry-After": "3"})
    linked.press()
    wait_until("the second try", lambda: amazon.count("replenish") >= 2)
    amazon.deliver()
    end = linked.settled()
    # DRS has no idempotency key, so within 15 minutes a retry can order what has just been delivered; see the design.
    assert end["state"] == "test-ordered" and end["instance-id"] == amazon.orders()[-1]["eventInstanceId"]
    assert len(amazon.orders()) <= 2


def test_an_answer_in_unknown_words_is_in_doubt_and_not_repeated(linked, amazon):
    amazon.script("replenish", "garbage", body='{"eventInstanceId":"e1","detailCode":"ORDER_TELEPORTED"}')
    linked.press()
    end = linked.settled()
    assert end["state"] in ("in-doubt", "already-ordered"), end
    assert len(amazon.orders()) == 1


def test_an_expired_token_is_renewed_within_the_press(linked, amazon):
    refreshes = amazon.count("token.refresh_token")
    amazon.script("replenish", "expireTokens")
    linked.press()
    assert linked.settled()["state"] == "test-ordered"
    assert amazon.count("token.refresh_token") == refreshes + 1
    results = [request.get("result") for request in amazon.requests("replenish")]
    assert results == ["InvalidTokenException", "TEST_ORDER_PLACED"]
    assert len(amazon.orders()) == 1
    check_light(linked, NOTED, ORDERED)
    next_press_orders(linked, amazon)


def test_a_token_that_is_refused_again_and_again_does_not_loop(linked, amazon):
    amazon.script("replenish", "expireTokens", times=4)
    linked.press()
    assert linked.settled()["state"] == "test-ordered"
    assert amazon.count("replenish") == 5
    assert len(amazon.orders()) == 1
    check_light(linked, NOTED, RETRYING, ORDERED)


@pytest.mark.parametrize("seconds", [1, 60, 299])
def test_short_lived_tokens_are_used_while_they_live(fresh, amazon, seconds):
    """Shorter than the margin before which the device renews: each press may cost one renewal, not a thousand."""
    amazon.settings(accessTokenSeconds=seconds)
    fresh.link()
    fresh.press()
    end = fresh.settled(timeout=20)
    assert end["state"] == "test-ordered", end
    assert len(amazon.orders()) == 1
    assert fresh.ctl("unlink").returncode == 0
    wait_until("the records are gone", lambda: not fresh.files("link", "farewell"), explain=fresh.log)
    assert amazon.count("token.refresh_token") <= 12


@pytest.mark.parametrize("skew", [7200, -7200, 400 * 86400, -400 * 86400])
def test_a_service_whose_clock_is_elsewhere(linked, amazon, skew):
    amazon.settings(clockSkewSeconds=skew)
    linked.press()
    assert linked.settled()["state"] == "test-ordered"
    assert len(amazon.orders()) == 1
    check_light(linked, NOTED, ORDERED)
    linked.restart()
    next_press_orders(linked, amazon)


@pytest.mark.parametrize("operation", ["replenish", "token.refresh_token"])
def test_a_revoked_grant_unlinks_and_is_shown(linked, amazon, operation):
    if operation == "token.refresh_token":
        amazon.ask("POST", "tokens/expire")
    amazon.script(operation, "revokeGrants")
    linked.press()
    end = linked.settled()
    assert end["state"] in ("void", "in-doubt") and end["reason"], end
    assert end["state"] == "void" or operation == "replenish"
    status = linked.wait_for_link("unlinked", "setup-open")
    assert "invalid_grant" in status["failure"]["text"]
    wait_until("the tokens are gone", lambda: not linked.files("link"))
    assert amazon.orders() == []
    check_light(linked, NOTED, NOT_ORDERED)
    # Linking again is all it takes; what was pressed before is not ordered on the new account.
    assert linked.ctl("setup").returncode == 0
    linked.link(user=SECOND)
    assert amazon.orders() == []
    next_press_orders(linked, amazon)


# Faults of the renewal of tokens, on the way to an order.
TOKEN_FAULTS = {
    "status 500": {"kind": "status", "status": 500},
    "status 503, come back in two seconds": {"kind": "status", "status": 503, "headers": {"Retry-After": "2"}},
    "status 429": {"kind": "status", "status": 429},
    "status 400 invalid_client": {
        "kind": "status",
        "status": 400,
        "body": '{"error":"invalid_client","error_description":"no"}',
    },
    "status 400 with a page": {"kind": "status", "status": 400, "body": "<html/>", "contentType": "text/html"},
    "a page with status 200": {"kind": "status", "status": 200, "body": "<html/>", "contentType": "text/html"},
    "slow": {"kind": "delay", "seconds": 2},
    "closed without a byte": {"kind": "dropRequest"},
    "answer lost": {"kind": "loseAnswer"},
    "cut mid-body": {"kind": "cutBody"},
    "half a body as if whole": {"kind": "truncateBody"},
    "a huge body": {"kind": "hugeBody"},
    "wrong content type": {"kind": "contentType", "contentType": "text/html"},
    "garbage": {"kind": "garbage"},
    "tokens that are no strings": {
        "kind": "garbage",
        "body": '{"access_token":1,"refresh_token":{},"token_type":"bearer","expires_in":"x"}',
    },
}


@pytest.mark.parametrize("name", TOKEN_FAULTS)
@pytest.mark.parametrize("rotation", ["off", "grace"])
def test_a_renewal_that_went_wrong_costs_no_link_and_no_press(linked, amazon, name, rotation):
    amazon.settings(rotation=rotation)
    amazon.ask("POST", "tokens/expire")
    before = amazon.count("token.refresh_token")
    amazon.script("token.refresh_token", **TOKEN_FAULTS[name])
    linked.press()
    end = linked.settled()
    assert end["state"] == "test-ordered", end
    assert len(amazon.orders()) == 1
    renewals = [request.get("fault") for request in amazon.requests("token.refresh_token")][before:]
    assert renewals == [TOKEN_FAULTS[name]["kind"]] + ([] if name == "slow" else [None])
    check_light(linked, NOTED, ORDERED)
    assert linked.status()["link"] == "linked"
    linked.restart()
    next_press_orders(linked, amazon)


@pytest.mark.parametrize("name", ["answer lost", "cut mid-body", "garbage"])
def test_a_lost_renewal_with_strict_rotation_ends_unlinked_and_shown_at_worst(linked, amazon, name):
    amazon.settings(rotation="strict")
    amazon.ask("POST", "tokens/expire")
    amazon.script("token.refresh_token", **TOKEN_FAULTS[name])
    linked.press()
    end = linked.settled()
    assert end["state"] in ("void", "test-ordered"), end
    assert len(amazon.orders()) == (1 if end["state"] == "test-ordered" else 0)
    if end["state"] == "void":
        status = linked.wait_for_link("unlinked", "setup-open")
        assert "invalid_grant" in status["failure"]["text"]
        wait_until("the tokens are gone", lambda: not linked.files("link"))
        check_light(linked, NOTED, NOT_ORDERED)
        assert linked.ctl("setup").returncode == 0
        linked.link()
    next_press_orders(linked, amazon)


def test_the_light_says_that_a_renewal_is_tried_again(linked, amazon):
    amazon.ask("POST", "tokens/expire")
    amazon.script("token.refresh_token", "status", times=3, status=500)
    linked.press()
    assert linked.settled()["state"] == "test-ordered"
    check_light(linked, NOTED, RETRYING, ORDERED)


# Faults while a device is being linked.
REDEEM_FAULTS = {name: fault for name, fault in TOKEN_FAULTS.items() if name != "slow"}


@pytest.mark.parametrize("name", REDEEM_FAULTS)
def test_a_code_that_was_not_redeemed_needs_a_new_login_and_no_restart(fresh, amazon, name):
    amazon.script("token.authorization_code", **REDEEM_FAULTS[name])
    first = fresh.companion()
    assert first.returncode == 7, first
    assert len((first.stderr + first.stdout).strip()) > 40  # it says why
    assert fresh.status()["link"] == "setup-open" and not fresh.files("link")
    assert fresh.status()["failure"]["text"]
    # A code works once: it is not sent again when it may have arrived.
    assert amazon.count("token.authorization_code") == 1
    fresh.link()
    check_light(fresh, LINKING)
    next_press_orders(fresh, amazon)


@pytest.mark.parametrize("name", ["status 500", "closed without a byte", "garbage"])
def test_a_second_login_over_the_same_connection_links(fresh, amazon, name):
    amazon.script("token.authorization_code", **REDEEM_FAULTS[name])
    done = fresh.companion("--tries", "2")
    assert done.returncode == 0, done
    fresh.wait_for_link("linked")
    assert amazon.count("token.authorization_code") == 2
    next_press_orders(fresh, amazon)


def test_a_slow_redemption_is_waited_for(fresh, amazon):
    amazon.script("token", "delay", seconds=2, times=2)
    fresh.link()
    assert amazon.count("token.authorization_code") == 1
    next_press_orders(fresh, amazon)


# invalid_client means here that the link cannot be proved: that is told, and a new login may help.
PROOF_FAULTS = {name: fault for name, fault in TOKEN_FAULTS.items() if "400" not in name}


@pytest.mark.parametrize("name", PROOF_FAULTS)
def test_a_proof_that_went_wrong_is_tried_again(fresh, amazon, name):
    amazon.script("token.refresh_token", **PROOF_FAULTS[name])
    fresh.link()
    assert amazon.count("token.authorization_code") == 1
    assert fresh.record("link")["phase"] == "linked"
    next_press_orders(fresh, amazon)


def test_a_grant_revoked_before_the_proof_ends_the_link_and_says_so(fresh, amazon):
    amazon.script("token.refresh_token", "revokeGrants")
    done = fresh.companion()
    assert done.returncode == 7, done
    status = fresh.wait_for_link("setup-open")
    assert "invalid_grant" in status["failure"]["text"]
    assert not fresh.files("link")
    fresh.link()
    next_press_orders(fresh, amazon)


def test_tokens_expired_while_linking_do_not_matter(fresh, amazon):
    amazon.script("token", "expireTokens", times=2)
    fresh.link()
    next_press_orders(fresh, amazon)


# Faults of the end of a link.
@pytest.mark.parametrize("name", ["status 500", "closed without a byte", "answer lost after the order", "garbage"])
def test_a_deregistration_that_went_wrong_is_tried_again(linked, amazon, name):
    amazon.script("deregister", **ORDER_FAULTS[name][0])
    assert linked.ctl("unlink").returncode == 0
    wait_until("the records are gone", lambda: not linked.files("link", "farewell"), explain=linked.log)
    assert all("deregisteredAt" in registration for registration in amazon.state()["registrations"])
    assert linked.ctl("press", "coffee").returncode == 1
    assert amazon.orders() == []
    linked.ctl("setup")
    linked.link()
    next_press_orders(linked, amazon)


def test_an_old_link_does_not_end_the_new_one(linked, amazon):
    """Unlinked while Amazon was away, linked again with the same serial: the old deregistration must not follow."""
    amazon.script("deregister", "status", status=500, times=1000)
    assert linked.ctl("unlink").returncode == 0
    wait_until("the first try", lambda: amazon.count("deregister") >= 1)
    linked.ctl("setup")
    linked.link()
    assert not linked.files("farewell")
    amazon.clear_script()
    tries = amazon.count("deregister")
    linked.restart()
    next_press_orders(linked, amazon)
    assert amazon.count("deregister") == tries
    assert any("deregisteredAt" not in registration for registration in amazon.state()["registrations"])


@pytest.mark.parametrize("fault, state", [("dropRequest", "in-doubt"), ("loseAnswer", "in-doubt")])
def test_a_pending_press_is_never_ordered_on_the_next_account(linked, amazon, fault, state):
    amazon.script("replenish", fault, times=1000)
    pressed = linked.press()
    wait_until("a try", lambda: amazon.count("replenish") >= 1)
    assert linked.ctl("unlink").returncode == 0
    assert linked.settled()["state"] == state
    check_light(linked, RETRYING, "in doubt: look at your Amazon orders")
    before = len(amazon.orders())
    amazon.clear_script()
    linked.ctl("setup")
    linked.link(user=SECOND)
    linked.restart()
    press = linked.presses()[0]
    assert (press["id"], press["state"]) == (pressed["id"], state)
    assert len(amazon.orders()) == before
    linked.press()
    assert linked.settled()["state"] == "test-ordered"
    assert amazon.orders()[-1]["customer"] == SECOND and len(amazon.orders()) == before + 1


def test_an_unreachable_service_keeps_the_press(linked, amazon):
    """Nobody listens at all: nothing was sent, the press stays noted over a restart, and is ordered in the end."""
    host = linked.sections["amazon"]["service-host"]
    linked.stop()
    linked.sections["amazon"]["service-host"] = "https://localhost:1"
    linked.start()
    linked.press()
    check_light(linked, NOTED, RETRYING)
    status = linked.status()
    assert status["presses"][0]["state"] == "noted" and "no connection" in status["failure"]["text"]
    linked.kill()
    linked.sections["amazon"]["service-host"] = host
    linked.start()
    assert linked.settled()["state"] == "test-ordered"
    assert len(amazon.orders()) == 1


def test_while_amazon_is_away_a_press_waits(linked, amazon):
    amazon.script("*", "dropRequest", times=4)
    linked.press()
    assert linked.settled()["state"] == "test-ordered"
    assert len(amazon.orders()) == 1
    check_light(linked, NOTED, RETRYING, ORDERED)
