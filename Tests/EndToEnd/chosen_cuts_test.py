"""SIGKILL before every system call by which linking, pressing, renewing or unlinking changes the disk or speaks.

Also: what the daemon does when such a call fails, as on a full or dying disk. Where `restart_test.py` draws its moments,
here each is visited once: so the two sides of every write, rename, sync and sending are seen.
"""

import pytest

import cuts
from processes import PATIENCE, wait_until
from restart_test import check_press


@pytest.fixture
def tell(capsys, request):
    def say(counts):
        with capsys.disabled():
            points = ", ".join(f"{count} {name}" for name, count in counts.items())
            print(f"\n  {request.node.name}: {sum(counts.values())} cut points: {points}")

    return say


class Act:
    """A program that asks for something, started after it was noted how far the log and the orders were."""

    def __init__(self, device, start, *words):
        self.begin = len(device.log_file.read_bytes())
        self.orders = len(device.amazon.orders())
        self.process = start(*words)

    def said(self, device):
        return device.log_file.read_bytes()[self.begin :].decode(errors="replace")


@pytest.mark.parametrize("token", ["valid", "expired"])
def test_cut_at_each_call_of_a_press(linked, amazon, tell, token):
    linked.known = set()

    def begin():
        if token == "expired":
            amazon.ask("POST", "tokens/expire")
        return Act(linked, linked.ctl_in_background, "press", "coffee")

    def is_complete(act):
        return act.process.poll() is not None and "ordered (" in act.said(linked)

    def check(act, was_killed):
        assert check_press(linked, amazon, act.process, act.orders) or was_killed
        assert linked.status()["link"] == "linked"
        amazon.deliver()

    counts = cuts.each(linked, begin, is_complete, check)
    tell(counts)
    assert sum(counts.values()) >= 10


def test_cut_at_each_call_of_linking(fresh, amazon, tell):
    def begin():
        return Act(fresh, fresh.companion_in_background)

    def is_complete(act):
        return act.process.poll() is not None and "setup window closed" in act.said(fresh)

    def check(act, was_killed):
        said, _ = act.process.communicate(timeout=PATIENCE)
        status = fresh.wait_for_link("linked", "setup-open")
        if status["link"] == "linked":
            assert fresh.record("link")["phase"] == "linked"
            fresh.press()
            assert fresh.settled()["state"] == "test-ordered"
            amazon.deliver()
            assert fresh.ctl("unlink").returncode == 0
            wait_until("the records are gone", lambda: not fresh.files("link", "farewell"), explain=fresh.log)
            assert fresh.ctl("setup").returncode == 0
        else:
            assert act.process.returncode != 0 and was_killed, said
            assert fresh.record("link") is None
        assert fresh.status()["guesses"]["failed"] <= 3
        if fresh.status()["guesses"]["failed"] >= 2:
            # The cuts around the proof count as guesses, rightly. The owner's next try succeeds and forgives them.
            assert fresh.companion("--wait", "--hang-up-after", "parameters").returncode == 10

    counts = cuts.each(fresh, begin, is_complete, check)
    tell(counts)
    assert sum(counts.values()) >= 20


def test_cut_at_each_call_of_unlinking(linked, amazon, tell):
    def begin():
        return Act(linked, linked.ctl_in_background, "unlink")

    def is_complete(act):
        return act.process.poll() is not None and "registration at Amazon is ended" in act.said(linked)

    def check(act, was_killed):
        act.process.communicate(timeout=PATIENCE)
        status = linked.status()
        if act.process.returncode == 0:
            assert status["link"] != "linked", "an unlink that was acknowledged is undone"
        if status["link"] == "linked":
            assert was_killed and linked.files("link")
            return
        assert linked.ctl("press", "coffee").returncode == 1
        wait_until("the records are gone", lambda: not linked.files("link", "farewell"), explain=linked.log)
        assert all("deregisteredAt" in registration for registration in amazon.state()["registrations"])
        linked.ctl("setup")
        linked.link()
        wait_until("the window is shut", lambda: linked.status()["window-seconds"] is None)

    counts = cuts.each(linked, begin, is_complete, check)
    assert amazon.orders() == []
    tell(counts)
    assert sum(counts.values()) >= 8


@pytest.mark.parametrize("name", ["openat", "fsync", "renameat"])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_disk_that_fails_gets_no_press_and_no_order(linked, amazon, name, error):
    """What cannot be kept is not acknowledged; and once the disk works again, so does the device."""
    with cuts.failing(linked, name, error):
        refused = linked.ctl("press", "coffee")
        assert refused.returncode == 1 and str(linked.state_folder) in refused.stderr, refused
        assert linked.ctl("unlink").returncode == 1
        assert linked.status()["link"] == "linked"
        assert "needs a person: see the log" in linked.lights()
    assert amazon.orders() == []
    linked.press()
    assert linked.settled()["state"] == "test-ordered"
    linked.restart()
    assert linked.status()["link"] == "linked"
    assert [press["state"] for press in linked.presses()] == ["test-ordered"]
    assert len(amazon.orders()) == 1


@pytest.mark.parametrize("name", ["fsync", "renameat"])
def test_a_disk_that_fails_while_an_order_is_under_way(linked, amazon, name):
    amazon.script("replenish", "delayAnswer", seconds=2)
    linked.press()
    wait_until("the order stands", lambda: len(amazon.orders()) == 1)
    with cuts.failing(linked, name, "EIO"):
        assert linked.settled()["state"] == "test-ordered"
        linked.kill()
    linked.start()
    # The answer was not kept: it is asked for again, and there is still one order.
    assert linked.settled()["state"] in ("already-ordered", "test-ordered")
    assert len(amazon.orders()) == 1


@pytest.mark.parametrize("name", ["fsync", "renameat"])
def test_a_disk_that_fails_while_a_phone_links_it(fresh, amazon, name):
    with cuts.failing(fresh, name, "ENOSPC"):
        done = fresh.companion()
        # Not even a guess can be counted, so none is allowed.
        assert done.returncode == 5, done
    assert not fresh.files("link") and fresh.status()["link"] == "setup-open"
    fresh.companion("--wait")
    fresh.wait_for_link("linked")
    fresh.press()
    assert fresh.settled()["state"] == "test-ordered"
