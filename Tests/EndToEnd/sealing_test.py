"""Tokens that a key seals: no token in any spelling on the disk, and no key, or another one, costs nothing but orders.

The files are opened with an AES-GCM that is not the device's, so that a search that finds nothing has something to find.
"""

import os
import secrets
import struct

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from configuration_test import mend
from processes import wait_until
from recorder import Recorder
from service_test import AS_NOBODY, NEEDS_ROOT, NOBODY, unprivileged  # noqa: F401, the last is a fixture
from traces import Search

WITH_TOKENS = ("link", "farewell")


def write_key(device, key=None):
    """Puts a key where the configuration names it."""
    path = device.home / "seal-key"
    path.unlink(missing_ok=True)
    path.write_bytes(secrets.token_bytes(32) if key is None else key)
    path.chmod(0o400)
    device.sections["device"]["seal-key"] = path
    return path.read_bytes()


def opened(path, key):
    """The payload of a sealed record, by the words of DiskFormat."""
    data = path.read_bytes()
    assert data[:8] == b"RPLNSHR\0" and data[24] == 1, f"{path} is not sealed"
    return AESGCM(key).decrypt(data[64:76], data[76:], data[:32])


def disk(device):
    return {path.name: path.read_bytes() for path in device.state_folder.iterdir()}


def tokens(recorder):
    found = {kind: recorder.secrets[kind] for kind in ("refresh_token", "access_token")}
    assert all(found.values())
    return found


def check_disk(device, key, recorder):
    """Every copy of a record with tokens is sealed, holds tokens, and nothing on the disk shows one."""
    search = Search(tokens(recorder))
    copies = device.files(*WITH_TOKENS)
    assert copies
    for path in copies:
        assert search.find(opened(path, key)), f"{path} holds no token, so finding none in it says nothing"
    for name, data in disk(device).items():
        assert search.find(data) == [], name


@pytest.fixture
def recorded(new_device, amazon):
    """A device that does not run yet, and what it says to Amazon."""
    device = new_device()
    recorder = Recorder(amazon, device.home)
    device.sections["amazon"] |= {"token-host": recorder.url, "service-host": recorder.url, "ca-file": recorder.ca}
    yield device, recorder
    recorder.close()


def order(device, amazon):
    before = len(amazon.orders())
    device.press()
    assert device.settled()["state"] == "test-ordered"
    assert len(amazon.orders()) == before + 1
    amazon.deliver()


def test_a_sealed_life(recorded, amazon):
    device, recorder = recorded
    key = write_key(device)
    device.start().link()
    assert device.status()["protection"] == "sealed"
    assert "sealed with the board's key" in device.ctl("status").stdout
    check_disk(device, key, recorder)
    order(device, amazon)
    device.restart()
    amazon.settings(rotation="grace")
    for _ in range(3):
        amazon.ask("POST", "tokens/expire")
        order(device, amazon)
        check_disk(device, key, recorder)
    assert len(tokens(recorder)["refresh_token"]) > 2
    # What the end of the link leaves is sealed too.
    amazon.script("deregister", "status", status=503, times=1000)
    assert device.ctl("unlink").returncode == 0
    wait_until("the farewell is kept", lambda: device.files("farewell") and not device.files("link"))
    check_disk(device, key, recorder)
    device.kill()
    amazon.clear_script()
    device.start()
    wait_until("the farewell is over", lambda: not device.files("farewell"), explain=device.log)
    assert all("deregisteredAt" in registration for registration in amazon.state()["registrations"])


def lose_key(device):
    del device.sections["device"]["seal-key"]
    return "no key is configured"


def swap_key(device):
    write_key(device)
    return f"the key in {device.sections['device']['seal-key']} does not open it"


@pytest.mark.parametrize("change", [lose_key, swap_key])
def test_without_its_key_it_orders_nothing_and_loses_nothing(recorded, amazon, change):
    device, recorder = recorded
    key = write_key(device)
    device.start().link()
    order(device, amazon)
    device.stop()
    before, orders = disk(device), len(amazon.orders())
    calls = amazon.state()["counts"]
    assert sum(calls.values()) > 2
    words = change(device)
    for _ in range(2):
        device.start()
        status = device.status()
        assert words in status["failure"]["text"] and "replenishctl erase" in status["failure"]["text"]
        assert status["protection"] == "none"
        assert words in device.ctl("status").stdout and words in device.log()
        pressing = device.ctl("press", "coffee")
        assert pressing.returncode == 1 and words in pressing.stderr
        assert device.ctl("setup").returncode == 1
        device.stop()
        assert disk(device) == before
    assert len(amazon.orders()) == orders
    assert amazon.state()["counts"] == calls
    write_key(device, key)
    device.start()
    device.wait_for_link("linked")
    assert device.status()["protection"] == "sealed"
    order(device, amazon)
    check_disk(device, key, recorder)


def test_a_reset_without_the_key_begins_anew(recorded, amazon):
    device, recorder = recorded
    write_key(device)
    device.start().link()
    device.stop()
    lose_key(device)
    device.start()
    assert device.ctl("erase", "--yes").returncode == 0
    wait_until("the records are gone", lambda: not device.files(*WITH_TOKENS, "erasing"), explain=device.log)
    assert device.ctl("setup").returncode == 0
    device.link()
    assert device.status()["protection"] == "none"
    order(device, amazon)


def test_tokens_that_lie_there_plain_are_sealed_at_the_start(recorded, amazon):
    device, recorder = recorded
    device.start().link()
    amazon.ask("POST", "tokens/expire")
    order(device, amazon)  # so that there are two copies
    device.stop()
    assert len(device.files("link")) == 2
    search = Search(tokens(recorder))
    assert all(search.find(path.read_bytes()) for path in device.files("link"))
    key = write_key(device)
    device.start()
    device.wait_for_link("linked")
    assert device.status()["protection"] == "sealed"
    check_disk(device, key, recorder)
    order(device, amazon)


def spoil(length):
    def write(device):
        write_key(device, secrets.token_bytes(length))
        return f"has {length} bytes, and a seal key has 32"

    return write


def remove(device):
    device.sections["device"]["seal-key"].unlink()
    return "there is no such file"


@pytest.mark.parametrize("change", [spoil(0), spoil(31), spoil(33), remove])
def test_a_key_that_is_none_is_named_in_one_line(recorded, change):
    device, _ = recorded
    key = write_key(device)
    device.start().link()
    device.stop()
    words, before, length = change(device), disk(device), len(device.log())
    device.start(ready=False)
    assert device.process.wait(20) == 1
    device.process = None
    complaint = device.log()[length:]
    lines = [line for line in complaint.splitlines() if "error" in line]
    assert len(lines) == 1 and words in lines[0] and "head -c 32 /dev/urandom" in lines[0], complaint
    assert disk(device) == before
    write_key(device, key)
    device.start()
    device.wait_for_link("linked")


def test_a_key_that_others_may_read_is_mended_by_the_command_named(recorded):
    device, _ = recorded
    write_key(device)
    path = device.sections["device"]["seal-key"]
    path.chmod(0o444)
    device.start(ready=False)
    assert device.process.wait(20) == 1
    device.process = None
    assert "others may read or change it" in device.log()
    mend(device.log())
    device.start()
    assert device.status()["protection"] == "sealed"


# Of a file of root's, mode 0400: nobody may read it too. As setfacl -m u:nobody:r writes it (acl(5), version 2).
ACCESS_LIST = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", tag, permissions, identity)
    for tag, permissions, identity in [
        *((0x01, 4, 0xFFFFFFFF), (0x02, 4, NOBODY.pw_uid), (0x04, 0, 0xFFFFFFFF)),
        *((0x10, 4, 0xFFFFFFFF), (0x20, 0, 0xFFFFFFFF)),
    ]
)


@NEEDS_ROOT
@pytest.mark.parametrize("is_listed", [True, False])
def test_a_credential_of_systemds_is_taken(unprivileged, is_listed):
    """It is root's with an access list where the file system has those, or else the service's user's."""
    write_key(unprivileged)
    path = unprivileged.sections["device"]["seal-key"]
    if is_listed:
        os.setxattr(path, "system.posix_acl_access", ACCESS_LIST)
        assert path.stat().st_mode & 0o777 == 0o440 and path.stat().st_uid == 0
    else:
        os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
    unprivileged.start(**AS_NOBODY)
    unprivileged.link()
    assert unprivileged.status()["protection"] == "sealed"
