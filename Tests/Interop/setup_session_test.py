"""Proves Tests/Vectors/setup-session.json from the words of SetupProtocol alone: frames, handshake, keys, sealed messages."""

import hashlib
import json
import pathlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import spake2plus as spake

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "Vectors"
RECORD = json.loads((VECTORS / "setup-session.json").read_text())
MESSAGES = [(message["from"], bytes.fromhex(message["bytes"])) for message in RECORD["messages"]]
SESSION = bytes.fromhex(RECORD["session"])


def length(part):
    return len(part).to_bytes(8, "little")


def context():
    salt = bytes.fromhex(RECORD["salt"])
    parts = [b"ReplenishKit setup", b"\x01", b"\x01", salt, RECORD["iterations"].to_bytes(4, "big"), RECORD["model"].encode()]
    return b"".join(length(part) + part for part in parts)


def handles(packets):
    """The value handles of the write and indicate characteristics, from the answers of the discovery."""
    found = {}
    for packet in packets:
        if packet[0] != 0x09 or packet[1] != 21:
            continue
        for start in range(2, len(packet), 21):
            entry = packet[start : start + 21]
            found[entry[5:][::-1].hex()] = int.from_bytes(entry[3:5], "little")
    return found["e0b20003e9904781926d425d15f4a8c0"], found["e0b20004e9904781926d425d15f4a8c0"]


def frames(packets):
    """Each frame with its direction, from ATT writes and indications."""
    write, indicate = handles([bytes.fromhex(packet["bytes"]) for packet in packets])
    for packet in packets:
        value = bytes.fromhex(packet["bytes"])
        handle = int.from_bytes(value[1:3], "little")
        if packet["from"] == "phone" and value[0] == 0x12 and handle == write:
            yield "phone", value[3:]
        if packet["from"] == "device" and value[0] == 0x1D and handle == indicate:
            yield "device", value[3:]


def joined(packets):
    """The messages that the frames carry, in the order in which they are whole."""
    begun = {}
    for side, frame in frames(packets):
        control, session, rest = frame[0], frame[1:3], frame[3:]
        assert session == SESSION
        if control & 0x80:
            begun[side] = {"length": int.from_bytes(rest[:2], "big"), "bytes": b"", "frames": 0}
            rest = rest[2:]
        message = begun[side]
        assert control & 0x3F == message["frames"] % 64 and rest
        message["bytes"] += rest
        message["frames"] += 1
        assert bool(control & 0x40) == (len(message["bytes"]) == message["length"])
        if control & 0x40:
            yield side, message["bytes"]


@pytest.mark.parametrize("mtu", [247, 23])
def test_the_packets_carry_the_messages(mtu):
    packets = RECORD[f"packetsAtMTU{mtu}"]
    assert all(len(packet["bytes"]) // 2 <= mtu for packet in packets)
    assert list(joined(packets)) == MESSAGES


def test_the_handshake_follows_from_the_code():
    _, w0, w1 = spake.setup_code(RECORD["code"], bytes.fromhex(RECORD["salt"]), RECORD["iterations"])
    assert (f"{w0:064x}", f"{w1:064x}") == (RECORD["w0"], RECORD["w1"])
    assert spake.registration(w1).hex() == RECORD["L"]
    assert context().hex() == RECORD["context"]
    names = context(), b"replenish-phone", b"replenish-device"
    phone = spake.Prover(w0, w1, int(RECORD["x"], 16), *names)
    device = spake.Verifier(w0, spake.registration(w1), int(RECORD["y"], 16), *names)
    keys = phone.finish(device.share)
    assert keys.shared.hex() == RECORD["K_shared"]
    salt, model = bytes.fromhex(RECORD["salt"]), RECORD["model"].encode()
    assert MESSAGES[:5] == [
        ("phone", b"\x01\x01\x01"),
        (
            "device",
            b"\x81\x01" + bytes([len(salt)]) + salt + RECORD["iterations"].to_bytes(4, "big") + bytes([len(model)]) + model,
        ),
        ("phone", b"\x02" + phone.share),
        ("device", b"\x82" + device.share + keys.confirm_v),
        ("phone", b"\x03" + keys.confirm_p),
    ]


def test_the_sealed_messages_open():
    transcript = hashlib.sha256(b"".join(length(message) + message for _, message in MESSAGES[:5])).digest()
    assert transcript.hex() == RECORD["transcript"]
    ciphers, counters = {}, {"phone": 0, "device": 0}
    for side, info in ("phone", b"phone to device"), ("device", b"device to phone"):
        info = b"ReplenishKit setup " + info + SESSION
        key = HKDF(hashes.SHA256(), 32, transcript, info).derive(bytes.fromhex(RECORD["K_shared"]))
        ciphers[side] = AESGCM(key)
    for (side, message), entry in list(zip(MESSAGES, RECORD["messages"]))[5:]:
        kind = message[:1]
        assert kind == {"phone": b"\x04", "device": b"\x84"}[side]
        nonce = counters[side].to_bytes(12, "big")
        counters[side] += 1
        text = ciphers[side].decrypt(nonce, message[1:], SESSION + kind)
        assert text.decode() == entry["text"]
        assert json.loads(text)["type"]
    assert counters["phone"] >= 3 and counters["device"] >= 5
