"""Examples/PythonPhone, written from the page SetupProtocol alone, against Tests/Vectors/setup-session.json."""

import json
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent.parent / "Examples" / "PythonPhone"))

from setup_protocol import Fault, Refused, SetupPhone, WrongCode, short_id  # noqa: E402

RECORD = json.loads((HERE.parent / "Vectors" / "setup-session.json").read_text())


def values(mtu, side, opcode, handle):
    """The frames of one side: what was written to, or indicated from, this handle."""
    head = bytes([opcode]) + handle.to_bytes(2, "little")
    for packet in RECORD[f"packetsAtMTU{mtu}"]:
        packet_bytes = bytes.fromhex(packet["bytes"])
        if packet["from"] == side and packet_bytes.startswith(head):
            yield packet_bytes[3:]


def phone(mtu=247, code=RECORD["code"]):
    return SetupPhone(code, mtu - 3, bytes.fromhex(RECORD["session"]), int(RECORD["x"], 16))


@pytest.mark.parametrize("mtu", [247, 23])
def test_it_says_byte_for_byte_what_the_vectors_say(mtu):
    expected, spoken = list(values(mtu, "phone", 0x12, 0x000B)), []
    it, heard = phone(mtu), []
    spoken += it.hello()
    for frame in values(mtu, "device", 0x1D, 0x000D):
        more, said = it.receive(frame)
        spoken += more
        if said:
            heard.append(said)
    for message in RECORD["messages"]:
        if message["from"] == "phone" and "text" in message:
            spoken += it.send(json.loads(message["text"]))
    assert spoken == expected
    assert heard == [json.loads(m["text"]) for m in RECORD["messages"] if m["from"] == "device" and "text" in m]


def test_a_wrong_code_is_known_by_the_devices_proof():
    it = phone(code="11223344")
    it.hello()
    device = values(247, "device", 0x1D, 0x000D)
    it.receive(next(device))
    with pytest.raises(WrongCode):
        it.receive(next(device))


def test_an_altered_message_is_refused():
    it = phone()
    it.hello()
    frames = list(values(247, "device", 0x1D, 0x000D))
    it.receive(frames[0])
    it.receive(frames[1])
    rest = frames[2:]
    with pytest.raises(Refused):
        for frame in rest:
            it.receive(frame[:-1] + bytes([frame[-1] ^ 1]))


@pytest.mark.parametrize(
    "change",
    [
        lambda offer: offer[:1] + b"\x02" + offer[2:],  # another version
        lambda offer: offer[:2] + b"\x0f" + offer[4:],  # a short salt
        lambda offer: offer[:19] + b"\x00\x00\x03\xe8" + offer[23:],  # too few iterations
        lambda offer: offer[:-1],
        lambda offer: offer[:2],
    ],
)
def test_a_weak_or_broken_offer_is_refused(change):
    it = phone()
    it.hello()
    offer = change(bytes.fromhex(RECORD["messages"][1]["bytes"]))
    frame = b"\xc0" + bytes.fromhex(RECORD["session"]) + len(offer).to_bytes(2, "big") + offer
    with pytest.raises(Refused):
        it.receive(frame)


def test_frames_of_a_session_that_was_left_are_passed_over():
    it = phone()
    it.hello()
    assert it.receive(b"\xc0\x00\x01\x00\x04\x8f\x06\x00\x00") == ([], None)


def test_faults_are_told():
    it = phone()
    it.hello()
    with pytest.raises(Fault) as told:
        it.receive(b"\xc0" + bytes.fromhex(RECORD["session"]) + b"\x00\x04\x8f\x07\x00\x05")
    assert (told.value.name, told.value.seconds) == ("wait", 5)


def test_the_short_id_of_an_advertisement():
    assert short_id(bytes.fromhex("014f2a9c")) == "4F2A9C"
    assert short_id(bytes.fromhex("024f2a9c")) is None and short_id(b"") is None
