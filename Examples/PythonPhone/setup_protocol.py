"""The phone's side of ReplenishKit's setup protocol, version 1, written from its page (SetupProtocol) alone.

It has no radio in it: `SetupPhone` makes frames to write and takes the frames that were indicated. phone.py brings it
together with Bluetooth. The arithmetic on the curve is plain Python and not constant time: fine for an example and for
tests, not for a product, where a library's own P-256 belongs.
"""

import hashlib
import hmac
import json
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SERVICE = "e0b20001-e990-4781-926d-425d15f4a8c0"
INFO = "e0b20002-e990-4781-926d-425d15f4a8c0"
WRITE = "e0b20003-e990-4781-926d-425d15f4a8c0"
INDICATE = "e0b20004-e990-4781-926d-425d15f4a8c0"
FAULTS = {
    1: "malformed",
    2: "messageTooLarge",
    3: "unexpectedMessage",
    4: "unsupportedVersion",
    5: "invalidShare",
    6: "wrongSetupCode",
    7: "wait",
    8: "tampered",
    9: "stalled",
    10: "cryptographyFailed",
}
LONGEST = 4096
VERSIONS = bytes([1])


class Refused(Exception):
    """The device cannot be trusted or understood: end the connection."""


class WrongCode(Refused):
    """The device does not know this setup code: read the label again."""


class Fault(Exception):
    """The device gave up, or asks to wait. Not authenticated: to be shown, not to be believed."""

    def __init__(self, code, seconds):
        super().__init__(f"{FAULTS.get(code, code)}" + (f", {seconds} s" if seconds else ""))
        self.code, self.name, self.seconds = code, FAULTS.get(code), seconds


# The advertisement


def short_id(manufacturer_data):
    """The id on the label, from the manufacturer data without the company identifier; None if it is not ours."""
    if len(manufacturer_data) == 4 and manufacturer_data[0] == 1:
        return manufacturer_data[1:].hex().upper()
    return None


# Frames


def frames(message, session, capacity):
    """The message in frames of at most `capacity` bytes: MTU less 3, and never more than 512."""
    capacity = min(capacity, 512)
    data, number = message, 0
    while True:
        first = number == 0
        head = session + (len(message).to_bytes(2, "big") if first else b"")
        part, data = data[: capacity - 1 - len(head)], data[capacity - 1 - len(head) :]
        yield bytes([first << 7 | (not data) << 6 | number % 64]) + head + part
        number += 1
        if not data:
            return


class Reassembler:
    def __init__(self, session):
        self.session, self.parts, self.length, self.number = session, None, 0, 0

    def add(self, frame):
        """The message that this frame completes, or None."""
        if len(frame) < 4:
            raise Refused("a frame that is too short")
        if frame[1:3] != self.session:
            return None  # of a session that was left
        part = frame[3:]
        if frame[0] & 0x80:
            self.parts, self.number, self.length = b"", 0, int.from_bytes(part[:2], "big")
            part = part[2:]
        if self.parts is None or frame[0] & 0x3F != self.number % 64 or not part:
            raise Refused("a frame out of order")
        self.parts += part
        self.number += 1
        is_last = bool(frame[0] & 0x40)
        if not 1 <= self.length <= LONGEST or is_last != (len(self.parts) == self.length) or len(self.parts) > self.length:
            raise Refused("a message that is not as long as announced")
        if not is_last:
            return None
        message, self.parts = self.parts, None
        return message


# P-256, as far as SPAKE2+ needs it

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def plus(a, b):
    """The sum of two points; None is the identity."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def minus(a, b):
    return plus(a, b and (b[0], -b[1] % P))


def times(number, point):
    result = None
    for bit in f"{number % ORDER:b}":
        result = plus(result, result)
        if bit == "1":
            result = plus(result, point)
    return result


def written(point):
    if point is None:
        raise Refused("the identity where a point is needed")
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def read(octets):
    x, y = int.from_bytes(octets[1:33], "big"), int.from_bytes(octets[33:], "big")
    if len(octets) != 65 or octets[0] != 4 or x >= P or y >= P or (y * y - x**3 + 3 * x - B) % P:
        raise Refused("a share that is no point")
    return x, y


def unpacked(compressed):
    x = int.from_bytes(compressed[1:], "big")
    y = pow(x**3 - 3 * x + B, (P + 1) // 4, P)
    return x, y if y & 1 == compressed[0] & 1 else P - y


# RFC 9383, section 4
M = unpacked(bytes.fromhex("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f"))
N = unpacked(bytes.fromhex("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49"))


def lengthy(parts):
    """Each part after its length as eight bytes, the least significant first."""
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)


def derived(key, salt, info, length):
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)


class SetupPhone:
    """One handshake and the session after it. Begin anew, with another session, after a wrong code or a wait."""

    def __init__(self, code, capacity, session=None, secret=None):
        digits = code.replace("-", "").replace(" ", "")
        if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
            raise ValueError("a setup code has eight digits")
        self.code, self.capacity = digits.encode(), capacity
        self.session = session or (secrets.randbelow(0xFFFF) + 1).to_bytes(2, "big")
        self.x = secret or secrets.randbelow(ORDER - 1) + 1
        self.reassembler = Reassembler(self.session)
        self.messages, self.keys, self.sent, self.received = [], None, 0, 0
        self.share = self.w0 = self.w1 = self.context = None

    def hello(self):
        """The frames that begin."""
        return self._say(b"\x01" + bytes([len(VERSIONS)]) + VERSIONS)

    def receive(self, frame):
        """Takes an indicated frame. Gives the frames to write next, and what the device said inside the session."""
        message = self.reassembler.add(frame)
        if message is None:
            return [], None
        kind, body = message[0], message[1:]
        if kind == 0x8F and len(body) == 3:
            raise Fault(body[0], int.from_bytes(body[1:], "big"))
        if kind == 0x81 and len(self.messages) == 1:
            return self._offer(message, body), None
        if kind == 0x82 and len(self.messages) == 3 and len(body) == 97:
            return self._answer(message, body), None
        if kind == 0x84 and self.keys:
            return [], self._open(body)
        raise Refused(f"a message of type {kind:02x} where none belongs")

    def send(self, said):
        """The frames of something said inside the session."""
        if not self.keys:
            raise Refused("there is no session yet")
        text = json.dumps(said, separators=(",", ":")).encode()
        nonce = self.sent.to_bytes(12, "big")
        self.sent += 1
        return self._frames(b"\x04" + self.keys[0].encrypt(nonce, text, self.session + b"\x04"))

    def _frames(self, message):
        return list(frames(message, self.session, self.capacity))

    def _say(self, message):
        self.messages.append(message)
        return self._frames(message)

    def _offer(self, message, body):
        salt_end = 2 + body[1] if len(body) > 1 else 0
        version, salt = body[:1], body[2:salt_end]
        iterations = int.from_bytes(body[salt_end : salt_end + 4], "big")
        model = body[salt_end + 5 :]
        if (
            len(body) < salt_end + 5
            or body[salt_end + 4] != len(model)
            or version not in [bytes([v]) for v in VERSIONS]
            or not 16 <= len(salt) <= 32
            or not 10_000 <= iterations <= 1_000_000
            or not 1 <= len(model) <= 63
            or any(not 0x21 <= byte <= 0x7E for byte in model)
        ):
            raise Refused("an offer that no honest device makes")
        self.messages.append(message)
        self.model = model.decode()
        stretched = hashlib.pbkdf2_hmac("sha256", self.code, salt, iterations, 80)
        self.w0, self.w1 = (int.from_bytes(half, "big") % ORDER for half in (stretched[:40], stretched[40:]))
        parts = [b"ReplenishKit setup", version, VERSIONS, salt, iterations.to_bytes(4, "big"), model]
        self.context = lengthy(parts)
        self.share = written(plus(times(self.x, BASE), times(self.w0, M)))
        return self._say(b"\x02" + self.share)

    def _answer(self, message, body):
        share_v, confirm_v = body[:65], body[65:]
        base = minus(read(share_v), times(self.w0, N))
        z, v = written(times(self.x, base)), written(times(self.w1, base))
        names = [b"replenish-phone", b"replenish-device"]
        points = [written(M), written(N), self.share, share_v, z, v]
        main = hashlib.sha256(lengthy([self.context, *names, *points, self.w0.to_bytes(32, "big")])).digest()
        confirmation = derived(main, None, b"ConfirmationKeys", 64)
        if not hmac.compare_digest(hmac.digest(confirmation[32:], self.share, "sha256"), confirm_v):
            raise WrongCode("the device does not know this setup code")
        self.messages.append(message)
        proof = self._say(b"\x03" + hmac.digest(confirmation[:32], share_v, "sha256"))
        shared = derived(main, None, b"SharedKey", 32)
        transcript = hashlib.sha256(lengthy(self.messages)).digest()
        self.keys = [
            AESGCM(derived(shared, transcript, b"ReplenishKit setup " + way + self.session, 32))
            for way in (b"phone to device", b"device to phone")
        ]
        return proof

    def _open(self, sealed):
        try:
            text = self.keys[1].decrypt(self.received.to_bytes(12, "big"), sealed, self.session + b"\x84")
        except InvalidTag:
            raise Refused("a message that was altered, repeated or left out") from None
        self.received += 1
        said = json.loads(text)
        if not isinstance(said, dict) or "type" not in said:
            raise Refused("a message without a type")
        return said
