"""Starting programs that cannot outlive the tests, and waiting without end for nothing."""

import ctypes
import signal
import subprocess
import time

PATIENCE = 60  # seconds that anything may take before a test gives up; never what a test is about
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _end_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def start(arguments, **options):
    """Starts a program that is killed when these tests end in whatever way."""
    return subprocess.Popen([str(word) for word in arguments], preexec_fn=_end_with_parent, **options)


def run(arguments, timeout=PATIENCE, **options):
    """Runs a program to its end and gives back its exit code and what it said."""
    options = {"stdin": subprocess.DEVNULL} | options
    if "input" in options:
        del options["stdin"]
    return subprocess.run(
        [str(word) for word in arguments], timeout=timeout, capture_output=True, text=True, errors="replace", **options
    )


def end(process, how=signal.SIGTERM):
    """Ends a process that `start` started; harsher if it does not want to. Gives back its exit code."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def wait_until(what, condition, timeout=PATIENCE, explain=lambda: ""):
    """Waits for a condition to hold and gives its value back."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout} s\n{explain()}")
        time.sleep(0.05)
