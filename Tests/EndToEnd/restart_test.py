"""SIGKILL at moments nobody chose: whatever was under way, nothing is doubled, nothing hidden, nothing half linked.

The moments are drawn at random over the time that the act takes; the seed is printed and can be given back in
E2E_SEED. Every act is cut many times, and each life goes on from what the one before left on disk.
"""

import json
import os
import random
import re
import time

import pytest

from device import OPEN
from processes import PATIENCE, wait_until

SEED = int(os.environ.get("E2E_SEED") or random.SystemRandom().randrange(1 << 32))
CUTS = int(os.environ.get("E2E_CUTS") or 15)  # of each kind


@pytest.fixture
def chance(request, capsys):
    with capsys.disabled():
        print(f"\n  {request.node.name}: {CUTS} cuts, E2E_SEED={SEED}")
    return random.Random(f"{SEED} {request.node.name}")


def open_orders(amazon):
    return [order for order in amazon.orders() if order["phase"] in ("processing", "shipped")]


def check_press(device, amazon, pressing, before):
    """After the restart: one press, at most one order, and if it was acknowledged then it is shown.

    Returns whether the device still knows the press.
    """
    said, complaint = pressing.communicate(timeout=PATIENCE)
    orders = amazon.orders()[before:]
    assert len(orders) <= 1, orders
    news = [press for press in device.presses() if press["id"] not in device.known]
    assert len(news) <= 1, news
    if pressing.returncode == 0:
        assert news, f"an acknowledged press is hidden: {said}{complaint}\n{device.log()}"
    if not news:
        assert orders == [], "an order that the device does not know"
        return False
    end = wait_until(
        "the press ends",
        lambda: (found := [p for p in device.presses() if p["id"] == news[0]["id"]])
        and found[0]["state"] not in OPEN
        and found[0],
        explain=lambda: f"{device.status()}\n{device.log()}",
    )
    orders = amazon.orders()[before:]
    device.known.add(end["id"])
    assert len(orders) <= 1, orders
    if end["state"] in ("test-ordered", "already-ordered"):
        assert len(orders) == 1 and end["instance-id"] == orders[0]["eventInstanceId"], (end, orders)
    else:
        assert end["state"] in ("in-doubt", "void", "expired", "refused") and end["reason"], end
        assert orders == [] or end["state"] == "in-doubt", (end, orders)
    return True


def cut_presses(device, amazon, chance, longest):
    device.known = {press["id"] for press in device.presses()}
    seen = []
    for _ in range(CUTS):
        before = len(amazon.orders())
        pressing = device.ctl_in_background("press", "coffee")
        time.sleep(chance.uniform(0, longest))
        device.restart()
        seen.append(check_press(device, amazon, pressing, before))
        amazon.clear_script()
        amazon.deliver()
        if device.status()["link"] != "linked":
            break
    return seen


@pytest.mark.parametrize("rotation", ["off", "grace"])
def test_killed_while_a_press_is_under_way(linked, amazon, chance, rotation):
    amazon.settings(rotation=rotation)
    amazon.script("replenish", "delay", seconds=0.15, times=1000)
    seen = cut_presses(linked, amazon, chance, 0.4)
    assert any(seen), "no cut came late enough to find a press on disk"
    assert linked.wait_for_link("linked")


def test_killed_between_the_order_and_its_answer(linked, amazon):
    """The moment that costs money: the order stands, the device has not heard of it."""
    amazon.script("replenish", "delayAnswer", seconds=3)
    linked.known = set()
    pressing = linked.ctl_in_background("press", "coffee")
    wait_until("the order stands", lambda: len(amazon.orders()) == 1)
    linked.restart()
    assert check_press(linked, amazon, pressing, 0)
    assert linked.presses()[0]["state"] == "already-ordered"
    assert len(amazon.orders()) == 1


@pytest.mark.parametrize("rotation", ["off", "grace", "strict"])
def test_killed_while_tokens_are_renewed(linked, amazon, chance, rotation):
    """With strict rotation a lost answer may end the link, shown; nothing else may happen, and never otherwise."""
    amazon.settings(rotation=rotation)
    linked.known = set()
    for _ in range(CUTS):
        before = len(amazon.orders())
        amazon.ask("POST", "tokens/expire")
        amazon.script("token.refresh_token", chance.choice(["delay", "delayAnswer"]), seconds=0.2)
        pressing = linked.ctl_in_background("press", "coffee")
        time.sleep(chance.uniform(0, 0.45))
        linked.restart()
        check_press(linked, amazon, pressing, before)
        amazon.clear_script()
        amazon.deliver()
        status = linked.wait_for_link("linked", "unlinked", "setup-open")
        if status["link"] != "linked":
            assert rotation == "strict", f"{status}\n{linked.log()}"
            wait_until("the tokens are gone", lambda: not linked.files("link"))
            linked.ctl("setup")
            linked.link()


def test_killed_while_a_phone_links_it(fresh, amazon, chance):
    reached, linked = set(), 0
    amazon.script("token", "delay", seconds=0.1, times=100000)
    for _ in range(CUTS):
        linking = fresh.companion_in_background()
        time.sleep(chance.uniform(0, 0.6))
        fresh.restart()
        linking.communicate(timeout=PATIENCE)
        status = fresh.wait_for_link("setup-open", "linked")
        tokens = fresh.record("link")
        reached.add((linking.returncode, status["link"]))
        if status["link"] == "linked":
            # What was on disk, unproved or not, was finished without the phone.
            assert tokens["phase"] == "linked" and not fresh.files("farewell")
            assert status["generation"] >= 1
            assert fresh.press()
            assert fresh.settled()["state"] == "test-ordered"
            assert len(open_orders(amazon)) == 1
            linked += 1
            amazon.deliver()
            assert fresh.ctl("unlink").returncode == 0
            wait_until("the records are gone", lambda: not fresh.files("link", "farewell"))
            assert fresh.ctl("setup").returncode == 0
        else:
            assert tokens is None and linking.returncode != 0
            assert status["generation"] is None
    amazon.clear_script()
    wait_until("no delay after guesses", lambda: fresh.status()["guesses"]["wait-seconds"] == 0, 310)
    fresh.link()
    # One press for each link that came about, one order for each press.
    assert len(amazon.orders()) == linked
    print(f"reached: {sorted(reached)}")


def test_killed_while_the_owner_unlinks_it(linked, amazon, chance):
    reached = set()
    for _ in range(CUTS):
        amazon.script("deregister", chance.choice(["delay", "delayAnswer"]), seconds=0.1)
        unlinking = linked.ctl_in_background("unlink")
        time.sleep(chance.uniform(0, 0.3))
        linked.restart()
        unlinking.communicate(timeout=PATIENCE)
        amazon.clear_script()
        status = linked.status()
        if unlinking.returncode == 0:
            assert status["link"] != "linked", "an unlink that was acknowledged is undone"
        reached.add((unlinking.returncode, status["link"]))
        if status["link"] == "linked":
            continue
        assert linked.ctl("press", "coffee").returncode == 1
        wait_until("the records are gone", lambda: not linked.files("link", "farewell"), explain=linked.log)
        assert all("deregisteredAt" in registration for registration in amazon.state()["registrations"])
        linked.ctl("setup")
        linked.link()
    assert amazon.orders() == []
    print(f"reached: {sorted(reached)}")


def test_killed_while_everything_is_erased(linked, amazon, chance):
    for _ in range(CUTS):
        amazon.script("deregister", "delay", seconds=0.1)
        erasing = linked.ctl_in_background("erase", "--yes")
        time.sleep(chance.uniform(0, 0.3))
        linked.restart()
        erasing.communicate(timeout=PATIENCE)
        amazon.clear_script()
        status = linked.wait_for_link("linked", "unlinked", "setup-open")
        if status["link"] == "linked":
            assert erasing.returncode != 0, "an erasure that was acknowledged is undone"
            continue
        wait_until("the records are gone", lambda: not linked.files("link", "farewell", "erasing"), explain=linked.log)
        assert linked.presses() == []
        assert all("deregisteredAt" in registration for registration in amazon.state()["registrations"])
        linked.ctl("setup")
        linked.link()
    assert amazon.orders() == []


def test_killed_again_and_again_while_it_starts(linked, amazon, chance):
    """A battery that is almost empty."""
    amazon.script("replenish", "delayAnswer", seconds=0.2, times=1000)
    linked.press()
    for _ in range(CUTS):
        linked.kill()
        linked.start(ready=False)
        time.sleep(chance.uniform(0, 0.15))
    linked.restart()
    assert linked.settled()["state"] in ("test-ordered", "already-ordered")
    assert len(amazon.orders()) == 1
    assert linked.status()["link"] == "linked"


def test_what_was_logged_as_ordered_is_what_the_status_says(linked, amazon):
    """Log, status and emulator name the same order before and after a kill."""
    linked.press()
    end = linked.settled()
    linked.restart()
    assert linked.presses()[0]["instance-id"] == end["instance-id"] == amazon.orders()[0]["eventInstanceId"]
    assert re.search(re.escape(end["instance-id"]), linked.log())
    assert json.loads(linked.ctl("status", "--json").stdout)["presses"][0]["state"] == "test-ordered"
