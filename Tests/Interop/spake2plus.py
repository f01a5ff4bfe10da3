"""SPAKE2+ (RFC 9383) for P256-SHA256-HKDF-SHA256-HMAC-SHA256, written from the RFC in plain Python.

It exists to prove the test vectors and to talk to an implementation under test. It is not constant time: never
use it for secrets.
"""

import hashlib
import hmac

# P-256 (SEC 2, section 2.4.2). The cofactor is 1.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
A = P - 3
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)

# M and N of RFC 9383 section 4, compressed as printed there.
M_COMPRESSED = bytes.fromhex("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f")
N_COMPRESSED = bytes.fromhex("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49")


class Refused(Exception):
    """The other side sent something that must end the exchange."""


def is_on_curve(point):
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def add(left, right):
    """The group law in affine coordinates; None is the identity."""
    if left is None:
        return right
    if right is None:
        return left
    if left[0] == right[0]:
        if (left[1] + right[1]) % P == 0:
            return None
        slope = (3 * left[0] * left[0] + A) * pow(2 * left[1], -1, P)
    else:
        slope = (right[1] - left[1]) * pow(right[0] - left[0], -1, P)
    x = (slope * slope - left[0] - right[0]) % P
    return x, (slope * (left[0] - x) - left[1]) % P


def negate(point):
    return None if point is None else (point[0], -point[1] % P)


def multiply(scalar, point):
    result = None
    for bit in bin(scalar % N)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def encode(point):
    """Uncompressed (SEC 1, section 2.3.3)."""
    if point is None:
        raise Refused("the identity has no uncompressed encoding")
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def decode(octets):
    """A public share: exactly 65 bytes, on the curve. The identity cannot be written this way."""
    if len(octets) != 65 or octets[0] != 4:
        raise Refused("a share is 65 bytes and begins with 04")
    point = int.from_bytes(octets[1:33], "big"), int.from_bytes(octets[33:], "big")
    if not is_on_curve(point):
        raise Refused("a share must be on the curve")
    return point


def decompress(octets):
    x = int.from_bytes(octets[1:], "big")
    y = pow(x * x * x + A * x + B, (P + 1) // 4, P)
    if y & 1 != octets[0] & 1:
        y = P - y
    if octets[0] not in (2, 3) or not is_on_curve((x, y)):
        raise ValueError("not a compressed point")
    return x, y


M_POINT = decompress(M_COMPRESSED)
N_POINT = decompress(N_COMPRESSED)


def hkdf(key, info, length):
    """RFC 5869 without salt, which means a salt of zeros."""
    pseudorandom_key = hmac.digest(bytes(32), key, "sha256")
    output, block, counter = b"", b"", 1
    while len(output) < length:
        block = hmac.digest(pseudorandom_key, block + info + bytes([counter]), "sha256")
        output += block
        counter += 1
    return output[:length]


def transcript(context, id_prover, id_verifier, share_p, share_v, z, v, w0):
    """TT of section 3.3: each part behind its length as eight bytes, little-endian."""
    parts = [context, id_prover, id_verifier, encode(M_POINT), encode(N_POINT), share_p, share_v, z, v]
    parts.append(w0.to_bytes(32, "big"))
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)


class Keys:
    """The key schedule of section 3.4."""

    def __init__(self, tt, share_p, share_v):
        self.tt = tt
        self.main = hashlib.sha256(tt).digest()
        confirmation = hkdf(self.main, b"ConfirmationKeys", 64)
        self.confirm_key_p, self.confirm_key_v = confirmation[:32], confirmation[32:]
        self.confirm_p = hmac.digest(self.confirm_key_p, share_v, "sha256")
        self.confirm_v = hmac.digest(self.confirm_key_v, share_p, "sha256")
        self.shared = hkdf(self.main, b"SharedKey", 32)


class Prover:
    """The side that knows the setup code: w0 and w1."""

    def __init__(self, w0, w1, x, context, id_prover, id_verifier):
        self.w0, self.w1, self.x = w0, w1, x
        self.names = context, id_prover, id_verifier
        self.share = encode(add(multiply(x, G), multiply(w0, M_POINT)))

    def finish(self, share_v):
        base = add(decode(share_v), negate(multiply(self.w0, N_POINT)))
        self.z, self.v = encode(multiply(self.x, base)), encode(multiply(self.w1, base))
        return Keys(transcript(*self.names, self.share, share_v, self.z, self.v, self.w0), self.share, share_v)


class Verifier:
    """The side that holds only the record: w0 and L."""

    def __init__(self, w0, registered, y, context, id_prover, id_verifier):
        self.w0, self.l, self.y = w0, decode(registered), y
        self.names = context, id_prover, id_verifier
        self.share = encode(add(multiply(y, G), multiply(w0, N_POINT)))

    def finish(self, share_p):
        base = add(decode(share_p), negate(multiply(self.w0, M_POINT)))
        self.z, self.v = encode(multiply(self.y, base)), encode(multiply(self.y, self.l))
        return Keys(transcript(*self.names, share_p, self.share, self.z, self.v, self.w0), share_p, self.share)


def registration(w1):
    return encode(multiply(w1, G))


def setup_code(code, salt, iterations):
    """The 80 bytes, w0 and w1 of a setup code of eight digits."""
    octets = hashlib.pbkdf2_hmac("sha256", code.encode("ascii"), salt, iterations, 80)
    return octets, int.from_bytes(octets[:40], "big") % N, int.from_bytes(octets[40:], "big") % N
