"""What an idle daemon asks of the kernel, by strace, and how often it was woken, by the kernel's own count."""

import collections
import pathlib
import re
import signal
import subprocess
import time

AWAITED = ("epoll_wait", "epoll_pwait", "epoll_pwait2", "restart_syscall")


def switches(pid):
    """How often its threads gave up or lost the processor."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        counts = re.findall(r"ctxt_switches:\s+(\d+)", (task / "status").read_text())
        total += sum(map(int, counts))
    return total


class Watch:
    """strace on a running process. `stop` after the time that is to be watched."""

    def __init__(self, pid, output, start):
        self.pid, self.output = pid, output
        self.process = start(
            ["strace", "-f", "-tt", "-p", pid, "-o", output],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        # It says on standard error when it holds the process; attaching stops and wakes it, which is not its doing.
        self.said = self.process.stderr.readline()
        if "attached" not in self.said:
            raise PermissionError(f"strace: {self.said.strip()}")
        time.sleep(1)
        self.before = switches(pid)
        self.began = time.monotonic()
        self.lines_before = len(output.read_text().splitlines())

    def stop(self):
        seconds = time.monotonic() - self.began
        woken = switches(self.pid) - self.before
        lines = self.output.read_text().splitlines()
        # strace writes a call that waits when it begins and, once it ends, the rest of the line; so a call that still
        # waits is an unfinished last line.
        whole = self.output.read_bytes()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)
        self.process.stderr.close()
        calls = collections.Counter()
        for line in lines:
            match = re.match(r"\d+ +[\d:.]+ (?:<\.\.\. )?(\w+)", line) or re.match(r"[\d:.]+ (?:<\.\.\. )?(\w+)", line)
            calls[match[1] if match else line] += 1
        return {
            "seconds": seconds,
            "lines": lines,
            "calls": dict(calls),
            "lines_after_first_second": len(lines) - self.lines_before,
            "awaits_at_end": not whole.endswith(b"\n"),
            "context_switches": woken,
        }
