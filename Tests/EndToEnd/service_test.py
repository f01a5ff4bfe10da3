"""The daemon as a service manager sees it: readiness, watchdog, its own user, signals, and what it leaves behind."""

import os
import pwd
import resource
import shutil
import signal
import socket
import subprocess

import pytest

from configuration_test import mend
from processes import end, run, wait_until

NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def manager():
    """The socket on which systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")  # the kernel draws an abstract name
        listener.settimeout(20)
        yield listener


def notify_address(manager):
    return "@" + manager.getsockname()[1:].decode()


def hear(manager, wanted):
    """Waits for a message, and gives back those that came before it."""
    before = []
    while True:
        message = manager.recv(4096).decode()
        if message.startswith(wanted):
            return before
        before.append(message)


def test_it_says_when_it_is_ready_and_when_it_ends(new_device, manager):
    device = new_device()
    device.start(ready=False, env={"NOTIFY_SOCKET": notify_address(manager)})
    hear(manager, "READY=1")
    # Ready means ready: the first question is answered.
    assert device.ctl("status").returncode == 0
    device.link()
    hear(manager, "STATUS=an Amazon account is linked")
    end(device.process)
    assert device.process.returncode == 0
    hear(manager, "STOPPING=1")
    device.process = None


def test_it_says_so_when_it_is_already_linked(linked, manager):
    linked.stop()
    linked.start(env={"NOTIFY_SOCKET": notify_address(manager)})
    hear(manager, "STATUS=an Amazon account is linked")


def test_the_watchdog_is_fed_and_starves_when_the_daemon_hangs(new_device, manager):
    device = new_device()
    device.start(env={"NOTIFY_SOCKET": notify_address(manager), "WATCHDOG_USEC": "1000000"})
    for _ in range(3):
        hear(manager, "WATCHDOG=1")
    device.process.send_signal(signal.SIGSTOP)
    manager.settimeout(0.1)
    with pytest.raises(TimeoutError):
        while True:
            manager.recv(4096)
    manager.settimeout(2.5)
    with pytest.raises(TimeoutError):
        manager.recv(4096)
    device.process.send_signal(signal.SIGCONT)
    manager.settimeout(20)
    hear(manager, "WATCHDOG=1")


def test_another_processs_watchdog_is_not_fed(new_device, manager):
    device = new_device()
    device.start(env={"NOTIFY_SOCKET": notify_address(manager), "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"})
    hear(manager, "READY=1")
    manager.settimeout(2)
    with pytest.raises(TimeoutError):
        hear(manager, "WATCHDOG=1")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_asked_even_with_a_phone_and_a_request_under_way(linked, amazon, how):
    amazon.script("replenish", "delayAnswer", seconds=20)
    linked.press()
    wait_until("the order stands", lambda: len(amazon.orders()) == 1)
    linked.ctl("setup")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        asking.connect(str(linked.control))
        linked.process.send_signal(how)
        assert linked.process.wait(10) == 0
    linked.process = None
    assert not linked.control.exists() and not linked.phone.exists()
    amazon.clear_script()
    linked.start()
    assert linked.settled()["state"] == "already-ordered"
    assert len(amazon.orders()) == 1


def test_sockets_left_by_a_kill_are_replaced_and_other_files_are_not(linked):
    linked.kill()
    assert linked.control.exists()
    linked.start()
    linked.stop()
    linked.control.write_text("something of the owner's")
    linked.configure()
    done = run([linked.programs["dash-button"], "--config", linked.configuration_file])
    assert done.returncode == 1 and str(linked.control) in done.stderr, done
    assert linked.control.read_text() == "something of the owner's"


NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")
AS_NOBODY = {"user": NOBODY.pw_uid, "group": NOBODY.pw_gid, "extra_groups": [], "cwd": "/", "umask": 0}


@pytest.fixture
def unprivileged(new_device, factory, amazon):
    """A device as the shipped unit runs it: its own user, folders made by the manager."""
    device = new_device()
    program = device.home / "dash-button"
    shutil.copy(device.programs["dash-button"], program)
    program.chmod(0o755)
    device.programs = {name: device.programs[name] for name in ("replenishctl", "companion")} | {"dash-button": program}
    device.record, authority = device.home / "record", device.home / "ca.pem"
    shutil.copy(factory.record, device.record)
    os.chown(device.record, NOBODY.pw_uid, NOBODY.pw_gid)
    device.record.chmod(0o400)
    shutil.copy(amazon.ca, authority)
    authority.chmod(0o644)
    device.state_folder.mkdir(mode=0o700)
    for folder in (device.state_folder, device.control.parent):
        os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
    device.home.chmod(0o711)
    device.sections["device"]["setup-record"] = device.record
    device.sections["amazon"]["ca-file"] = authority
    device.configure()
    return device


@NEEDS_ROOT
def test_it_needs_no_root(unprivileged):
    device = unprivileged
    device.start(**AS_NOBODY)
    device.link()
    device.press()
    assert device.settled()["state"] == "test-ordered"
    # What it makes is closed, whatever the mask.
    for path in device.state_folder.iterdir():
        status = path.stat()
        assert (status.st_uid, status.st_mode & 0o777) == (NOBODY.pw_uid, 0o600), path
    assert device.state_folder.stat().st_mode & 0o777 == 0o700
    # The same folder as root: refused with what mends it, and not half taken over.
    device.stop()
    os.chown(device.record, 0, 0)
    done = run([device.programs["dash-button"], "--config", device.configuration_file])
    assert done.returncode == 1 and f"chown 0 {device.state_folder}" in done.stderr, done


@NEEDS_ROOT
@pytest.mark.parametrize("owner", [0, 1, NOBODY.pw_uid])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o400])
def test_the_commands_for_the_setup_record_mend_it(unprivileged, owner, mode):
    """An owner who copies each command that the daemon names gets there, whatever was wrong."""
    device = unprivileged
    os.chown(device.record, owner, 0)
    device.record.chmod(mode)
    device.configure()
    for _ in range(3):
        done = check(device)
        if done is None:
            break
        assert done.returncode == 1 and str(device.record) in done.stderr, done
        mend(done.stderr)
    device.start(**AS_NOBODY)
    device.link()


def check(device):
    """Starts the daemon for a moment; None if it runs, else how it ended."""
    command = [device.programs["dash-button"], "--config", device.configuration_file]
    try:
        return run(command, timeout=1.5, **AS_NOBODY)
    except subprocess.TimeoutExpired:
        return None


def test_few_descriptors_are_enough(linked, amazon):
    """A limit of 32 is more than it needs; and a busy life leaves none open."""
    linked.press()
    linked.settled()
    amazon.deliver()
    open_files = len(os.listdir(f"/proc/{linked.process.pid}/fd"))
    for _ in range(20):
        linked.press()
        linked.settled()
        linked.ctl("slots")
        amazon.deliver()
    assert len(os.listdir(f"/proc/{linked.process.pid}/fd")) <= open_files + 3
    resource.prlimit(linked.process.pid, resource.RLIMIT_NOFILE, (32, 32))
    linked.press()
    assert linked.settled()["state"] == "test-ordered"
