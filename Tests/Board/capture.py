"""What a btsnoop file shows of a connection, and what of it ought to be secret."""

import base64
import hashlib
import re

L2CAP_HEAD, ATT, SNOOP_HEAD, RECORD_HEAD = 4, 4, 16, 24
WRITES, INDICATIONS = (0x12, 0x52), (0x1B, 0x1D)


class Capture:
    """A file as btsnoop lays it out (HCI with packet types), taken apart."""

    def __init__(self, data):
        self.data = data
        self.packets = []  # ATT packets: whether the guest sent it, the packet
        begun = {}
        at = SNOOP_HEAD
        while at + RECORD_HEAD <= len(data):
            size, flags = int.from_bytes(data[at + 4 : at + 8], "big"), int.from_bytes(data[at + 8 : at + 12], "big")
            packet = data[at + RECORD_HEAD : at + RECORD_HEAD + size]
            at += RECORD_HEAD + size
            if packet[:1] == b"\x02":
                # Bumble writes as the host that it usually is; here it is the controller, and the guest the host.
                self._take(bool(flags & 1), packet[1:], begun)

    def _take(self, is_sent, acl, begun):
        """An ACL packet, which may be a part of an L2CAP packet only."""
        key = (is_sent, int.from_bytes(acl[:2], "little") & 0xFFF)
        is_continued = acl[1] >> 4 & 3 == 1
        begun[key] = begun.get(key, b"") + acl[4:] if is_continued else acl[4:]
        whole = begun[key]
        length = int.from_bytes(whole[:2], "little")
        if len(whole) >= L2CAP_HEAD + length:
            if int.from_bytes(whole[2:4], "little") == ATT:
                self.packets.append((is_sent, whole[L2CAP_HEAD : L2CAP_HEAD + length]))
            del begun[key]

    def values(self, is_sent):
        """The values written to the device, or those that it indicated."""
        opcodes = INDICATIONS if is_sent else WRITES
        return [packet[3:] for sent, packet in self.packets if sent == is_sent and packet[:1] and packet[0] in opcodes]

    def views(self):
        """Everything somebody could look for a secret in: the file, the values one after the other, and the messages with
        the heads of their frames taken away, so that what was cut in pieces is whole again."""
        yield self.data
        for is_sent in (True, False):
            values = self.values(is_sent)
            yield b"".join(packet for sent, packet in self.packets if sent == is_sent)
            yield b"".join(values)
            yield b"".join(value[5:] if value[:1] and value[0] & 0x80 else value[3:] for value in values)


def forms(secret):
    """How a secret may be written."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    yield base64.b64encode(secret).rstrip(b"=")
    yield base64.urlsafe_b64encode(secret).rstrip(b"=")


def verifiers(view, challenge):
    """Whether a code verifier (RFC 7636) is in there, known by nothing but its challenge."""
    wanted = base64.urlsafe_b64decode(challenge + "=")
    for run in re.findall(rb"[A-Za-z0-9._~-]{43,}", view):
        for length in range(43, min(len(run), 128) + 1):
            for start in range(len(run) - length + 1):
                if hashlib.sha256(run[start : start + length]).digest() == wanted:
                    return True
    return False


def leaks(capture, secrets, challenge=None):
    """The names of the secrets that are in a capture."""
    views = list(capture.views())
    found = {name for name, secret in secrets.items() if any(form in view for form in forms(secret) for view in views)}
    if challenge and any(verifiers(view, challenge) for view in views):
        found.add("code verifier")
    return found
