"""The canary: nothing that a run produces holds a secret of that run, in whatever spelling.

What is searched: everything that every program said, the logs, `status`, the pages of the emulator, the command line
and environment of the daemon, and every file of the device but the two records that are made to hold tokens. The test
first proves that it would find each secret in each spelling.
"""

import base64
import json
import pathlib
import secrets
from urllib.parse import quote

import pytest

from processes import wait_until
from recorder import Recorder
from traces import Search, spellings

LOCKED = ("link.0", "link.1", "farewell.0", "farewell.1")
KINDS = {"code", "code_verifier", "refresh_token", "access_token", "setup code", "setup record"}


def test_the_search_finds_every_spelling():
    """With other code than the search's own where there is any."""
    for secret in (b"Atzr|" + base64.urlsafe_b64encode(secrets.token_bytes(276)), b"40718259", b"AN" + b"x9/Q|" * 4):
        search = Search({"it": {secret}})
        text = secret.decode()
        planted = {
            "raw": secret,
            "percent-encoded": quote(text, safe="").encode(),
            "hexadecimal": secret.hex().upper().encode(),
            "every byte percent-encoded": "".join(f"%{byte:02X}" for byte in secret).encode(),
            "every character JSON-escaped": "".join(f"\\u{ord(c):04X}" for c in text).encode(),
            "JSON-escaped": json.dumps(text).replace("/", "\\/").encode(),
            "UTF-16": text.encode("utf-16-le"),
        }
        for before in ("", "a", "ab", "abc"):
            planted[f"base64 after {before}"] = base64.b64encode((before + text + "behind").encode())
            planted[f"base64url after {before}"] = base64.urlsafe_b64encode((before + text + "behind").encode())
        for name, leak in planted.items():
            assert search.find(b"2026-11-01 info: " + leak + b" and so on\n"), name
            assert search.find(leak), name
        if len(secret) > 100:
            assert search.find(secret[:60]) and search.find(secret[-40:]), "a part of a long secret"
            assert search.find(base64.b64encode(b"x" + secret[3:70]))
    plain, folded = spellings(b"40718259")
    assert all(text for table in (plain, folded) for texts in table.values() for text in texts)


def test_the_search_finds_nothing_where_nothing_is():
    search = Search({"it": {b"Atzr|" + secrets.token_urlsafe(276).encode(), b"40718259"}})
    assert search.find(b"Atzr|" + secrets.token_urlsafe(276).encode() + b" 40718258 Atza| link.0") == []


class Canary:
    """A device whose every word is kept."""

    def __init__(self, device, recorder, factory):
        self.device, self.recorder, self.factory = device, recorder, factory
        self.kept = {}  # place -> bytes

    def secrets(self):
        return {
            **self.recorder.secrets,
            "setup code": {self.factory.setup_code.encode()},
            "setup record": set(secret_numbers(self.factory.record)),
        }

    def look(self, moment):
        """Keeps everything there is at this moment."""
        device = self.device
        for path in device.home.rglob("*"):
            if path.is_file() and path.name not in LOCKED:
                self.kept[f"{moment}: {path.relative_to(device.home)}"] = path.read_bytes()
            elif path.name in LOCKED:
                assert path.stat().st_mode & 0o777 == 0o600
        if device.process is not None and device.process.poll() is None:
            proc = pathlib.Path(f"/proc/{device.process.pid}")
            for name in ("cmdline", "environ", "comm", "status"):
                self.kept[f"{moment}: /proc/PID/{name}"] = (proc / name).read_bytes()
            for link in (proc / "fd").iterdir():
                try:
                    self.kept[f"{moment}: /proc/PID/fd/{link.name}"] = bytes(link.readlink())
                except FileNotFoundError:
                    pass
            self.kept[f"{moment}: status"] = device.ctl("status").stdout.encode()
            self.kept[f"{moment}: status --json"] = device.ctl("status", "--json").stdout.encode()
            self.kept[f"{moment}: identity"] = device.ctl("identity").stdout.encode()
        self.kept["emulator.log"] = device.amazon.log_file.read_bytes()
        self.kept[f"{moment}: emulator state"] = json.dumps(device.amazon.state()).encode()
        with device.amazon.opener.open(device.amazon.url + "/", timeout=20) as page:
            self.kept[f"{moment}: emulator page"] = page.read()

    def check(self):
        self.kept["what replenishctl and companion said"] = "\n".join(self.device.said).encode()
        known = self.secrets()
        assert KINDS <= {kind for kind, values in known.items() if values}, "the run did not use every secret"
        search = Search(known)
        # The proof: the same search finds each secret of this run when one is planted among what was kept.
        for kind, values in known.items():
            for value in values:
                haystack = self.kept["emulator.log"] + b"oops: " + value + b"\n"
                assert kind in {found for found, _ in search.find(haystack)}
        found = {place: leaks for place, data in self.kept.items() if (leaks := search.find(data))}
        assert not found, found


def secret_numbers(record):
    """w0 and L of the factory's record: long strings or numbers of bytes, whatever its form."""
    data = record.read_bytes()
    try:
        members = json.loads(data)
    except ValueError:
        yield data[-97:-65]  # binary: w0, then L of 65 bytes, at its end
        return
    for name, value in members.items():
        if name.lower() in ("w0", "l") and isinstance(value, str):
            yield value.encode()
            for decode in (bytes.fromhex, base64.b64decode, lambda text: base64.urlsafe_b64decode(text + "==")):
                try:
                    yield decode(value)
                except ValueError:
                    pass


@pytest.fixture
def canary(new_device, amazon, factory):
    device = new_device()
    recorder = Recorder(amazon, device.home)
    device.sections["amazon"] |= {"token-host": recorder.url, "service-host": recorder.url, "ca-file": recorder.ca}
    device.start()
    yield Canary(device, recorder, factory)
    recorder.close()


def locked_tokens(device):
    record = device.record("link")
    return {record["access_token"], record["refresh_token"]}


def test_a_whole_life_leaves_no_trace_of_a_secret(canary, amazon):
    device = canary.device
    canary.look("unlinked")
    # Linking, with everything that can go wrong on the way.
    device.companion("--wrong-code-first", "--hang-up-after", "parameters", "--verbose")
    device.companion("--spoil-code-first", "--verbose")
    device.companion("--refuse-consent", "--verbose")
    for kind in ("garbage", "status", "cutBody", "truncateBody", "contentType", "hugeBody", "loseAnswer"):
        amazon.script("token.authorization_code", kind)
        device.companion("--verbose")
        amazon.clear_script()
    canary.look("after failed logins")
    amazon.script("token.refresh_token", "garbage")
    done = device.companion("--verbose")
    assert done.returncode == 0, done
    device.wait_for_link("linked")
    assert {token.encode() for token in locked_tokens(device)} <= set().union(*canary.recorder.secrets.values())
    canary.look("linked")
    # Orders, with everything that can go wrong on the way.
    for kind in ("garbage", "status", "cutBody", "truncateBody", "contentType", "hugeBody", "expireTokens"):
        amazon.script("replenish", kind)
        device.press()
        device.settled()
        amazon.deliver()
    amazon.settings(rotation="grace")
    for kind in ("garbage", "status", "cutBody", "contentType", "loseAnswer"):
        amazon.ask("POST", "tokens/expire")
        amazon.script("token.refresh_token", kind)
        device.press()
        device.settled()
        amazon.deliver()
    for words in (
        *(["slots"], ["order", "no-such-order"], ["cancel-test-orders"], ["cancel-test-orders", "coffee"]),
        *(["press", "no-such-slot"], ["setup"], ["--json", "status"]),
    ):
        device.ctl(*words)
    canary.look("in use")
    # A start with damaged records: what is set aside is looked at too.
    device.kill()
    canary.look("killed")
    newest = max(device.files("link"), key=lambda path: int.from_bytes(path.read_bytes()[12:20], "big"))
    newest.chmod(0o644)
    device.start(ready=False)
    device.process.wait(20)
    device.process = None
    newest.chmod(0o600)
    device.start()
    canary.look("started again")
    # The end of the link, and of the data.
    amazon.script("deregister", "garbage")
    device.ctl("unlink")
    canary.look("unlinking")
    wait_until("the records are gone", lambda: not device.files("link", "farewell"), explain=device.log)
    device.ctl("setup")
    device.companion("--wait")
    device.wait_for_link("linked")
    device.ctl("erase", "--yes")
    device.wait_for_link("unlinked", "setup-open")
    wait_until("the records are gone", lambda: not device.files("link", "farewell", "erasing"), explain=device.log)
    canary.look("erased")
    device.stop()
    canary.look("stopped")
    assert not [path for path in device.home.rglob("*") if path.name.startswith("core")]
    canary.check()


def test_a_damaged_token_record_is_set_aside_locked(linked):
    linked.stop()
    newest = max(linked.files("link"), key=lambda path: int.from_bytes(path.read_bytes()[12:20], "big"))
    data = bytearray(newest.read_bytes())
    data[-1] ^= 1
    newest.write_bytes(data)
    linked.start()
    for path in linked.files("link"):
        assert path.stat().st_mode & 0o777 == 0o600, path
    linked.ctl("unlink")
    wait_until("every copy is gone", lambda: not linked.files("link", "farewell"))


@pytest.mark.parametrize("operation", ["token.refresh_token", "replenish"])
def test_a_service_that_repeats_our_token_does_not_make_us_print_it(linked, amazon, operation):
    """Some servers quote what they refuse."""
    record = linked.record("link")
    if operation == "replenish":
        token, word = record["access_token"], "message"
        body = json.dumps({"message": f"Bad: {token}"})
        amazon.script("replenish", "status", status=403, body=body)
    else:
        token = record["refresh_token"]
        body = json.dumps({"error": "invalid_request", "error_description": f"{token} is bad"})
        amazon.ask("POST", "tokens/expire")
        amazon.script("token.refresh_token", "status", status=400, body=body)
    linked.press()
    linked.settled()
    search = Search({"token": {token.encode()}})
    assert search.find(body.encode())
    everything = linked.log() + linked.ctl("status").stdout + linked.ctl("status", "--json").stdout
    assert search.find(everything.encode()) == []
    for path in linked.state_folder.iterdir():
        if path.name not in LOCKED:
            assert search.find(path.read_bytes()) == [], path


def test_nothing_secret_stays_behind_in_the_environment(linked):
    """The daemon is started without secrets, and gets none from outside: no option or variable takes one."""
    environment = pathlib.Path(f"/proc/{linked.process.pid}/environ").read_bytes()
    words = pathlib.Path(f"/proc/{linked.process.pid}/cmdline").read_bytes()
    search = Search({"token": {token.encode() for token in locked_tokens(linked)}})
    assert search.find(environment + words) == []
