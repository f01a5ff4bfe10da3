"""SIGKILL at a chosen system call of the running daemon, and calls that fail, both by strace."""

import contextlib
import signal
import time

from processes import PATIENCE, end, start, wait_until

# Everything by which the daemon changes its disk or speaks to anybody, its log included.
CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "renameat", "renameat2", "unlinkat", "sendto", "sendmsg")


def attach(device, name, injection):
    """Attaches strace to the daemon; gives back the file with what it says, and the process."""
    path = device.home / "strace.log"
    path.write_text("")
    with open(path, "w") as said:
        strace = start(
            ["strace", "-f", "-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={name}:{injection}"]
            + ["-p", device.process.pid],
            stdout=said,
            stderr=said,
        )
    device.started.append(strace)
    wait_until("strace is attached", lambda: "attached" in path.read_text(), explain=path.read_text)
    return path, strace


@contextlib.contextmanager
def failing(device, name, error):
    """Every call of this name that the daemon makes fails."""
    _, strace = attach(device, name, f"error={error}")
    try:
        yield
    finally:
        end(strace, signal.SIGINT)


class Cut:
    """Lets the daemon of `device` make `number - 1` calls of this name from now on; kills it as it begins the next."""

    def __init__(self, device, name, number):
        self.device = device
        self.said, self.strace = attach(device, name, f"signal=SIGKILL:when={number}")

    def happened(self, is_complete):
        """Waits until the daemon was killed or the act is complete; says which. Asks the daemon nothing meanwhile."""
        process = self.device.process
        wait_until(
            "the daemon is killed or done",
            lambda: process.poll() is not None or is_complete(),
            PATIENCE,
            lambda: f"{self.said.read_text()}\n{self.device.log()}",
        )
        if process.poll() is None:
            time.sleep(0.3)  # what it does after the act is complete is cut too
        was_killed = process.poll() is not None
        if was_killed:
            assert process.returncode == -signal.SIGKILL, f"{process.returncode}\n{self.device.log()}"
            self.device.process = None
        end(self.strace, signal.SIGINT)
        return was_killed


def each(device, begin, is_complete, check, most=60):
    """Cuts an act at its first call of each kind, its second, and so on until it passes uncut.

    `begin()` starts the act and gives back what `is_complete` (which reads the log, and asks the daemon nothing) and,
    after the restart, `check` get. Gives back how many cuts there were at each kind of call.
    """
    counts = {}
    for name in CALLS:
        for number in range(1, most + 1):
            cut = Cut(device, name, number)
            act = begin()
            was_killed = cut.happened(lambda act=act: is_complete(act))
            if was_killed:
                device.start()
            check(act, was_killed)
            if not was_killed:
                break
            counts[name] = number
        assert counts.get(name, 0) < most, f"the act has more than {most} calls of {name}"
    return counts
