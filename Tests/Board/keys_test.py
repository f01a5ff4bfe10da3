"""Buttons through evdev, with keys made in the guest (uinput): long presses and several buttons, which the one line of
QEMU's power button cannot give."""

import re

import pytest

from processes import wait_until

FIRST_KEY, SECOND_KEY = 148, 149


class Keys:
    """Two keys of an input device in the guest."""

    def __init__(self, agent):
        self.agent = agent
        self.program = agent.start("/run/tests/keys", FIRST_KEY, SECOND_KEY)
        name = wait_until("the keys are there", lambda: self.program.poll() or self.program.output).decode().strip()
        assert re.fullmatch(r"input\d+", name), (name, self.program.error)
        event = wait_until("their event device is there", lambda: self._event(name))
        self.device = f"/dev/input/{event}"
        agent.shell("busybox mdev -s")

    def _event(self, name):
        found = self.agent.run("/bin/ls", f"/sys/class/input/{name}").stdout.split()
        return next((entry for entry in found if entry.startswith("event")), None)

    def send(self, script):
        """Lines of shell in which `down CODE`, `up CODE` and sleep may stand: timed in the guest, not from here."""
        self.agent.shell(f'down() {{ echo "$1 1" >/run/keys; }}; up() {{ echo "$1 0" >/run/keys; }}; {script}')


@pytest.fixture
def keys(shared_board):
    keys = Keys(shared_board.guest.agent)
    yield keys
    keys.program.kill()


@pytest.fixture
def board(shared_board, amazon, keys):
    def button(code):
        return {"button": f"evdev {keys.device} {code}", "active-low": None}

    return shared_board.renew({"slot coffee": button(FIRST_KEY), "slot filter": button(SECOND_KEY)}).link()


def test_each_button_orders_for_its_slot(board, keys, amazon):
    keys.send(f"down {FIRST_KEY}; sleep 0.2; up {FIRST_KEY}")
    wait_until("the press is known", lambda: board.presses("coffee"))
    assert board.settled("coffee")["state"] == "test-ordered"
    assert board.presses("filter") == []
    keys.send(f"down {SECOND_KEY}; sleep 0.2; up {SECOND_KEY}")
    wait_until("the press is known", lambda: board.presses("filter"))
    assert board.settled("filter")["state"] == "test-ordered"
    assert sorted(order["slot"] for order in amazon.orders()) == ["coffee", "filter"]


def test_two_buttons_at_once(board, keys, amazon):
    keys.send(f"down {FIRST_KEY}; down {SECOND_KEY}; sleep 0.2; up {FIRST_KEY}; up {SECOND_KEY}")
    for slot in ("coffee", "filter"):
        wait_until("the press is known", lambda slot=slot: board.presses(slot))
        assert board.settled(slot)["state"] == "test-ordered"
    assert len(amazon.orders()) == 2


def test_a_long_press_opens_the_window_and_never_orders(board, keys, amazon):
    assert board.status()["window-seconds"] is None
    keys.send(f"down {FIRST_KEY}; sleep 5.5; up {FIRST_KEY}")
    wait_until("the window is open", lambda: board.status()["window-seconds"], explain=board.log)
    # A press after it proves that the daemon has seen all of the keys before.
    keys.send(f"down {SECOND_KEY}; sleep 0.2; up {SECOND_KEY}")
    wait_until("the press is known", lambda: board.presses("filter"))
    board.settled("filter")
    assert board.presses("coffee") == []
    assert [order["slot"] for order in amazon.orders()] == ["filter"]


def test_a_press_neither_short_nor_long_does_nothing(board, keys, amazon):
    keys.send(f"down {FIRST_KEY}; sleep 3; up {FIRST_KEY}")
    keys.send(f"down {SECOND_KEY}; sleep 0.2; up {SECOND_KEY}")
    wait_until("the press is known", lambda: board.presses("filter"))
    board.settled("filter")
    assert board.presses("coffee") == [] and board.status()["window-seconds"] is None
    assert [order["slot"] for order in amazon.orders()] == ["filter"]
