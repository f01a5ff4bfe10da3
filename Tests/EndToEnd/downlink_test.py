"""What goes from the maker's cloud to the device: commands, on a request that the cloud holds, and new keys."""

import pathlib
import ssl
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from cloud import Owner
from cloud_test import LONG
from faults_test import next_press_orders
from processes import PATIENCE, wait_until
from restart_test import chance  # noqa: F401  (chance is a fixture)

THIS_ONE = "this is the device"


@pytest.fixture
def cloud(new_cloud, maker):
    """A cloud whose devices may wait for commands and have new keys."""
    rekey = ["--rekey-certificate", maker.rekey, "--rekey-private-key", maker.rekey_key]
    return new_cloud(options=["--downlink", *rekey]).start()


@pytest.fixture
def owner(cloud):
    return Owner(cloud).sign_up()


@pytest.fixture
def managed(new_cloud_device, cloud, owner):
    """A device that waits for commands, is in the owner's account, and is linked."""
    device = new_cloud_device(cloud)
    device.sections["cloud"]["downlink"] = "yes"
    return device.start().link(owner)


def held(device, cloud):
    """How many connections of the device's process to the cloud stand on which the kernel looks whether it is still
    there: those of a request that is held."""
    numbers = set()
    for entry in pathlib.Path(f"/proc/{device.process.pid}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            numbers.add(target[8:-1])
    port, count = f":{urlsplit(cloud.device_url).port:04X}", 0
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/{device.process.pid}/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            established, looks = words[3] == "01", words[5].startswith("02:")
            count += words[2].endswith(port) and established and looks and words[9] in numbers
    return count


def wait_until_held(device, cloud, timeout=LONG):
    wait_until("a request is held", lambda: held(device, cloud) == 1, timeout, device.log)


def asked(device):
    """How often the device was asked which one it is."""
    return device.log().count("asked which device this is")


def identify(owner, device, timeout=PATIENCE):
    """The owner asks which one it is, and the light says it."""
    before = asked(device)
    owner.identify()
    wait_until("the device is asked", lambda: asked(device) == before + 1, timeout, device.log)
    # One that says it already goes on saying it.
    wait_until("the light says it", lambda: THIS_ONE in device.lights(), explain=device.log)
    wait_until("the page knows", lambda: "was asked last and blinked" in owner.read(owner.page))


# Commands


def test_the_owner_is_shown_which_one_it_is(managed, owner, cloud):
    """From the button on the page to the light of the device and back, more than once."""
    wait_until_held(managed, cloud)
    identify(owner, managed)
    identify(owner, managed)
    wait_until("the light goes out", lambda: managed.lights()[-1] != THIS_ONE, explain=managed.log)


def test_a_press_does_not_wait_for_the_held_request(managed, owner, cloud, amazon):
    """It is ordered while the request is held, which would take minutes, and the request is still held after it."""
    wait_until_held(managed, cloud)
    next_press_orders(managed, amazon)
    wait_until_held(managed, cloud, 1)
    identify(owner, managed)


def test_a_press_while_the_light_shows_which_one_it_is(managed, owner, cloud, amazon):
    """The press is ordered all the same."""
    wait_until_held(managed, cloud)
    identify(owner, managed)
    next_press_orders(managed, amazon)


def test_the_cloud_killed_while_it_holds_a_request(managed, owner, cloud, amazon):
    """The device comes back by itself, and a press before that is ordered at once."""
    wait_until_held(managed, cloud)
    cloud.kill()
    cloud.start()
    next_press_orders(managed, amazon)
    wait_until_held(managed, cloud)
    identify(owner, managed)


def test_a_command_waits_for_a_device_that_is_away(managed, owner, cloud):
    """One that comes back within the minute does it."""
    managed.stop()
    owner.identify()
    managed.start()
    wait_until("the light says it", lambda: managed.lights().count(THIS_ONE) == 1, explain=managed.log)


def test_nothing_wakes_while_the_request_is_held(managed, cloud):
    """No thread of the daemon runs, for as long as this test looks."""
    wait_until_held(managed, cloud)

    def switches():
        count = 0
        for task in pathlib.Path(f"/proc/{managed.process.pid}/task").iterdir():
            for line in (task / "status").read_text().splitlines():
                if "ctxt_switches" in line:
                    count += int(line.split()[1])
        return count

    wait_until("it has come to rest", lambda: (before := switches(), time.sleep(1), switches() == before)[2])
    before = switches()
    time.sleep(10)
    assert switches() == before
    assert held(managed, cloud) == 1


def test_a_revoked_device_is_let_go_and_comes_back(managed, owner, cloud, maker):
    """Its request ends within seconds, and it is asked again once it is restored."""
    wait_until_held(managed, cloud)
    cloud.command("revoke", maker.model, maker.serial)
    wait_until(
        "the request ended", lambda: "revoked" in ((managed.status()["failure"] or {"text": ""})["text"]),
        explain=managed.log,
    )  # fmt: skip
    cloud.command("restore", maker.model, maker.serial)
    wait_until_held(managed, cloud)
    identify(owner, managed, LONG)


def test_a_cloud_without_the_downlink(new_cloud, new_cloud_device, amazon):
    """The device says so, and goes on with everything else."""
    cloud = new_cloud().start()
    owner = Owner(cloud).sign_up()
    device = new_cloud_device(cloud)
    device.sections["cloud"]["downlink"] = "yes"
    device.start().link(owner)
    wait_until("it says so", lambda: "--downlink" in (device.status()["failure"] or {"text": ""})["text"])
    assert "Show me" not in owner.read(owner.page)
    next_press_orders(device, amazon)


# New keys


def who(cloud, certificate, key):
    """What the cloud answers to this pair."""
    context = ssl.create_default_context(cafile=str(cloud.maker.ca))
    context.load_cert_chain(certificate, key)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(cloud.device_url + "/v1/device", timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def pair(device):
    return device.certificate.read_bytes(), device.key.read_bytes()


def test_a_new_key_takes_the_place_of_the_old_one(managed, owner, cloud, amazon, maker):
    """It is asked for, used and kept; the old one is nobody's then. Presses and commands go on, without a restart."""
    wait_until_held(managed, cloud)
    next_press_orders(managed, amazon)
    amazon.deliver()
    for _ in range(2):
        old, before = managed.home / "old.pem", pair(managed)
        old.write_bytes(b"\n".join(before))
        assert who(cloud, old, old) == 200
        done = managed.ctl("renew-key")
        assert done.returncode == 0 and "renewed" in done.stdout, (done, managed.log(), cloud.log())
        after = pair(managed)
        assert after[0] != before[0] and after[1] != before[1]
        assert sorted(path.name for path in managed.identity.iterdir()) == ["cloud-ca.pem", "device.key", "device.pem"]
        assert managed.key.stat().st_mode & 0o777 == 0o600
        assert who(cloud, old, old) == 403
        assert who(cloud, managed.certificate, managed.key) == 200
        next_press_orders(managed, amazon)
        amazon.deliver()
        wait_until_held(managed, cloud)
        identify(owner, managed, LONG)
    managed.restart()
    next_press_orders(managed, amazon)


def test_a_device_killed_while_its_key_is_renewed(managed, cloud, amazon, chance):  # noqa: F811
    """Whenever the power goes, the pair that it starts with is one that the cloud lets in."""
    for _ in range(12):
        asking = managed.ctl_in_background("renew-key")
        time.sleep(chance.uniform(0, 0.12))
        managed.kill()
        asking.wait(30)
        managed.start()
        assert who(cloud, managed.certificate, managed.key) == 200
        next_press_orders(managed, amazon)
        amazon.deliver()
    done = managed.ctl("renew-key")
    assert done.returncode == 0, (done, managed.log())


def test_the_cloud_killed_while_a_key_is_renewed(managed, cloud, amazon, chance):  # noqa: F811
    """It is said that it did not work, nothing is lost, and asking again is all it takes."""
    for _ in range(4):
        asking = managed.ctl_in_background("renew-key")
        time.sleep(chance.uniform(0, 0.05))
        cloud.kill()
        asking.wait(60)
        cloud.start()
        assert who(cloud, managed.certificate, managed.key) == 200
        next_press_orders(managed, amazon)
        amazon.deliver()
    assert managed.ctl("renew-key").returncode == 0


def test_a_key_that_cannot_be_renewed_is_kept(new_cloud, new_cloud_device, amazon, fresh):
    """No authority for new keys, a folder that may not be written, no cloud at all: said in words, and nothing changes."""
    cloud = new_cloud().start()
    device = new_cloud_device(cloud).start()
    before = pair(device)
    done = device.ctl("renew-key")
    assert done.returncode == 1 and "--rekey-certificate" in done.stderr, done
    cloud.stop()
    done = device.ctl("renew-key")
    assert done.returncode == 1 and "connect" in done.stderr, done
    assert pair(device) == before
    done = fresh.ctl("renew-key")
    assert done.returncode == 1 and "no maker's cloud" in done.stderr, done
