"""The control socket, which orders things: who may do what, and what bad clients cost the others."""

import grp
import json
import os
import pwd
import socket
import time

import pytest

from processes import run

NOBODY = pwd.getpwnam("nobody")
NOT_REACHABLE, NOT_PERMITTED = 3, 4
LIMIT = 16_384


def client(device):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(str(device.control))
    connection.settimeout(20)
    return connection


def exchange(device, packet):
    """The reply to one packet; b"" if the daemon hung up."""
    with client(device) as connection:
        try:
            connection.send(packet)
            return connection.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            return b""


def request(**members):
    return json.dumps({"protocol": 1, **members}).encode()


GARBAGE = [
    b"{",
    b"\0" * 100,
    b"\xff\xfe\xfd",
    b"null",
    b"[]",
    b'"status"',
    b"{}",
    b"[" * 16000,
    b'{"protocol":1}',
    b'{"protocol":2,"command":"status"}',
    b'{"protocol":1,"command":"status","command":"press"}',
    b'{"protocol":1,"command":"order-everything"}',
    b'{"protocol":1,"command":"status","slot":"coffee"}',
    b'{"protocol":1,"command":"press"}',
    b'{"protocol":1,"command":"press","slot":1}',
    b'{"protocol":1,"command":"press","slot":""}',
    b'{"protocol":1,"command":"press","slot":"' + b"x" * 5000 + b'"}',
    b'{"protocol":1,"command":"press","slot":"\\u0000"}',
    b'{"protocol":1,"command":"order","instance-id":"../../registration"}',
    b'{"protocol":1,"command":"order","instance-id":"a b"}',
    b'{"protocol":1e400,"command":"status"}',
]


def test_garbage_is_answered_in_words_and_does_nothing(linked, amazon):
    for packet in GARBAGE:
        reply = exchange(linked, packet)
        assert reply, packet
        answer = json.loads(reply)
        assert answer.get("protocol") == 1 and len(reply) <= LIMIT
        assert answer["reply"] == "refused" and answer["text"], (packet[:80], answer)
        # A strange but possible order id is asked for, escaped; the service knows no such order.
        expected = ("service",) if b"registration" in packet else ("badRequest", "unknownSlot")
        assert answer["code"] in expected, (packet[:80], answer)
    assert amazon.orders() == []
    assert linked.status()["link"] == "linked"


@pytest.mark.parametrize("size", [LIMIT + 1, 60_000, 150_000])
def test_an_oversize_request_ends_the_connection(linked, size):
    assert exchange(linked, b'{"protocol":1,"command":"status","x":"' + b"x" * size + b'"}') == b""
    assert linked.status()["link"] == "linked"


def test_a_client_may_ask_again_and_may_leave_at_any_time(linked):
    with client(linked) as connection:
        for _ in range(20):
            connection.send(request(command="status"))
            assert json.loads(connection.recv(65536))["protocol"] == 1
    for _ in range(30):
        with client(linked) as connection:
            connection.send(request(command="status"))
    assert linked.status()["link"] == "linked"


def test_clients_that_do_not_read_delay_nobody(linked):
    stuck = []
    try:
        for _ in range(6):
            connection = client(linked)
            connection.setblocking(False)
            try:
                for _ in range(2000):
                    connection.send(request(command="status"))
            except BlockingIOError:
                pass
            except (BrokenPipeError, ConnectionResetError):
                pass
            stuck.append(connection)
        assert linked.ctl("status", timeout=8).returncode == 0
    finally:
        for connection in stuck:
            connection.close()


def test_idle_clients_delay_nobody(linked, amazon):
    idle = []
    try:
        for _ in range(20):
            idle.append(client(linked))
        began = time.monotonic()
        done = linked.ctl("press", "coffee")
        assert done.returncode == 0, f"{done} after {time.monotonic() - began:.1f} s with 20 idle clients"
        assert linked.settled()["state"] == "test-ordered"
    finally:
        for connection in idle:
            connection.close()
    assert linked.status()["link"] == "linked"


def test_idle_clients_are_sent_away(linked):
    with client(linked) as idle:
        idle.settimeout(40)
        assert idle.recv(100) == b""


# Rights. The home folder is made passable, since replenishctl must reach the socket before the daemon can refuse it.


def as_nobody(device, *words, groups=()):
    """Runs replenishctl as another user, in these groups only."""
    chosen = ["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]
    program = device.programs["replenishctl"]
    return run(
        ["setpriv", "--reuid", NOBODY.pw_uid, "--regid", NOBODY.pw_gid, *chosen, program]
        + ["--socket", device.control, *words],
        cwd="/",
    )


def can_run_as_nobody(programs):
    probe = run(
        ["setpriv", "--reuid", NOBODY.pw_uid, "--regid", NOBODY.pw_gid, "--clear-groups"]
        + [programs["replenishctl"], "--version"],
        cwd="/",
    )
    return probe.returncode == 0


READ_GROUP, ACT_GROUP = "games", "operator"


@pytest.fixture
def guarded(new_device, programs):
    """A linked device with a read and an act group, whose socket anybody may reach but for the daemon's own check."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to ask as other users")
    device = new_device()
    device.sections["control"] |= {"read-group": READ_GROUP, "act-group": ACT_GROUP}
    if not can_run_as_nobody(programs):
        # The checkout is in a folder that is closed to others: ask with a copy of the program.
        device.programs = ReachablePrograms(programs, device.home)
    device.start()
    device.link()
    device.home.chmod(0o711)
    return device


class ReachablePrograms:
    def __init__(self, programs, home):
        self.programs = programs
        folder = home / "bin"
        folder.mkdir(mode=0o755)
        self.ctl = folder / "replenishctl"
        self.ctl.write_bytes(programs["replenishctl"].read_bytes())
        self.ctl.chmod(0o755)

    def __getitem__(self, name):
        return self.ctl if name == "replenishctl" else self.programs[name]


def group_id(name):
    return grp.getgrnam(name).gr_gid


def test_a_stranger_cannot_even_reach_the_socket(guarded, amazon):
    for words in ["status"], ["press", "coffee"], ["unlink"]:
        done = as_nobody(guarded, *words)
        assert done.returncode == NOT_PERMITTED, done
    assert amazon.orders() == [] and guarded.status()["link"] == "linked"


def test_a_stranger_who_reaches_the_socket_is_refused_by_the_daemon(guarded, amazon):
    """As if somebody had loosened the folder and the socket."""
    guarded.control.parent.chmod(0o755)
    guarded.control.chmod(0o666)
    for words in ["status"], ["identity"], ["slots"], ["press", "coffee"], ["setup"], ["unlink"], ["erase", "--yes"]:
        done = as_nobody(guarded, *words)
        assert done.returncode == NOT_PERMITTED, done
        assert "group" in done.stderr
    assert amazon.orders() == [] and guarded.status()["link"] == "linked"


def test_the_groups_give_what_they_say(guarded, amazon):
    guarded.control.parent.chmod(0o755)
    guarded.control.chmod(0o666)
    read, act = [group_id(READ_GROUP)], [group_id(ACT_GROUP)]
    assert as_nobody(guarded, "status", groups=read).returncode == 0
    assert as_nobody(guarded, "slots", groups=read).returncode == 0
    assert as_nobody(guarded, "press", "coffee", groups=read).returncode == NOT_PERMITTED
    assert as_nobody(guarded, "unlink", groups=read).returncode == NOT_PERMITTED
    assert amazon.orders() == []
    assert as_nobody(guarded, "status", groups=act).returncode == 0
    assert as_nobody(guarded, "press", "coffee", groups=act).returncode == 0
    assert guarded.settled()["state"] == "test-ordered"


def test_the_socket_is_closed_to_others(linked):
    assert linked.control.stat().st_mode & 0o007 == 0
    assert linked.control.parent.stat().st_mode & 0o027 == 0


def test_a_loose_runtime_folder_is_refused(new_device):
    device = new_device()
    runtime = device.control.parent
    runtime.chmod(0o777)
    device.configure()
    done = run([device.programs["dash-button"], "--config", device.configuration_file])
    assert done.returncode == 1 and str(runtime) in done.stderr and "chmod" in done.stderr, done


def test_without_a_daemon(new_device):
    device = new_device()
    device.configure()
    assert device.ctl("status").returncode == NOT_REACHABLE
