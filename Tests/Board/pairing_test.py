"""`require-encryption`: a phone pairs before it may use the service, below the setup's own session; each way of the device
as far as it goes. Bumble is the phone that pairs, or does not."""

from concurrent.futures import CancelledError

import pytest
from air import ATT_Error

ENCRYPTED = {"require-encryption": "yes"}
# What a phone's system takes for "pair, and ask again".
PAIR_FIRST = {0x05, 0x0F}


def connected(radio):
    phone = radio.air.phone()
    return phone.connect(phone.find(radio.id).address).discover()


def refusal(act, *arguments):
    """The ATT error that something is refused with."""
    with pytest.raises(ATT_Error) as told:
        act(*arguments)
    return told.value.error_code


def assert_refused(phone):
    """Neither read nor written nor asked for indications, however it asks."""
    assert refusal(phone.read_info) in PAIR_FIRST
    for what, value in ((phone.indicate.handle + 1, b"\x02\x00"), (phone.write, b"\x80")):
        write = lambda: phone.air.run(phone.peer.write_value(what, value, with_response=True))  # noqa: B023, E731
        assert refusal(write) in PAIR_FIRST
    by_type = lambda: phone.air.run(phone.peer.read_characteristics_by_uuid(phone.info.uuid))  # noqa: E731
    assert not by_type()  # Bumble keeps the error to itself


def test_a_phone_that_does_not_pair_is_refused_until_it_does(radio):
    radio.fresh(**ENCRYPTED)
    phone = connected(radio)
    assert_refused(phone)
    assert radio.status()["link"] == "setup-open" and radio.status()["guesses"]["failed"] == 0
    phone.pair()
    phone.subscribe().link(radio.code, radio.login)
    radio.board.wait_for_link("linked")


def test_a_phone_that_paired_comes_back_with_its_key(radio):
    radio.fresh(**ENCRYPTED)
    phone = connected(radio)
    phone.pair()
    assert phone.read_info()[:3] == bytes([1, 1, 1])
    phone.hang_up()
    come_back(radio, phone).subscribe().prove(radio.code)


def come_back(radio, phone):
    """Connects with its key, and again as phones do when the link drops at once: bluetoothd 5.66 gives a connection up that
    is encrypted by the time it asks the kernel for that (`device_attach_att() bt_io_set: Invalid argument`)."""
    for is_last in (False, False, True):
        phone.connect(phone.find(radio.id).address)
        try:
            phone.encrypt()
            return phone.discover()
        except (CancelledError, ConnectionError):
            if is_last:
                raise


def test_a_key_counts_for_nothing_until_it_is_used(radio):
    radio.fresh(**ENCRYPTED)
    phone = connected(radio)
    phone.pair()
    phone.hang_up()
    phone.connect(phone.find(radio.id).address).discover()
    assert refusal(phone.read_info) == 0x0F


def test_pairing_is_no_proof(radio):
    """Who has paired, and does not know the code, gets nowhere, and each guess counts."""
    from setup_protocol import WrongCode

    radio.fresh(**ENCRYPTED)
    phone = connected(radio)
    phone.pair()
    phone.subscribe()
    with pytest.raises(WrongCode):
        phone.prove("13572468" if radio.code != "13572468" else "86427531")
    assert radio.status()["guesses"]["failed"] == 1


def test_the_older_way_of_pairing_is_refused(radio):
    """Its key can be computed from what somebody heard; the link is encrypted, and counts for nothing."""
    radio.fresh(**ENCRYPTED)
    phone = connected(radio)
    phone.pair(is_secure=False)
    assert_refused(phone)


def test_nothing_stays_of_a_window(radio):
    """The adapter does not let anybody pair any more."""
    radio.fresh(**ENCRYPTED)
    phone = connected(radio)
    phone.pair()
    phone.subscribe().link(radio.code, radio.login)
    radio.board.wait_for_link("linked")
    phone.wait_until_hung_up()
    radio.fresh()
    phone = connected(radio)
    with pytest.raises(Exception):  # noqa: B017, Bumble has several for it
        phone.pair()
