"""The programs' own tests, on the emulated CPU, and what the image holds."""

import re

import pytest

from processes import run


@pytest.mark.parametrize("name", ["dash-button", "replenishctl"])
def test_a_program_tests_itself(shared_board, name):
    done = shared_board.guest.agent.run(f"/usr/bin/{name}", "--self-test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^ok ", done.stdout, re.M) and "FAILED" not in done.stdout, done.stdout


def test_the_self_test_program(shared_board, tell):
    """The vectors and tests of the core, as Embedded Swift, with the same data as the host's."""
    agent = shared_board.guest.agent
    # On the state partition, so that it is ext4 on a disk that takes the blows.
    agent.shell("mkdir -p /state/scratch")
    words = ("--vectors", "/run/tests/Vectors", "--scratch", "/state/scratch")
    done = agent.run("/run/tests/replenish-selftest", *words, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    passed = re.findall(r"^ok ", done.stdout, re.M)
    assert len(passed) >= 20 and "not ok" not in done.stdout
    tell(f"replenish-selftest: {len(passed)} checks passed")


def test_the_boards_own_configuration_has_no_mistake(shared_board):
    done = shared_board.guest.agent.run(
        "/usr/bin/dash-button", "--check", "--config", "/usr/share/dash-button/dash-button.conf"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_root_holds_only_what_the_daemon_needs(shared_board):
    """No shell tools but busybox, no package, no library that no program here needs; and nobody can write to it."""
    files = [line.split(" ", 1)[1] for line in (shared_board.image.folder / "root.list").read_text().splitlines()]
    programs = [path for path in files if path.startswith("./usr/bin/")]
    assert sorted(programs) == ["./usr/bin/busybox", "./usr/bin/dash-button", "./usr/bin/replenishctl"]
    allowed = r"\./(etc|usr/lib/[a-z0-9_-]+|usr/share/dash-button|usr/bin)/"
    assert [path for path in files if not re.match(allowed, path)] == []
    agent = shared_board.guest.agent
    assert agent.run("/bin/sh", "-c", "echo >/etc/new").returncode != 0
    assert agent.run("/bin/mount", "-o", "remount,rw", "/").returncode != 0


def test_the_daemon_is_an_ordinary_user(shared_board):
    status = shared_board.guest.agent.shell("cat /proc/$(busybox pidof dash-button)/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines())
    assert fields["Uid"].split() == ["900"] * 4 and fields["NoNewPrivs"] == "1"
    # CAP_NET_ADMIN, for Bluetooth, and nothing else.
    assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == 1 << 12
    assert int(fields["CapInh"], 16) == int(fields["CapAmb"], 16) == 0


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["qemu", "nosuch"], "unknown board 'nosuch'"),
        (["image", "nosuch"], "unknown board 'nosuch'"),
        (["image"], "which board?"),
        (["image", "raspberry-pi-5"], "there is no image for raspberry-pi-5"),
        (["qemu", "raspberry-pi-4"], "QEMU has no machine like raspberry-pi-4"),
        (["qemu", "--nosuch"], "unknown option --nosuch"),
    ],
)
def test_a_mistake_is_told_in_one_line(image, words, complaint):
    done = run([image.root / "Boards" / words[0], *words[1:]])
    assert done.returncode == 1 and complaint in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1 and done.stdout == ""
