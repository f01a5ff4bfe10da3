"""Finds traces of a secret in bytes, however they were written down."""

import base64
from urllib.parse import quote_from_bytes

PIECE = 24  # bytes of a long secret that are a leak by themselves


def pieces(secret):
    """The parts that are searched for: all of a short secret; of a long one also its begin, middle and end.

    The first bytes of a token (`Atza|`) are the same for all, so pieces are longer than that.
    """
    yield secret
    if len(secret) >= 2 * PIECE:
        middle = len(secret) // 2
        yield secret[8 : 8 + PIECE]
        yield secret[middle : middle + PIECE]
        yield secret[-PIECE:]


def _base64(secret, encode):
    """What stands in the base64 of any text that holds the secret, wherever in the text it begins."""
    for shift in range(3):
        text = encode(b"\0" * shift + secret).rstrip(b"=")
        begin = -(-shift * 8 // 6) if shift else 0
        whole = (shift + len(secret)) * 8 // 6
        yield text[begin + (1 if shift else 0) : whole]


def spellings(secret):
    """Ways to write bytes down, by name; hexadecimal ones in lower case, since the search ignores the case."""
    plain = {
        "raw": [secret],
        "percent-encoded": [quote_from_bytes(secret, safe="").encode()],
        "form-encoded": [quote_from_bytes(secret, safe="").replace("%20", "+").encode()],
        "base64": list(_base64(secret, base64.b64encode)),
        "base64url": list(_base64(secret, base64.urlsafe_b64encode)),
        "UTF-16": [secret.decode("latin-1").encode("utf-16-le")],
        "JSON-escaped": [
            secret.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"/", b"\\/"),
            secret.replace(b"|", b"\\u007c").replace(b"/", b"\\u002f"),
        ],
    }
    if secret.isdigit() and len(secret) == 8:
        plain["as on the label"] = [secret[:4] + mark + secret[4:] for mark in (b"-", b" ", b"_", b".")]
    folded = {
        "every byte percent-encoded": [b"".join(b"%%%02x" % byte for byte in secret)],
        "hexadecimal": [secret.hex().encode(), secret.hex(" ").encode(), secret.hex(":").encode()],
        "every character JSON-escaped": [b"".join(b"\\u%04x" % byte for byte in secret)],
        "every byte C-escaped": [b"".join(b"\\x%02x" % byte for byte in secret)],
        "list of numbers": [b", ".join(b"%d" % byte for byte in secret), b",".join(b"%d" % byte for byte in secret)],
    }
    return plain, folded


class Search:
    """A search for the secrets of a run."""

    def __init__(self, secrets):
        """`secrets`: kind -> set of bytes."""
        self.needles = []
        for kind, values in secrets.items():
            for value in values:
                for piece in pieces(value):
                    plain, folded = spellings(piece)
                    for table, ignores_case in ((plain, False), (folded, True)):
                        for name, texts in table.items():
                            self.needles += [(kind, name, text, ignores_case) for text in texts]

    def find(self, data):
        """The kinds and spellings found, without the secret itself: a failure is printed."""
        lower = data.lower()
        return sorted({(kind, name) for kind, name, text, folds in self.needles if text in (lower if folds else data)})
