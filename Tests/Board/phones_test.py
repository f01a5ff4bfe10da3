"""Phones that are not Bumble, on a machine of their own: our companion, straight on its kernel, and bleak on BlueZ."""

import re

import pytest
from amazon import CLIENT_ID, FIRST, PASSWORD
from bluetooth_test import REDIRECT
from guest import PhoneImage
from phone_guest import PhoneGuest
from processes import wait_until
from setup_protocol import INDICATE, INFO, WRITE

# A second machine is emulated for it: too long for the gate.
pytestmark = pytest.mark.soak

UUIDS = (INFO, WRITE, INDICATE)


@pytest.fixture(scope="session")
def phone_image(request, workshop):
    return PhoneImage(request.config.rootpath.parent.parent, request.config.getoption("--binaries"), workshop)


@pytest.fixture(scope="module")
def phone(request, radios, phone_image):
    """The second guest, in the air of the first."""
    guest = PhoneGuest(phone_image, radios.air)
    yield guest
    guest.close()


def linking(radio, phone):
    """What the companion is told so that it links the device to the first customer."""
    amazon = radio.amazon
    return [
        *("--label-file", phone.write("label", radio.factory.label.read_bytes())),
        *("--client-id", CLIENT_ID, "--redirect-uri", REDIRECT),
        *("--authorize-url", amazon.url.replace("localhost", "10.0.2.2") + "/ap/oa"),
        *("--ca-file", phone.write("ca.pem", amazon.ca.read_bytes())),
        *("--login-file", phone.write("login", f"{FIRST}:{PASSWORD}\n")),
    ]


def press_and_order(radio, amazon):
    radio.board.wait_for_link("linked")
    radio.board.press()
    assert radio.board.settled()["state"] == "test-ordered"
    assert len(amazon.orders()) == 1


def test_companion_links_then_order(radio, phone, amazon, tell):
    done = phone.companion(*linking(radio, phone), "--verbose")
    assert done.returncode == 0, done.stdout + done.stderr + radio.board.log()[-2000:]
    assert f"Looking for device {radio.id} over Bluetooth." in done.stdout
    assert re.search(rf"Found (Kettle )?{radio.id}\. Connecting\.", done.stdout)
    assert done.stdout.endswith("Linked.\n")
    for secret in (radio.code, f"{radio.code[:4]}-{radio.code[4:]}"):
        assert secret not in done.stdout + done.stderr
    packets = done.stderr.count("Write Request") + done.stderr.count("Confirmation")
    tell(f"the companion's writes and confirmations until it was linked, the configuration's included: {packets}")
    press_and_order(radio, amazon)


def test_companion_says_what_is_wrong(radio, phone):
    """One line, an exit code, and what to do."""
    label = phone.write("label", radio.factory.label.read_bytes())
    other = radio.factory.label.read_text().replace(f"id={radio.id}", "id=ABCDEF")
    for words, code, text in [
        (("--label-file", phone.write("other", other)), 3, "no device ABCDEF is in its setup window nearby"),
        (("--label-file", label, "--adapter", "hci7"), 3, "there is no Bluetooth adapter hci7"),
        (("--code", "1357-2468", "--short-id", radio.id), 4, "the setup code is not that of this device"),
    ]:
        done = phone.companion(*words, "--identify")
        assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stdout + done.stderr
        assert text.lower() in done.stderr.lower(), done.stderr
    # Without the capabilities.
    as_nobody = "import os, sys; os.setgid(100); os.setuid(100); os.execv(sys.argv[1], sys.argv[1:])"
    words = ("/run/tests/companion", "--bluetooth", "--code", radio.code, "--identify")
    done = phone.agent.run("python3", "-c", as_nobody, *words, timeout=60)
    assert done.returncode == 3 and "CAP_NET_ADMIN" in done.stderr, done.stdout + done.stderr


def test_companion_identifies_the_only_one(radio, phone):
    """Without a label: the only device in its window; and its adapter is off again afterwards."""
    done = phone.companion("--code", radio.code, "--identify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{radio.id} shows itself with its light." in done.stdout
    wait_until("the light says so", lambda: "this is the device" in radio.board.lights())


def test_bleak_on_bluez_links_then_order(radio, phone, amazon, tell):
    """Examples/PythonPhone as it is. The adapter and discovery are BlueZ's."""
    phone.bluez()
    found = phone.agent.run("python3", "/run/tests/services.py", radio.id, timeout=180)
    assert found.returncode == 0, found.stderr
    central = radio.air.phone()
    central.connect(central.find(radio.id).address).discover()
    theirs = [c.handle for c in (central.info, central.write, central.indicate)]
    central.hang_up()
    lines = sorted((line.split() for line in found.stdout.splitlines()), key=lambda line: int(line[0]))
    assert [uuid for _, uuid, _ in lines] == list(UUIDS)
    # bleak counts a characteristic's declaration, Bumble its value, which comes next.
    assert len({value - int(line[0]) for value, line in zip(theirs, lines)}) == 1, "BlueZ and Bumble discover the same"
    assert {uuid: properties for _, uuid, properties in lines} == dict(zip(UUIDS, ("read", "write", "indicate")))
    radio.fresh()
    words = ["--id", radio.id, "--client-id", CLIENT_ID, "--redirect-uri", REDIRECT]
    words += ["--authorize-url", amazon.url + "/ap/oa"]
    person = phone.agent.start("python3", "-u", "/run/tests/person.py", radio.code, "/run/redirect", *words)

    def address():
        assert person.poll() is None, person.output + person.error
        return re.search(rb"(https://\S+)\s", person.output)

    login = wait_until("it asks for the login", address, 180, lambda: f"{person.output}{person.error}{radio.board.log()}")
    phone.write("redirect", radio.browser().authorize(login.group(1).decode(), REDIRECT) + "\n")
    output, error = person.communicate(180)
    assert person.returncode == 0, output + error + radio.board.log()
    assert output.endswith("linked\n")
    tell(f"bleak on BlueZ {phone.version()} linked it")
    press_and_order(radio, amazon)


def test_companion_works_beside_bluetoothd(radio, phone):
    phone.bluez()
    done = phone.companion("--code", radio.code, "--short-id", radio.id, "--identify")
    assert done.returncode == 0, done.stdout + done.stderr
