"""A board whose clock is wrong when it boots: it asks nothing of the network and lets nothing expire before the time is
plausible, and then works. And one in the 2040s, beyond what 32 bits of signed seconds hold."""

import time

import pytest

from device import OPEN
from processes import wait_until
from recorder import Recorder


@pytest.fixture
def later_amazon(amazon, tmp_path):
    """The emulator behind a certificate that is still good in the 2040s."""
    recorder = Recorder(amazon, tmp_path, names="IP:10.0.2.2", days=10000)
    yield recorder
    recorder.close()


def test_the_clock_is_wrong_at_boot(new_board, amazon, later_amazon):
    port = later_amazon.url.rsplit(":", 1)[1]
    hosts = {"token-host": f"https://10.0.2.2:{port}", "service-host": f"https://10.0.2.2:{port}"}
    board = new_board({"amazon": hosts})
    board.ca = later_amazon.ca
    board.boot().link()
    board.power_off()

    for base in ("1970-01-01T00:00:10", "2090-05-05T05:05:05"):
        before, requests = len(amazon.orders()), len(amazon.state()["requests"])
        board.boot(["-rtc", f"base={base}"], is_synchronized=False)
        assert board.status()["clock-plausible"] is False, board.log()
        board.guest.press_power_button()
        wait_until("the press is known", lambda: board.presses() and board.presses()[0]["state"] in OPEN)
        time.sleep(3)
        assert len(amazon.state()["requests"]) == requests and board.presses()[0]["state"] in OPEN
        board.set_time(int(time.time()))
        end = board.settled()
        assert end["state"] == "test-ordered" and len(amazon.orders()) == before + 1, board.log()
        assert board.status()["clock-plausible"] is True
        amazon.deliver()
        board.power_off()

    board.boot(["-rtc", "base=2040-02-03T04:05:06"])
    if "2040" not in board.guest.agent.shell("date"):
        # A 32-bit kernel does not take such a time from a clock chip, but can be told.
        board.set_time(2211768306)
    assert "2040" in board.guest.agent.shell("date")
    wait_until("the clock is plausible", lambda: board.status()["clock-plausible"], explain=board.log)
    before = len(amazon.orders())
    board.guest.press_power_button()
    wait_until("the press is known", lambda: board.presses() and board.settled())
    assert board.presses()[0]["state"] == "test-ordered" and len(amazon.orders()) == before + 1, board.log()
    board.power_off()
    board.boot(["-rtc", "base=2040-02-03T05:05:06"])
    assert board.presses()[0]["state"] == "test-ordered"
    assert board.guest.kernel_log_has_trouble() == []
