"""Setup over Bluetooth LE on kernel sockets: a real kernel in the guest, a stack that nobody here wrote as the phone.

Bumble is the air and the phones; the phone's side of the protocol is Examples/PythonPhone, written from the page
SetupProtocol alone.
"""

import asyncio
import csv
import pathlib
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "Interop"))

from air import Air, ATT_Error  # noqa: E402
from amazon import CLIENT_ID, FIRST, PASSWORD  # noqa: E402
from board import Board  # noqa: E402
from emulator import Browser, Emulator  # noqa: E402
from phone import granted, login_address  # noqa: E402
from processes import wait_until  # noqa: E402
from setup_protocol import Fault, Refused, SetupPhone, WrongCode  # noqa: E402

SETUP = {"bearer": "kernel", "socket": None, "name": "Kettle"}
REDIRECT = "http://127.0.0.1/callback"
ADVERTISEMENT = "020106" + "1107c0a8f4155d426d92814790e90100b2e0" + "07ffffff01"


class Radio:
    """A board whose controller hangs in the virtual air."""

    def __init__(self, request, programs, factory, amazon, image):
        self.amazon, self.factory = amazon, factory
        self.board = Board(programs, factory, amazon, image, {"setup": SETUP})
        request.session.boards.append(self.board)
        self.line = self.board.home / "hci"
        self.boot()
        self.air = Air(self.line, self.board.home / "air.btsnoop")
        self.plug()
        row = next(csv.DictReader((factory.folder / "devices.csv").open()))
        self.id, self.code = row["short_id"], factory.setup_code

    def boot(self):
        # Beside the agent's port, on the same virtio-serial device.
        console = f"socket,id=hci,path={self.line},server=on,wait=off"
        self.board.boot(["-chardev", console, "-device", "virtconsole,chardev=hci"])

    def cut_and_boot(self):
        """The power is cut, and comes back."""
        self.board.cut()
        self.boot()
        self.air.rejoin(self.line)
        self.plug()

    def wait_for_guesses(self, count):
        wait_until(f"{count} guesses count", lambda: self.status()["guesses"]["failed"] == count)

    def plug(self):
        self.attached = self.board.guest.agent.start("/run/tests/attach", "/dev/hvc0")

    def unplug(self):
        self.attached.kill()

    def shell(self, script):
        return self.board.guest.agent.shell(script)

    def fresh(self, **setup):
        # A phone that is still there would connect to the new one.
        self.air.clear()
        self.board.renew({"setup": SETUP | setup})
        self.wait_until_advertising()
        return self

    def wait_until_advertising(self):
        wait_until("it advertises", lambda: "advertises" in self.status()["bearer"], explain=self.board.log)

    def status(self):
        return self.board.status()

    def way(self):
        """Which way of being a device this is, for figures."""
        return "on kernel sockets"

    def phone(self, mtu=247):
        """A phone that is connected, has discovered and gets indications."""
        phone = self.air.phone(mtu)
        seen = phone.find(self.id)
        assert seen, f"no advertisement\n{self.board.log()[-3000:]}"
        return phone.connect(seen.address).discover().subscribe()

    def browser(self):
        return Browser(Emulator(self.amazon.url, self.amazon.ca), FIRST, PASSWORD)

    def login(self, parameters):
        """What the owner does in a browser, between the device's parameters and the phone's authorization."""
        page = self.amazon.url + "/ap/oa"
        address = login_address(parameters, CLIENT_ID, REDIRECT, "state-1", page)
        self.grant = granted(self.browser().authorize(address, REDIRECT), "state-1")
        return {"code": self.grant, "redirect_uri": REDIRECT, "client_id": CLIENT_ID}

    def close(self, request):
        request.session.boards.remove(self.board)
        self.air.close()
        self.board.close(keep=request.config.getoption("--keep"))


def test_the_advertisement(radio):
    """At most 31 bytes, the label's short id, the name in the scan response, and a random address."""
    phone = radio.air.phone()
    seen = phone.find(radio.id)
    assert seen.address.is_random and not seen.address.is_public
    # What the guest gave its controller: Bumble's does not carry the scan response on, and calls all of it extended.
    (given,) = [one for one in radio.air.controller.advertising_sets.values() if one.enabled]
    assert given.parameters.advertising_event_properties & 0x13 == 0x13, "connectable, scannable, of the old kind"
    assert given.data.hex() == ADVERTISEMENT + radio.id.lower() and len(given.data) <= 31
    assert given.scan_response_data == b"\x07\x09Kettle"
    assert 0.1 <= given.parameters.primary_advertising_interval_max * 0.000625 <= 0.15
    assert "hci0 advertises" in radio.status()["bearer"]
    assert radio.status()["bearer"].startswith("Bluetooth, kernel sockets, as configured")


def test_link_then_order(radio, amazon, tell):
    phone = radio.phone()
    assert phone.read_info()[:4] == bytes([1, 1, 1, 0])
    stages = phone.link(radio.code, radio.login)
    tell(f"link over Bluetooth {radio.way()}, MTU 247: " + ", ".join(f"{name} {at:.2f} s" for name, at in stages))
    tell(f"ATT round trips from turning indications on to linked: {phone.trips}")
    assert phone.trips <= 14
    radio.board.wait_for_link("linked")
    radio.board.press()
    assert radio.board.settled()["state"] == "test-ordered"
    assert len(amazon.orders()) == 1


def test_twenty_byte_client(radio):
    """A phone that never asks for more than the smallest MTU links too."""
    phone = radio.phone(mtu=23)
    assert phone.conversation.frame_length == 20
    phone.link(radio.code, radio.login)
    radio.board.wait_for_link("linked")


def test_client_that_writes_3_gets_indications(radio):
    phone = radio.air.phone()
    phone.connect(phone.find(radio.id).address).discover().subscribe(b"\x03\x00")
    phone.prove(radio.code)


def test_notifications_are_refused(radio):
    phone = radio.air.phone()
    phone.connect(phone.find(radio.id).address).discover()
    with pytest.raises(ATT_Error):
        phone.subscribe(b"\x01\x00")


def test_slow_reader_gets_one_frame_at_a_time(radio):
    phone = radio.phone(mtu=23)
    phone.confirms = False
    phone.air.run(phone.conversation.say(hello(phone)))
    wait_until("the first frame of the offer is here", lambda: phone.conversation.indicated.qsize() == 1)
    assert phone.read_info()[3] == 1  # it answers, and sends nothing more
    assert phone.conversation.indicated.qsize() == 1
    phone.hang_up()
    radio.phone().prove(radio.code)


def hello(phone):
    return SetupPhone("13572468", phone.conversation.frame_length).hello()


def test_reconnect(radio):
    for _ in range(3):
        phone = radio.phone()
        phone.prove(radio.code)
        phone.hang_up()
    assert radio.status()["guesses"]["failed"] == 0


def test_two_phones_at_once(radio):
    """While one is connected the device does not advertise: one that knows its address finds nobody there, and the first
    goes on."""
    first, second = radio.phone(), radio.air.phone()
    address = first.connection.peer_address
    assert second.find(radio.id, 2) is None
    with pytest.raises((TimeoutError, asyncio.TimeoutError)):
        second.connect(address, 3)
    first.link(radio.code, radio.login)
    radio.board.wait_for_link("linked")
    radio.fresh()
    radio.phone().prove(radio.code)


def test_two_phones_that_come_at_the_same_moment(radio):
    """Both hear the same advertisement; one is let in, and the other when that one is gone."""
    phones = [radio.air.phone(), radio.air.phone()]
    address = phones[0].find(radio.id).address

    async def race():
        attempts = [asyncio.create_task(phone._connect(address)) for phone in phones]
        await asyncio.wait(attempts, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(1)
        return [attempt.done() for attempt in attempts], attempts

    done, attempts = radio.air.run(race())
    assert sorted(done) == [False, True], "one of them is connected"
    inside, outside = (phones[done.index(is_in)] for is_in in (True, False))
    inside.discover().subscribe().prove(radio.code)
    inside.hang_up()

    async def wait():
        await asyncio.wait_for(attempts[done.index(False)], 20)

    radio.air.run(wait())
    outside.discover().subscribe().link(radio.code, radio.login)
    radio.board.wait_for_link("linked")


def test_wrong_code_then_right_code_over_one_connection(radio):
    phone = radio.phone()
    with pytest.raises(WrongCode):
        phone.prove("13572468" if radio.code != "13572468" else "86427531")
    assert radio.status()["guesses"]["failed"] == 1
    phone.link(radio.code, radio.login)
    assert radio.board.wait_for_link("linked")["guesses"]["failed"] == 0


def test_phone_that_hangs_up_after_confirm_v_has_used_a_guess(radio):
    for count in (1, 2, 3):
        phone = radio.phone()
        with pytest.raises(WrongCode):
            phone.prove("13572468" if radio.code != "13572468" else "86427531")
        phone.hang_up()
        assert radio.status()["guesses"]["failed"] == count
    with pytest.raises(Fault) as told:
        radio.phone().prove(radio.code)
    assert told.value.name == "wait" and told.value.seconds > 0


def test_altered_frame_is_refused(radio):
    phone = radio.phone()
    session, _ = phone.prove(radio.code)
    frames = session.send({"type": "identify"})
    frames[-1] = frames[-1][:-1] + bytes([frames[-1][-1] ^ 1])
    with pytest.raises((Fault, Refused)) as told:
        phone.air.run(phone.conversation.say(frames))
        phone.air.run(phone.conversation.hear(session, "anything"))
    assert getattr(told.value, "name", "tampered") == "tampered"
    phone.wait_until_hung_up()


def test_adapter_unplugged_in_mid_session(radio):
    phone = radio.phone()
    phone.prove(radio.code)
    radio.unplug()
    wait_until("the device has noticed", lambda: "waiting for an adapter" in radio.status()["bearer"])
    assert radio.status()["link"] == "setup-open"
    radio.plug()
    wait_until("it advertises again", lambda: "advertises" in radio.status()["bearer"])
    radio.phone().link(radio.code, radio.login)
    radio.board.wait_for_link("linked")


def test_window_closes_by_itself_and_leaves_nothing_open(radio):
    radio.fresh(**{"window-minutes": "1"})
    phone = radio.phone()
    pid = radio.board.pid()
    assert radio.shell(f"ls -l /proc/{pid}/fd").count("socket:") > 2
    phone.wait_until_hung_up(120)
    wait_until("the window is shut", lambda: radio.status()["link"] == "unlinked", 60)
    wait_until("the bearer is closed", lambda: radio.status()["bearer"].endswith("closed"))
    wait_until("no Bluetooth socket is held", lambda: sockets(radio) == 0)
    assert radio.air.phone().find(radio.id, 3) is None


def sockets(radio):
    """How many HCI and L2CAP sockets anybody in the guest holds."""
    return sum(len(radio.shell(f"cat /proc/net/{name}").splitlines()) - 1 for name in ("hci", "l2cap"))


def test_setup_begins_while_the_clock_says_1970(radio, amazon):
    """As on a board without a clock that has no network yet: a phone finds it and proves the code, and links once the time is
    known."""
    radio.board.set_time(3600)  # the kernel takes no time before its own start
    try:
        radio.fresh()
        assert radio.status()["clock-plausible"] is False, radio.board.log()
        phone = radio.phone()
        phone.prove(radio.code)
        phone.hang_up()
        assert radio.status()["guesses"]["failed"] == 0 and amazon.count("token") == 0
    finally:
        radio.board.set_time(int(time.time()))
    radio.phone().link(radio.code, radio.login)
    radio.board.wait_for_link("linked")


LIGHT = 5  # a line of the PL061 that nothing else uses


def test_identify_blinks_the_light(radio):
    """A real output line of the GPIO character device, as the kernel shows it."""
    radio.board.renew({"setup": SETUP, "slot coffee": {"light": f"gpio gpiochip0 {LIGHT}"}})
    radio.shell("mount -t debugfs none /sys/kernel/debug 2>/dev/null || true")
    radio.wait_until_advertising()
    phone = radio.phone()
    session, _ = phone.prove(radio.code)
    phone.air.run(phone.conversation.say(session.send({"type": "identify"})))
    wait_until("the light says so", lambda: "this is the device" in radio.board.lights(), explain=radio.board.log)
    seen = radio.shell("for i in $(busybox seq 60); do busybox grep -E 'gpio-[0-9]+.*out' /sys/kernel/debug/gpio; done")
    states = [line.split("out", 1)[1].split()[0] for line in seen.splitlines()]
    assert len(states) == 60 and {"lo", "hi"} == set(states), seen
    changes = sum(one != next for one, next in zip(states, states[1:]))
    assert changes >= 2, "it blinks, and is not only switched"


def test_failure_and_progress_in_plain_words(radio):
    """A code that Amazon refuses: the phone is told why, in words for a person, and may go on with the right one over the
    same session; and the light shows what goes on."""
    phone, told, handed = radio.phone(), [], []

    def login(parameters):
        answer = radio.login(parameters)
        handed.append(answer["code"])
        return answer | ({"code": answer["code"] + "A"} if len(handed) == 1 else {})

    async def log_in(parameters):
        return await asyncio.to_thread(login, parameters)

    phone.air.run(phone.conversation.link(radio.code, log_in, told.append), 120)
    radio.board.wait_for_link("linked")
    (refusal,) = [text for text in told if text not in ("redeeming", "proving")]
    assert told[-1] == "proving"
    assert "code" in refusal and len(refusal.split()) > 3 and "\n" not in refusal and len(refusal.encode()) <= 400
    assert not any(secret in refusal for secret in (*handed, radio.code))
    lights = radio.board.lights()
    assert lights.index("the setup window is open") < lights.index("a phone is linking")
