"""A linked device that has nothing to do makes no system call for a minute."""

import pathlib
import re
import signal
import time

import pytest

from processes import end, start, wait_until

QUIET = 60  # seconds, as the design asks


def system_calls(device, wait):
    """What strace saw of every thread of the daemon during `wait()`."""
    trace = device.home / "trace"
    threads = len(list(pathlib.Path(f"/proc/{device.process.pid}/task").iterdir()))
    assert threads == 1, f"an idle daemon has {threads} threads"
    with open(device.home / "strace.log", "w+") as said:
        strace = start(["strace", "-f", "-tt", "-o", trace, "-p", device.process.pid], stdout=said, stderr=said)
        device.started.append(strace)
        wait_until("strace is attached", lambda: "attached" in (device.home / "strace.log").read_text())
        wait()
        end(strace, signal.SIGINT)
    return [line for line in trace.read_text().splitlines() if line.strip()]


@pytest.mark.parametrize("moment, quiet", [("after an order", QUIET), ("started again", QUIET / 4)])
def test_an_idle_daemon_is_asleep(linked, amazon, moment, quiet):
    linked.press()
    linked.settled()
    if moment == "started again":
        linked.restart()
    # What is shown and kept for a while ends: light 10 s, phone 10 s, the window.
    time.sleep(15)
    calls = system_calls(linked, lambda: time.sleep(quiet))
    awaited = [line for line in calls if re.search(r"\b(epoll_p?wait2?|restart_syscall)\(.*", line)]
    assert len(calls) <= 1 and calls == awaited, "\n".join(calls[:60])
    # It was asleep, not dead; and strace was awake.
    amazon.deliver()
    calls = system_calls(linked, lambda: (linked.press(), linked.settled()))
    assert linked.presses()[0]["state"] == "test-ordered"
    assert len(calls) > 20 and any("fsync" in line for line in calls)


def test_an_unlinked_daemon_with_a_shut_window_is_asleep(new_device):
    device = new_device()
    device.sections["setup"]["open-at-boot"] = "no"
    device.start()
    time.sleep(35)  # "needs linking" is shown for half a minute
    calls = system_calls(device, lambda: time.sleep(QUIET / 4))
    assert len(calls) <= 1, "\n".join(calls[:60])
