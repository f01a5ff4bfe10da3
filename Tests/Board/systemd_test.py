"""The image with systemd as init: the unit, the accounts' groups and the udev rules that ship, under a live systemd."""

import pytest

from board import Board
from processes import wait_until

DROP_IN = "/run/systemd/system/dash-button.service.d"


class SystemdBoard(Board):
    """A device whose daemon is a unit."""

    def stop_daemon(self):
        self.systemctl("stop", "dash-button")

    def start_daemon(self):
        # The tests start it more often than the unit allows.
        self.systemctl("reset-failed", "dash-button")
        self.systemctl("start", "dash-button")
        self.wait_until_answers()

    def systemctl(self, *words):
        return self.guest.agent.shell(f"systemctl {' '.join(words)}")

    def property(self, name):
        return self.systemctl("show", "--value", f"--property={name}", "dash-button").strip()


@pytest.fixture(scope="module")
def systemd_board(request, programs, factory, running_amazon, systemd_image):
    board = SystemdBoard(programs, factory, running_amazon, systemd_image)
    request.session.boards.append(board)
    yield board.boot()
    request.session.boards.remove(board)
    board.close(keep=request.config.getoption("--keep"))


@pytest.fixture
def device(systemd_board, amazon):
    return systemd_board.renew()


def test_link_press_unlink(device, amazon):
    assert device.status()["link"] == "setup-open"
    device.link()
    device.guest.press_power_button()
    end = wait_until("the press is known", lambda: device.presses() and device.settled())
    assert end["state"] == "test-ordered" and len(amazon.orders()) == 1
    assert device.ctl("unlink").returncode == 0
    device.wait_for_link("unlinked", "setup-open")
    # Nothing was refused by the unit's filters on the way.
    assert device.property("NRestarts") == "0"
    assert "SIGSYS" not in device.log() and "not permitted" not in device.log()


def test_the_unit_takes_away_what_the_daemon_does_not_use(device):
    """What the kernel says of the process, not what the unit asks for."""
    status = device.guest.agent.shell(f"cat /proc/{device.pid()}/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines())
    assert fields["Uid"].split() == ["900"] * 4 and fields["Gid"].split() == ["901"] * 4
    assert fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2"
    for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
        assert int(fields[name], 16) == 1 << 12, name
    limits = device.guest.agent.shell(f"cat /proc/{device.pid()}/limits")
    assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")] == [["0", "0"]]
    mounts = device.guest.agent.shell(f"cat /proc/{device.pid()}/mounts").splitlines()
    options = {line.split()[1]: line.split()[3].split(",") for line in mounts}
    assert "ro" in options["/"] and "rw" in options["/var/lib/dash-button"]
    for folder, mode in (("/var/lib/dash-button", "drwx------"), ("/run/dash-button", "drwxr-x---")):
        assert device.guest.agent.shell(f"ls -ldn {folder}").startswith(mode)


def test_it_is_started_again_and_finishes_what_it_began(device, amazon):
    device.link()
    before = device.pid()
    device.guest.agent.shell(f"busybox kill -9 {before}")
    wait_until("systemd has started it again", lambda: device.property("MainPID") not in ("0", str(before)), 60, device.log)
    device.wait_until_answers()
    assert device.status()["link"] == "linked"
    device.press()
    assert device.settled()["state"] == "test-ordered" and len(amazon.orders()) == 1


def test_a_mistake_in_the_configuration_is_not_tried_again(device):
    device.stop_daemon()
    agent = device.guest.agent
    text = device.configuration_file.read_bytes()
    agent.write("/etc/dash-button/dash-button.conf", text + b"nosuch = 1\n")
    agent.run("/usr/bin/systemctl", "start", "dash-button")
    wait_until("systemd has given it up", lambda: device.property("ActiveState") == "failed", 60, device.log)
    assert device.property("ExecMainStatus") == "3" and device.property("NRestarts") == "0"
    assert "nosuch" in device.log()
    agent.write("/etc/dash-button/dash-button.conf", text)
    device.start_daemon()


def test_the_key_that_seals_comes_as_an_encrypted_credential(device, amazon):
    """`LoadCredentialEncrypted` as the unit's comment has it, with systemd's own key of the machine."""
    device.stop_daemon()
    agent = device.guest.agent
    agent.shell("busybox mountpoint -q /var/lib/systemd || mount -t tmpfs -o mode=755 none /var/lib/systemd")
    agent.shell(
        "busybox head -c 32 /dev/urandom | /run/tests/systemd-creds encrypt --with-key=host --name=seal-key -"
        " /etc/dash-button/seal-key.cred"
    )
    agent.shell(f"mkdir -p {DROP_IN}")
    agent.write(
        f"{DROP_IN}/seal.conf", b"[Service]\nLoadCredentialEncrypted=seal-key:/etc/dash-button/seal-key.cred\n"
    )
    device.systemctl("daemon-reload")
    device.change({"device": {"seal-key": "/run/credentials/dash-button.service/seal-key"}})
    device.configure()
    agent.write("/etc/dash-button/dash-button.conf", device.configuration_file.read_bytes())
    try:
        device.start_daemon()
        device.link()
        assert device.status()["protection"] == "sealed"
        stored = b"".join(agent.read(f"{device.state_folder}/{name}") for name in agent.shell(f"ls {device.state_folder}").split())
        assert b"Atzr|" not in stored and b"refresh" not in stored
        device.stop_daemon()
        device.start_daemon()
        assert device.status()["link"] == "linked"
        device.press()
        assert device.settled()["state"] == "test-ordered" and len(amazon.orders()) == 1
    finally:
        agent.shell(f"rm -rf {DROP_IN}")
        device.systemctl("daemon-reload")


def test_the_root_holds_what_the_daemon_and_its_init_need(systemd_board):
    files = [line.split(" ", 1)[1] for line in (systemd_board.image.folder / "root.list").read_text().splitlines()]
    programs = {path.removeprefix("./usr/bin/") for path in files if path.startswith("./usr/bin/")}
    assert programs == {
        *("busybox", "dash-button", "replenishctl", "mount", "umount"),
        *("systemctl", "journalctl", "udevadm"),
    }
    assert systemd_board.guest.agent.run("/bin/sh", "-c", "echo >/etc/new").returncode != 0


def test_it_ends_in_order(systemd_board):
    """The last test of this guest: systemd stops the daemon, unmounts and switches off."""
    systemd_board.power_off()
