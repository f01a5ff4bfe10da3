"""The device orders through the maker's cloud, which has the tokens: the whole way, and everything cut in its middle.

Every test asks the emulator how many orders there are, and the owner's page or the cloud's disk what the cloud made of
a press.
"""

import re
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from amazon import SECOND
from cloud import CLIENT_SECRET, Owner
from device import OPEN
from faults_test import RETRYING, check_light, next_press_orders
from processes import run, wait_until
from recorder import Recorder
from restart_test import chance, cut_presses  # noqa: F401  (chance is a fixture)
from traces import Search

LONG = 180  # seconds, where a device that was refused or cut off waits before it tries again


def no_registration_is_left(amazon):
    return all("deregisteredAt" in registration for registration in amazon.state()["registrations"])


def wait_until_unlinked(owner, amazon):
    """The cloud tells Amazon in the background, after nothing is ordered any more."""
    explain = owner.cloud.log
    wait_until("the registration is ended", lambda: no_registration_is_left(amazon), LONG, explain)
    wait_until("the owner's page says it", lambda: owner.state() == "not linked", LONG, explain)


def only_order(amazon, press):
    """The one order there is, which is this press's."""
    orders = amazon.orders()
    assert [order["eventInstanceId"] for order in orders] == [press["instance-id"]], (press, orders)


def explained(device, pattern, slot="coffee"):
    """Waits until the status says why nothing is ordered, in words that match; gives them back."""

    def words():
        status = device.status()
        text = (status["failure"] or {"text": ""})["text"]
        return " / ".join([text] + [press["reason"] or "" for press in device.presses(slot)[:1]])

    return wait_until(
        f"the status says {pattern!r}",
        lambda: (text := words()) and re.search(pattern, text, re.IGNORECASE) and text,
        explain=lambda: f"it says {words()!r}\n{device.log()}\n{device.cloud.log()}",
    )


# The main path


def test_a_press_becomes_one_order(managed, owner, cloud, amazon):
    """Claim, link, press, press again: one order, and device, owner's page and Amazon agree on it."""
    pressed = managed.press()
    first = managed.settled()
    assert first["state"] == "test-ordered" and first["id"] == pressed["id"]
    only_order(amazon, first)
    assert owner.presses() == [("coffee", "ordered")]
    managed.press()
    second = managed.settled()
    assert second["state"] == "already-ordered" and second["id"] != first["id"]
    only_order(amazon, first)
    assert owner.presses() == [("coffee", "on order already"), ("coffee", "ordered")]
    assert cloud.press_states() == {first["id"]: "ordered", second["id"]: "alreadyOrdered"}
    next_press_orders(managed, amazon)


def test_slots_order_separately(managed, amazon):
    """Two slots are two orders."""
    managed.press("coffee")
    managed.press("filter")
    assert {managed.settled(slot)["state"] for slot in ("coffee", "filter")} == {"test-ordered"}
    assert sorted(order["slot"] for order in amazon.orders()) == ["coffee", "filter"]


def test_a_claim_needs_somebody_at_the_device(unclaimed, owner, maker):
    """Serial number and claim code alone add no device; held for ten minutes, it is shown, added and linked."""
    assert owner.try_claim(maker.serial, maker.claim_code)[0] == 403
    assert unclaimed.status()["link"] == "unlinked"
    unclaimed.hold()
    status = unclaimed.wait_for_link("setup-open")
    assert 0 < status["window-seconds"] <= 600
    owner.claim()
    assert owner.devices() == [(maker.model, maker.serial, "not linked")]
    assert unclaimed.status()["link"] == "setup-open", "it is claimed, but not linked yet"
    owner.link()
    assert unclaimed.wait_for_link("linked")["window-seconds"] is None
    assert owner.devices() == [(maker.model, maker.serial, "linked")]


def test_everything_survives_an_orderly_restart(managed, cloud, amazon):
    """The link and the history are there after a restart, with and without a cloud to ask."""
    managed.press()
    before = managed.settled()
    managed.stop()
    cloud.stop()
    managed.start()
    status = managed.status()
    assert status["link"] == "linked" and status["presses"][0]["id"] == before["id"]
    cloud.start()
    next_press_orders(managed, amazon)


# Without a link


@pytest.mark.parametrize("claimed", [False, True], ids=["in nobody's account", "claimed"])
def test_without_a_link_a_press_is_void(unclaimed, owner, amazon, claimed):
    """It says why in words, Amazon hears nothing, and a link that comes later does not order it."""
    if claimed:
        unclaimed.hold()
        owner.claim()
    unclaimed.press()
    end = unclaimed.settled()
    assert end["state"] == "void" and "link" in end["reason"], end
    assert amazon.count("replenish") == 0
    unclaimed.link(owner)
    unclaimed.restart()
    assert unclaimed.presses()[0]["state"] == "void"
    assert amazon.orders() == []
    next_press_orders(unclaimed, amazon)


def test_without_a_link_nothing_is_opened_for_a_phone(unclaimed):
    """No setup socket and no window, at the start and while the device may be claimed."""

    def bound():
        """The UNIX sockets of the device, by the kernel's word."""
        with open("/proc/net/unix") as table:
            places = {line.split()[-1] for line in table if str(unclaimed.home) in line}
        return places | {str(path) for path in unclaimed.control.parent.iterdir()}

    status = unclaimed.status()
    assert status["link"] == "unlinked" and status["window-seconds"] is None
    assert bound() == {str(unclaimed.control)}
    unclaimed.hold()
    assert unclaimed.wait_for_link("setup-open")
    assert bound() == {str(unclaimed.control)}


def test_unlinking_at_the_device_ends_the_registration(managed, owner, amazon):
    """A press after it is void, the cloud tells Amazon in the background, and linking again is all it takes."""
    assert managed.ctl("unlink").returncode == 0
    managed.wait_for_link("unlinked")
    managed.press()
    end = managed.settled()
    assert end["state"] == "void" and "link" in end["reason"], end
    wait_until_unlinked(owner, amazon)
    assert amazon.orders() == []
    managed.restart()
    assert managed.status()["link"] == "unlinked"
    managed.link(owner)
    assert amazon.orders() == []
    next_press_orders(managed, amazon)


def test_unlinking_on_the_page_is_noticed_by_the_device(managed, owner, amazon):
    """The owner unlinks in the browser: the next press is void, and then the device knows."""
    owner.unlink()
    managed.press()
    end = managed.settled()
    assert end["state"] == "void" and "link" in end["reason"], end
    managed.wait_for_link("unlinked")
    assert amazon.orders() == []


def test_unlinking_while_the_cloud_is_away_is_refused_in_words(managed, cloud, amazon):
    """What the cloud was not told is not said to be done."""
    cloud.stop()
    done = managed.ctl("unlink")
    cloud.start()
    assert done.returncode == 1 and len(done.stderr) > 40, done
    assert managed.status()["link"] == "linked"
    next_press_orders(managed, amazon)


def test_a_pending_press_is_never_ordered_on_the_next_account(managed, owner, amazon):
    """Unlinked while nobody knows what became of a press: it is in doubt, and stays so on another's account."""
    amazon.script("replenish", "loseAnswer", times=1000)
    pressed = managed.press()
    wait_until("a try", lambda: amazon.count("replenish") >= 1)
    assert managed.ctl("unlink").returncode == 0
    assert managed.settled()["state"] == "in-doubt"
    wait_until_unlinked(owner, amazon)
    amazon.clear_script()
    managed.link(owner, user=SECOND)
    managed.restart()
    press = managed.presses()[0]
    assert (press["id"], press["state"]) == (pressed["id"], "in-doubt")
    assert len(amazon.orders()) == 1
    amazon.deliver()
    managed.press()
    assert managed.settled()["state"] == "test-ordered"
    assert len(amazon.orders()) == 2 and amazon.orders()[-1]["customer"] == SECOND


def erase(device):
    done = device.ctl("erase", "--yes")
    assert done.returncode == 0, done
    wait_until("the history is gone", lambda: device.presses() == [], explain=device.log)


def test_erase_empties_the_device_and_ends_the_link(managed, owner, cloud, amazon):
    """The device's history is gone, and the cloud orders for it no more; the owner keeps device and history."""
    managed.press()
    ordered = managed.settled()
    assert ordered["state"] == "test-ordered"
    erase(managed)
    wait_until_unlinked(owner, amazon)
    managed.wait_for_link("unlinked")
    for path in managed.state_folder.rglob("*"):
        assert ordered["id"].encode() not in path.read_bytes(), path
    managed.restart()
    assert managed.presses() == [] and managed.status()["link"] == "unlinked"
    assert owner.presses() == [("coffee", "ordered")]
    assert "live" not in {state for state, in cloud.ask_database("SELECT state FROM registration")}
    amazon.deliver()
    managed.link(owner)
    next_press_orders(managed, amazon)


@pytest.mark.parametrize("cut", [False, True], ids=["", "killed meanwhile"])
def test_erase_while_the_cloud_is_away(managed, owner, cloud, amazon, cut):
    """The device is empty at once, and ends the link when the cloud is back."""
    managed.press()
    managed.settled()
    cloud.stop()
    erase(managed)
    if cut:
        managed.restart()
        assert managed.presses() == []
    cloud.start()
    wait_until_unlinked(owner, amazon)
    managed.wait_for_link("unlinked")


# What an owner at the device asks


def test_questions_are_answered_through_the_cloud(managed, amazon):
    """`slots`, `order` and `cancel-test-orders` print what a device that orders by itself prints, or as much of it."""
    slots = managed.ctl("slots")
    assert slots.returncode == 0, slots
    assert slots.stdout.splitlines() == [
        *("coffee: subscribed", "  B00COFFEE1, 1 count"),
        *("filter: subscribed", "  B00FILTER1, 1 count"),
    ]
    managed.press()
    instance = managed.settled()["instance-id"]
    order = managed.ctl("order", instance)
    assert order.returncode == 0 and instance in order.stdout, order
    assert "coffee" in order.stdout and "Processing" in order.stdout and "expected 2" in order.stdout, order
    amazon.ask("POST", "orders/ship", {})
    assert "Shipped" in managed.ctl("order", instance).stdout
    amazon.deliver()
    for words in [], ["filter"]:
        managed.press("filter")
        assert managed.settled("filter")["state"] == "test-ordered"
        done = managed.ctl("cancel-test-orders", *words)
        assert done.returncode == 0 and "filter" in done.stdout, done
        assert amazon.orders()[-1]["phase"] == "cancelled"
    unknown = managed.ctl("order", "no-such-order")
    assert unknown.returncode == 1 and "no such" in unknown.stderr, unknown
    unknown = managed.ctl("cancel-test-orders", "nothing")
    assert unknown.returncode == 1 and "'nothing'" in unknown.stderr, unknown


def test_without_a_link_questions_are_refused_in_words(unclaimed):
    """No account, no answer, and it is said that the link is missing."""
    for words in ["slots"], ["cancel-test-orders"], ["unlink"]:
        done = unclaimed.ctl(*words)
        assert done.returncode == 1 and "link" in done.stderr, (words, done)


def test_the_daily_status_reaches_amazon(managed, amazon):
    """A new link tells it once, and a restart does not repeat it."""
    wait_until("the device's status arrives", lambda: amazon.count("deviceStatus") == 1, explain=managed.log)
    managed.restart()
    next_press_orders(managed, amazon)
    assert amazon.count("deviceStatus") == 1


# A cloud that is away


@pytest.mark.parametrize("cut", [False, True], ids=["", "killed meanwhile"])
def test_while_the_cloud_is_away_a_press_waits(managed, owner, cloud, amazon, cut):
    """It is kept and shown as waiting, over a power cut too, and ordered once when the cloud is back."""
    cloud.stop()
    pressed = managed.press()
    check_light(managed, "the press is noted and on its way", RETRYING)
    status = managed.status()
    assert status["presses"][0]["state"] in OPEN and "connect" in status["failure"]["text"], status
    if cut:
        managed.restart()
    cloud.start()
    end = managed.settled(timeout=LONG)
    assert end["state"] == "test-ordered" and end["id"] == pressed["id"], end
    only_order(amazon, end)
    assert owner.presses() == [("coffee", "ordered")]


def test_held_while_the_cloud_is_away(unclaimed, owner, cloud, maker):
    """The person is told that the cloud was not reached; nothing is open, and holding again is all it takes."""
    cloud.stop()
    done = unclaimed.ctl("setup")
    assert done.returncode == 1 and "connect" in done.stderr, done
    assert unclaimed.status()["link"] == "unlinked"
    cloud.start()
    assert owner.try_claim(maker.serial, maker.claim_code)[0] == 403
    unclaimed.link(owner)


# Cuts in the middle


@pytest.mark.parametrize("kind", ["delay", "delayAnswer"])
def test_a_device_killed_after_a_press_was_noted(managed, amazon, kind):
    """What was acknowledged is ordered exactly once, whenever the power goes."""
    amazon.script("replenish", kind, seconds=0.3, times=1000)
    for moment in (0, 0.01, 0.03, 0.1, 0.25, 0.5):
        before = len(amazon.orders())
        pressed = managed.press()
        time.sleep(moment)
        managed.restart()
        end = managed.settled(timeout=LONG)
        assert (end["id"], end["state"]) == (pressed["id"], "test-ordered"), (moment, end)
        assert [order["eventInstanceId"] for order in amazon.orders()[before:]] == [end["instance-id"]], moment
        amazon.deliver()


def test_a_device_killed_at_any_moment_of_a_press(managed, amazon, chance):  # noqa: F811
    """Also before it was acknowledged: at most one order, and none that the device does not know."""
    amazon.script("replenish", "delay", seconds=0.1, times=1000)
    assert any(cut_presses(managed, amazon, chance, 0.3)), "no cut came late enough to find a press on disk"
    assert managed.wait_for_link("linked")


FINAL = {"ordered": "test-ordered", "alreadyOrdered": "already-ordered", "inDoubt": "in-doubt"}


def cut_cloud(device, cloud):
    cloud.kill()
    cloud.end_leases()
    cloud.start()


def check_cut_press(device, cloud, amazon, pressed, before):
    """One end, at most one order, and device and cloud agree, now and after a restart of both."""
    end = device.settled(timeout=LONG)
    orders = amazon.orders()[before:]
    assert end["id"] == pressed["id"] and end["state"] in FINAL.values(), end
    assert len(orders) <= 1, (end, orders)
    if end["state"] != "in-doubt":
        assert [order["eventInstanceId"] for order in orders] == [end["instance-id"]], (end, orders)
    assert FINAL[cloud.press_states()[end["id"]]] == end["state"]
    return end


@pytest.mark.parametrize("kind", ["delay", "delayAnswer"])
def test_the_cloud_killed_while_amazon_answers(managed, cloud, amazon, kind):
    """The press ends in one final state, and Amazon has one order for it at most."""
    amazon.script("replenish", kind, seconds=3)
    pressed = managed.press()
    wait_until("the cloud sends", lambda: cloud.press_states().get(pressed["id"]) == "sending", explain=cloud.log)
    cut_cloud(managed, cloud)
    end = check_cut_press(managed, cloud, amazon, pressed, 0)
    managed.restart()
    cloud.stop()
    cloud.start()
    assert (managed.presses()[0]["state"], len(managed.presses())) == (end["state"], 1)
    next_press_orders(managed, amazon)


def test_the_cloud_killed_at_any_moment_of_a_press(managed, cloud, amazon, chance):  # noqa: F811
    """Killed before, while and after it hears of a press: never two orders, and never two ends."""
    for _ in range(8):
        before = len(amazon.orders())
        amazon.script("replenish", "delay", seconds=0.15)
        pressed = managed.press()
        time.sleep(chance.uniform(0, 0.4))
        cut_cloud(managed, cloud)
        check_cut_press(managed, cloud, amazon, pressed, before)
        amazon.clear_script()
        amazon.deliver()


@pytest.mark.parametrize("kind", ["loseAnswer", "cutBody", "garbage"])
def test_an_order_whose_answer_is_lost_on_the_way_to_the_cloud(managed, owner, cloud, amazon, kind):
    """One order, and the press ends as what is known of it."""
    amazon.script("replenish", kind)
    pressed = managed.press()
    end = check_cut_press(managed, cloud, amazon, pressed, 0)
    assert len(amazon.orders()) == 1
    assert len(owner.presses()) == 1, end
    next_press_orders(managed, amazon)


@pytest.mark.parametrize("kind", ["dropRequest", "status"])
def test_an_order_that_amazon_did_not_take_is_tried_again(managed, cloud, amazon, kind):
    """Nothing was done, so it is ordered in the end, once."""
    amazon.script("replenish", kind, times=2)
    pressed = managed.press()
    end = check_cut_press(managed, cloud, amazon, pressed, 0)
    assert end["state"] == "test-ordered" and len(amazon.orders()) == 1


# Who is let in


def test_a_revoked_device_is_refused_until_it_is_restored(managed, cloud, amazon, maker):
    """On the connection that it has, too; it says so, and nothing is ordered meanwhile."""
    managed.press()
    assert managed.settled()["state"] == "test-ordered"
    cloud.command("revoke", maker.model, maker.serial)
    managed.press("filter")
    explained(managed, "does not know|unknown|revoked|not let in|no longer trust", "filter")
    held = managed.ctl("setup")
    assert held.returncode == 1 and re.search("know|revoked|let in|trust", held.stderr), held
    assert len(amazon.orders()) == 1
    cloud.command("restore", maker.model, maker.serial)
    if managed.presses("filter")[0]["state"] not in OPEN:
        managed.press("filter")
    assert managed.settled("filter", timeout=LONG)["state"] == "test-ordered"
    assert [order["slot"] for order in amazon.orders()] == ["coffee", "filter"]


def is_of_another_authority(device, other_maker):
    device.show(other_maker)


def trusts_another_authority(device, other_maker):
    device.ca.write_bytes(other_maker.ca.read_bytes())


def expects_another_name(device, other_maker):
    device.sections["cloud"]["host"] = device.sections["cloud"]["host"].replace("localhost", "127.0.0.1")


def has_a_key_of_another_certificate(device, other_maker):
    device.key.write_bytes(other_maker.device_key.read_bytes())


MISTRUST = {
    "the device's certificate is another maker's": (is_of_another_authority, "certificate"),
    "the cloud's certificate is of nobody in ca-file": (trusts_another_authority, "certificate"),
    "the cloud's certificate has another name": (expects_another_name, "certificate|name"),
    "the device's key is of another certificate": (has_a_key_of_another_certificate, "key"),
}


@pytest.mark.parametrize("mistake", MISTRUST)
def test_without_trust_nothing_is_ordered_and_it_is_said_why(managed, amazon, maker, other_maker, mistake):
    """The press waits and the text says what is wrong; mended, it is ordered once."""
    do, pattern = MISTRUST[mistake]
    host = managed.sections["cloud"]["host"]
    managed.stop()
    do(managed, other_maker)
    managed.start()
    pressed = managed.press()
    explained(managed, pattern)
    held = managed.ctl("setup")
    assert held.returncode == 1 and re.search(pattern, held.stderr), held
    assert amazon.count("replenish") == 0
    managed.stop()
    managed.show(maker)
    managed.ca.write_bytes(maker.ca.read_bytes())
    managed.sections["cloud"]["host"] = host
    managed.start()
    end = managed.settled(timeout=LONG)
    assert (end["id"], end["state"]) == (pressed["id"], "test-ordered"), end
    only_order(amazon, end)


def no_key(device):
    device.key.unlink()
    return device.key


def no_certificate(device):
    device.certificate.unlink()
    return device.certificate


def a_key_that_others_may_read(device):
    device.key.chmod(0o644)
    return device.key


@pytest.mark.parametrize("spoil", [no_key, no_certificate, a_key_that_others_may_read])
def test_files_that_cannot_be_used_are_told_at_the_start(new_cloud_device, cloud, spoil):
    """The daemon does not start, and names the file."""
    device = new_cloud_device(cloud)
    file = spoil(device)
    device.configure()
    done = run([device.programs["dash-button"], "--config", device.configuration_file])
    assert done.returncode in (1, 3) and str(file) in done.stderr, done


# What is nowhere to be found


def device_secrets(maker):
    """What only the device and its label hold; the certificate is no secret, but has no place in a log."""
    key = load_pem_private_key(maker.device_key.read_bytes(), None).private_numbers().private_value.to_bytes(32, "big")
    certificate = x509.load_pem_x509_certificate(maker.certificate.read_bytes())
    return {
        # Its halves too, since a line of the PEM file may end within it.
        "private key": {key, key[:16], key[16:]},
        "claim code": {maker.claim_code.encode(), maker.claim_code.replace("-", "").encode()},
        "certificate": {certificate.public_bytes(Encoding.DER)},
    }


def test_no_secret_is_in_what_the_device_writes_and_says(new_cloud, new_cloud_device, amazon, maker, tmp_path):
    """Amazon's tokens are nowhere on the device, and the device's own key in no log, status or record."""
    recorder = Recorder(amazon, tmp_path)
    try:
        cloud = new_cloud(heard_by=recorder).start()
        owner = Owner(cloud).sign_up()
        device = new_cloud_device(cloud).start()
        kept = {}  # place -> bytes

        def look(moment):
            for path in device.home.rglob("*"):
                if path.is_file():
                    kept[f"{moment}: {path.relative_to(device.home)}"] = path.read_bytes()
            if device.process is not None:
                for name in ("cmdline", "environ"):
                    with open(f"/proc/{device.process.pid}/{name}", "rb") as words:
                        kept[f"{moment}: /proc/PID/{name}"] = words.read()
                for words in ["status"], ["status", "--json"], ["identity"]:
                    kept[f"{moment}: {' '.join(words)}"] = device.ctl(*words).stdout.encode()

        look("unclaimed")
        device.press()
        device.settled()
        device.link(owner)
        look("linked")
        for kind in ("garbage", "status", "cutBody", "expireTokens"):
            amazon.script("replenish", kind)
            device.press()
            device.settled(timeout=LONG)
            amazon.deliver()
        for words in ["slots"], ["order", "no-such-order"], ["cancel-test-orders"], ["setup"], ["press", "nothing"]:
            device.ctl(*words)
        cloud.command("revoke", maker.model, maker.serial)
        device.press("filter")
        explained(device, ".", "filter")
        cloud.command("restore", maker.model, maker.serial)
        look("in use")
        device.kill()
        look("killed")
        device.start()
        device.ctl("unlink")
        look("unlinked")
        wait_until_unlinked(owner, amazon)
        device.link(owner)
        erase(device)
        wait_until_unlinked(owner, amazon)
        look("erased")
        device.stop()
        look("stopped")
        kept["what replenishctl said"] = "\n".join(device.said).encode()
        theirs = recorder.secrets | {"client secret": {CLIENT_SECRET.encode()}}
    finally:
        recorder.close()
    assert {"code", "code_verifier", "refresh_token", "access_token"} <= theirs.keys()
    # The factory's files are where they belong, but nothing of Amazon's may be even there.
    elsewhere = {place: data for place, data in kept.items() if ": identity/" not in place}
    assert elsewhere.keys() != kept.keys()
    for secrets, places in ((theirs, kept), (device_secrets(maker), elsewhere)):
        search = Search(secrets)
        # The proof: the same search finds each secret when one is planted among what was kept.
        for kind, values in secrets.items():
            for value in values:
                assert kind in {found for found, _ in search.find(kept["stopped: daemon.log"] + b"oops: " + value)}
        leaks = {place: found for place, data in places.items() if (found := search.find(data))}
        assert not leaks, leaks
