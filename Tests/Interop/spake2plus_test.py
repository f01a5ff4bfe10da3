"""Proves Tests/Vectors/spake2plus.json and setup-code.json: both sides of the exchange compute every value again."""

import json
import pathlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import spake2plus as spake

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "Vectors"
EXCHANGES = json.loads((VECTORS / "spake2plus.json").read_text())
SETUP_CODES = json.loads((VECTORS / "setup-code.json").read_text())["vectors"]


def named(vectors):
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


def names_of(vector):
    return vector["context"].encode(), vector["idProver"].encode(), vector["idVerifier"].encode()


def number(vector, key):
    assert len(vector[key]) == 64, f"{key} is not 32 bytes"
    return int(vector[key], 16)


def public_key(scalar):
    """scalar * P by OpenSSL, so that the curve arithmetic here is not its own judge."""
    key = ec.derive_private_key(scalar, ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def test_there_is_a_published_vector():
    assert [vector["name"] for vector in EXCHANGES["vectors"] if vector["published"]]


@named(EXCHANGES["vectors"])
def test_both_sides_compute_every_value(vector):
    w0, w1 = number(vector, "w0"), number(vector, "w1")
    prover = spake.Prover(w0, w1, number(vector, "x"), *names_of(vector))
    verifier = spake.Verifier(w0, bytes.fromhex(vector["L"]), number(vector, "y"), *names_of(vector))
    assert public_key(w1).hex() == vector["L"]
    assert prover.share.hex() == vector["shareP"]
    assert verifier.share.hex() == vector["shareV"]
    for side, keys in (
        (prover, prover.finish(bytes.fromhex(vector["shareV"]))),
        (verifier, verifier.finish(bytes.fromhex(vector["shareP"]))),
    ):
        computed = {
            "Z": side.z,
            "V": side.v,
            "TT": keys.tt,
            "K_main": keys.main,
            "K_confirmP": keys.confirm_key_p,
            "K_confirmV": keys.confirm_key_v,
            "confirmP": keys.confirm_p,
            "confirmV": keys.confirm_v,
            "K_shared": keys.shared,
        }
        assert {name: value.hex() for name, value in computed.items()} == {name: vector[name] for name in computed}


@named(EXCHANGES["vectors"])
def test_a_changed_digit_is_noticed(vector):
    """The proof above must be able to fail: with any input changed the transcript differs."""
    for key in ("w0", "w1", "x", "y"):
        changed = dict(vector, **{key: f"{number(vector, key) % (spake.N - 2) + 1:064x}"})
        if changed[key] == vector[key]:
            changed[key] = f"{number(vector, key) + 1:064x}"
        prover = spake.Prover(number(changed, "w0"), number(changed, "w1"), number(changed, "x"), *names_of(vector))
        share_v = spake.Verifier(
            number(changed, "w0"), bytes.fromhex(vector["L"]), number(changed, "y"), *names_of(vector)
        ).share
        assert prover.finish(share_v).tt.hex() != vector["TT"]


@named([vector for vector in EXCHANGES["vectors"] if len(vector["TT"]) < 2000])
def test_key_schedule_by_another_library(vector):
    """HKDF by `cryptography` instead of ours."""

    def expand(info, length):
        return HKDF(hashes.SHA256(), length, None, info).derive(bytes.fromhex(vector["K_main"])).hex()

    assert expand(b"ConfirmationKeys", 64) == vector["K_confirmP"] + vector["K_confirmV"]
    assert expand(b"SharedKey", 32) == vector["K_shared"]


@named(EXCHANGES["vectors"])
def test_z_by_another_library(vector):
    """Z is x * y * P, whatever the code was: Diffie-Hellman by OpenSSL must find its x coordinate."""
    private = ec.derive_private_key(number(vector, "x"), ec.SECP256R1())
    peer = ec.derive_private_key(number(vector, "y"), ec.SECP256R1()).public_key()
    assert private.exchange(ec.ECDH(), peer).hex() == vector["Z"][2:66]


@named(EXCHANGES["invalidShares"])
def test_invalid_shares_are_refused(vector):
    with pytest.raises(spake.Refused):
        spake.decode(bytes.fromhex(vector["share"]))
    with pytest.raises(ValueError):
        share = bytes.fromhex(vector["share"])
        if len(share) != 65 or share[:1] != b"\x04":
            raise ValueError("refused by its form")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), share)


@named(EXCHANGES["degenerateShares"])
def test_degenerate_shares_are_refused(vector):
    w0 = number(vector, "w0")
    if vector["role"] == "verifier":
        side = spake.Verifier(w0, spake.registration(7), 11, b"", b"", b"")
    else:
        side = spake.Prover(w0, 7, 11, b"", b"", b"")
    spake.decode(bytes.fromhex(vector["share"]))
    with pytest.raises(spake.Refused):
        side.finish(bytes.fromhex(vector["share"]))


@named(SETUP_CODES)
def test_setup_code(vector):
    assert len(vector["code"]) == 8 and vector["code"].isdigit() and vector["code"].isascii()
    salt = bytes.fromhex(vector["salt"])
    assert 16 <= len(salt) <= 32 and 10_000 <= vector["iterations"] <= 1_000_000
    octets, w0, w1 = spake.setup_code(vector["code"], salt, vector["iterations"])
    other = PBKDF2HMAC(hashes.SHA256(), 80, salt, vector["iterations"]).derive(vector["code"].encode("ascii"))
    assert octets == other
    assert octets.hex() == vector["z"]
    assert (w0, w1) == (number(vector, "w0"), number(vector, "w1"))
    assert public_key(w1).hex() == vector["L"]
