"""Proves Tests/Vectors/sealed-record.json from the words of DiskFormat alone: header, checksum, seal."""

import hashlib
import json
import pathlib

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "Vectors"
FILE = json.loads((VECTORS / "sealed-record.json").read_text())
KEY = bytes.fromhex(FILE["key"])
KINDS = {"link": 1, "farewell": 2}


def named(vectors):
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


def header(vector, length):
    numbers = (1, 2), (KINDS[vector["kind"]], 2), (int(vector["sequence"]), 8), (length, 4)
    return b"RPLNSHR\0" + b"".join(number.to_bytes(count, "big") for number, count in numbers) + b"\x01" + bytes(7)


def test_the_key_has_256_bits():
    assert len(KEY) == 32 and len({vector["nonce"] for vector in FILE["vectors"]}) == len(FILE["vectors"])


@named(FILE["vectors"])
def test_the_file_follows_from_key_nonce_and_payload(vector):
    nonce, payload = bytes.fromhex(vector["nonce"]), vector["payload"].encode()
    assert len(nonce) == 12 and vector["kindNumber"] == KINDS[vector["kind"]]
    additional = header(vector, 12 + len(payload) + 16)
    stored = nonce + AESGCM(KEY).encrypt(nonce, payload, additional)
    digest = hashlib.sha256(additional + stored).digest()
    assert (additional + digest + stored).hex() == vector["file"]


@named(FILE["vectors"])
def test_the_file_opens_with_the_key_and_with_no_other(vector):
    data = bytes.fromhex(vector["file"])
    additional, stored = data[:32], data[64:]
    assert AESGCM(KEY).decrypt(stored[:12], stored[12:], additional) == vector["payload"].encode()
    for key, more in (bytes(32), additional), (KEY, additional[:19] + b"\x7f" + additional[20:]):
        with pytest.raises(InvalidTag):
            AESGCM(key).decrypt(stored[:12], stored[12:], more)
