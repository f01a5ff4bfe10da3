"""Setup over Bluetooth LE through BlueZ's own bluetoothd, of two releases of Debian: 5.82 of trixie, 5.66 of bookworm.

The same phones and the same air as in bluetooth_test.py. bluetoothd asks for a descriptor to indicate by in the first
version, and is told changes of the value in the second. Its rules of the bus are stricter here than Debian's, so that the
daemon gets along with dash-button-bluetooth.conf alone.
"""

import asyncio

import pytest
from air import ATT_Error
from attacker_test import (
    relayed,
    test_a_recorded_device_is_refused,
    test_a_recorded_phone_is_refused,
    test_a_relay_that_only_listens_learns_nothing,
    test_an_altered_handshake_opens_no_session,
    test_an_altered_session_ends,
    test_no_secret_is_on_the_air,
)
from bluetooth_test import (
    ADVERTISEMENT,
    SETUP,
    Radio,
    hello,
    test_adapter_unplugged_in_mid_session,
    test_altered_frame_is_refused,
    test_link_then_order,
    test_reconnect,
    test_setup_begins_while_the_clock_says_1970,
    test_slow_reader_gets_one_frame_at_a_time,
    test_twenty_byte_client,
    test_wrong_code_then_right_code_over_one_connection,
)
from pairing_test import (
    ENCRYPTED,
    connected,
    test_a_phone_that_does_not_pair_is_refused_until_it_does,
    test_a_phone_that_paired_comes_back_with_its_key,
    test_pairing_is_no_proof,
)
from processes import wait_until

# The tests of the other way, run once more in this one.
__all__ = ["relayed", *(name for name in dir() if name.startswith("test_"))]

BEARER = "Bluetooth, through bluetoothd, as configured; "


class BluezRadio(Radio):
    def fresh(self, **setup):
        return super().fresh(**{"bearer": "bluetoothd", **setup})

    def way(self):
        return f"through bluetoothd {self.shell('bluetoothd --version').strip()}"

    def kill_bluetoothd(self):
        """Without a word; the guest's init starts it again."""
        self.shell("busybox killall -9 bluetoothd")

    def is_advertising(self):
        return self.status()["bearer"] == BEARER + "hci0 advertises"

    def bluez(self, path, *call):
        """What bluetoothd says to a call on the bus."""
        return self.shell(f"dbus-send --system --print-reply --dest=org.bluez {path} {' '.join(call)}")

    def is_powered(self):
        call = ("org.freedesktop.DBus.Properties.Get", "string:org.bluez.Adapter1", "string:Powered")
        return "boolean true" in self.bluez("/org/bluez/hci0", *call)


# What differs with the version of BlueZ: indications, their pacing, and what a daemon that is gone leaves behind.
DIFFERS = {
    "test_link_then_order",
    "test_twenty_byte_client",
    "test_slow_reader_gets_one_frame_at_a_time",
    "test_second_phone_is_sent_away",
    "test_bluetoothd_killed_in_mid_handshake",
    "test_a_phone_that_does_not_pair_is_refused_until_it_does",
}


def pytest_generate_tests(metafunc):
    """Each test with the board's own release, and with the older one, which is the soak's where it makes no difference."""
    marks = [] if metafunc.function.__name__ in DIFFERS else [pytest.mark.soak]
    releases = [pytest.param("", id="own"), pytest.param("bookworm", id="bookworm", marks=marks)]
    metafunc.parametrize("radios", releases, indirect=True, scope="module")


@pytest.fixture(scope="module")
def radios(request, programs, factory, running_amazon, bluez_image):
    radio = BluezRadio(request, programs, factory, running_amazon, bluez_image(request.param))
    yield radio
    radio.close(request)


@pytest.fixture
def radio(radios, amazon):
    return radios.fresh()


def test_the_advertisement(radio):
    """As the other way's: at most 31 bytes, the label's short id, the name in the scan response, a random address."""
    seen = radio.air.phone().find(radio.id)
    assert seen.address.is_random and not seen.address.is_public
    (given,) = [one for one in radio.air.controller.advertising_sets.values() if one.enabled]
    structures = {kind: bytes(data) for kind, data in parts(given.data)}
    assert structures == dict(parts(bytes.fromhex(ADVERTISEMENT + radio.id.lower()))) and len(given.data) <= 31
    assert given.scan_response_data == b"\x07\x09Kettle"
    assert radio.is_advertising()


def parts(data):
    while data:
        yield data[1], data[2 : 1 + data[0]]
        data = data[1 + data[0] :]


def test_auto_takes_bluetoothd_where_it_runs(radios, amazon):
    radio = radios.fresh(bearer="auto")
    assert radio.status()["bearer"] == "Bluetooth, through bluetoothd, because it runs; hci0 advertises"
    radio.phone().prove(radio.code)


def test_frames_before_indications_are_refused(radio):
    phone = radio.air.phone()
    phone.connect(phone.find(radio.id).address).discover()
    with pytest.raises(ATT_Error):
        phone.air.run(phone.peer.write_value(phone.write, b"\x01", with_response=True))


# Another program's advertisement, by which a second phone gets in: ours rests while a phone is connected.
OTHER_ID = "0A0B0C"
ADVERTISE = """(sleep 2; echo menu advertise; echo manufacturer 0xffff 0x01 0x0a 0x0b 0x0c; echo back; echo advertise on; sleep 60
) | bluetoothctl"""


def test_second_phone_is_sent_away(radio):
    """It may connect, by another program's advertisement for instance; touching our characteristics ends that."""
    first, second = radio.phone(), radio.air.phone()
    first.read_info()
    other = radio.board.guest.agent.start("/bin/busybox", "sh", "-c", ADVERTISE)
    seen = second.find(OTHER_ID)
    assert seen, "bluetoothd advertises for another program"
    second.connect(seen.address).discover()
    with pytest.raises((ATT_Error, asyncio.CancelledError, TimeoutError)):
        second.read_info()
    second.wait_until_hung_up()
    other.kill()
    first.link(radio.code, radio.login)
    radio.board.wait_for_link("linked")


def test_client_that_writes_3_is_refused_by_bluetoothd(radio):
    """Such a phone has to ask for indications alone; the page Configuration says so."""
    phone = radio.air.phone()
    phone.connect(phone.find(radio.id).address).discover()
    with pytest.raises(ATT_Error):
        phone.air.run(phone.peer.write_value(phone.indicate.handle + 1, b"\x03\x00", with_response=True))
    phone.subscribe()
    phone.prove(radio.code)


def test_bluetoothd_killed_while_nobody_is_there(radio):
    for _ in range(3):
        radio.kill_bluetoothd()
        wait_until("it advertises again", lambda: radio.is_advertising() and radio.air.phone().find(radio.id, 1))
    radio.phone().link(radio.code, radio.login)
    radio.board.wait_for_link("linked")


def test_bluetoothd_killed_when_a_phone_has_just_come(radio):
    phone = radio.phone(mtu=23)
    phone.read_info()
    comes_back_after_a_kill(radio, phone)


def test_bluetoothd_killed_in_mid_handshake(radio):
    phone = radio.phone(mtu=23)
    phone.confirms = False
    phone.air.run(phone.conversation.say(hello(phone)))
    wait_until("the offer begins", lambda: phone.conversation.indicated.qsize() == 1)
    comes_back_after_a_kill(radio, phone)


def test_bluetoothd_killed_when_the_code_was_proved(radio):
    phone = radio.phone(mtu=23)
    phone.prove(radio.code)
    comes_back_after_a_kill(radio, phone)


def comes_back_after_a_kill(radio, phone):
    wait_until("the phone is there", lambda: "a phone is connected" in radio.status()["bearer"])
    radio.kill_bluetoothd()
    phone.wait_until_hung_up()
    wait_until("it advertises again", radio.is_advertising)
    radio.phone().link(radio.code, radio.login)
    radio.board.wait_for_link("linked")


def test_the_older_way_of_pairing_is_enough_for_bluetoothd(radio):
    """It tells nobody how a phone paired; the page Configuration says so."""
    radio.fresh(**ENCRYPTED)
    phone = connected(radio)
    phone.pair(is_secure=False)
    phone.subscribe().prove(radio.code)


def test_window_closes_and_leaves_nothing_behind(radios, amazon):
    """The phone is gone, so are our objects and our place on the bus, and the adapter is off as it was."""
    radio = radios
    radio.unplug()
    radio.board.renew({"setup": SETUP | {"bearer": "bluetoothd"}})
    radio.plug()
    wait_until("it advertises", radio.is_advertising, explain=radio.board.log)
    assert radio.is_powered()
    phone = radio.phone()
    phone.link(radio.code, radio.login)
    radio.board.wait_for_link("linked")
    phone.hang_up()
    wait_until("the bearer is closed", lambda: radio.status()["bearer"] == BEARER + "closed")
    wait_until("the adapter is off", lambda: not radio.is_powered())
    wait_until("the bus is left", lambda: connections(radio) == 2)
    assert radio.air.phone().find(radio.id, 3) is None


def connections(radio):
    """How many are on the bus: bluetoothd, who asks, and anybody else."""
    said = radio.shell("dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames")
    return said.count('string ":')
