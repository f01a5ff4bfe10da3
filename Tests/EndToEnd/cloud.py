"""The maker's cloud on this machine: who made the device, the program replenish-cloud, an owner's browser, and a device
that orders through it."""

import html
import http.cookiejar
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request
from urllib.parse import urlencode, urlsplit

from amazon import FIRST, PASSWORD
from device import MODEL, SERIAL, Device
from processes import PATIENCE, end, run, start, wait_until

CLIENT_ID, CLIENT_SECRET = "web", "web-secret"
# For the emulator: the cloud as a client with a secret, beside the devices that link themselves. An address without a
# port stands for every port; naming one replaces the emulator's own list.
EMULATOR_OPTIONS = ["--confidential-client", f"{CLIENT_ID}:{CLIENT_SECRET}"]
for _address in ("http://127.0.0.1/callback", "http://localhost/callback", "http://localhost/link/return"):
    EMULATOR_OPTIONS += ["--redirect-uri", _address]


def openssl(*words):
    done = run(["openssl", *words])
    assert done.returncode == 0, done.stderr


class Maker:
    """A maker: the authority, the cloud's certificate, and what the factory made for each device."""

    model = MODEL
    KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

    def __init__(self, programs, folder, serials=(SERIAL,)):
        self.folder, self.serials = folder, list(serials)
        requests, self.made = folder / "requests", folder / "made"
        requests.mkdir(parents=True)
        self.ca, self.ca_key = folder / "maker.pem", folder / "maker.key"
        authority = ["-subj", "/CN=Maker", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-days", "36500"]
        openssl("req", "-x509", *self.KEY, *authority, "-keyout", self.ca_key, "-out", self.ca)
        self.server, self.server_key = folder / "server.pem", folder / "server.key"
        extensions = folder / "extensions"
        extensions.write_text("subjectAltName=DNS:localhost\n")
        openssl("req", *self.KEY, "-subj", "/CN=localhost", "-keyout", self.server_key, "-out", folder / "server.csr")
        openssl(
            *("x509", "-req", "-in", folder / "server.csr", "-CA", self.ca, "-CAkey", self.ca_key, "-days", "365"),
            *("-extfile", extensions, "-out", self.server),
        )
        # Signs devices' next keys.
        self.rekey, self.rekey_key = folder / "rekey.pem", folder / "rekey.key"
        extensions.write_text("basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n")
        openssl("req", *self.KEY, "-subj", "/CN=New keys", "-keyout", self.rekey_key, "-out", folder / "rekey.csr")
        openssl(
            *("x509", "-req", "-in", folder / "rekey.csr", "-CA", self.ca, "-CAkey", self.ca_key, "-days", "365"),
            *("-extfile", extensions, "-out", self.rekey),
        )
        # The device makes its key; the factory sees the request only.
        for serial in self.serials:
            request = requests / f"{serial}.csr"
            openssl("req", "-new", *self.KEY, "-subj", "/", "-keyout", self.key_of(serial), "-out", request)
        batch = folder / "serials.csv"
        batch.write_text("\n".join(self.serials) + "\n")
        done = run(
            [programs["replenish-factory"], "--out", self.made, "--model", MODEL, "--csv", batch, "--labels", "text"]
            + ["--iterations", "10000", "--cloud", "http://localhost", "--requests", requests]
            + ["--ca", self.ca, "--ca-key", self.ca_key]
        )
        assert done.returncode == 0, done.stderr
        self.list = self.made / "cloud.csv"
        # Most tests have one device.
        self.serial = self.serials[0]
        self.record = self.made / "records" / f"{self.serial}.setup"
        self.label = self.made / "labels" / f"{self.serial}.txt"
        self.device_key, self.certificate = self.key_of(self.serial), self.certificate_of(self.serial)
        self.claim_code = self.claim_code_of(self.serial)

    def key_of(self, serial):
        return self.folder / f"{serial}.key"

    def certificate_of(self, serial):
        return self.made / "certificates" / f"{serial}.pem"

    def claim_code_of(self, serial):
        label = (self.made / "labels" / f"{serial}-claim.txt").read_text()
        return re.search(r"Claim code +(\S+)", label)[1]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Cloud:
    """The maker's cloud in a folder of its own; `start` and `kill` it as often as you like, its addresses stay.

    `amazon` is the emulator; `heard_by` a recorder through which the cloud, but no browser, speaks to it; `options` are
    further ones of `serve`. With a `cluster` its database is one of PostgreSQL.
    """

    def __init__(self, program, maker, amazon, heard_by=None, options=(), cluster=None):
        self.program, self.maker, self.amazon, self.options = program, maker, amazon, options
        self.cluster = cluster
        self.service = heard_by or amazon
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="e2e-cloud-"))
        self.database, self.keys, self.mails = (self.home / name for name in ("cloud.sqlite", "keys", "mail"))
        if cluster:
            self.database = cluster.make_database()
        self.secret, self.log_file = self.home / "secret", self.home / "cloud.log"
        # Chosen here, since browsers, mails and the device's configuration name them, over restarts too.
        self.url = f"http://localhost:{free_port()}"
        self.device_url = f"https://localhost:{free_port()}"
        self.process = None
        self.secret.touch(mode=0o600)
        self.secret.write_text(CLIENT_SECRET + "\n")
        self.run("key", self.keys)
        self.command("import", maker.list)

    def run(self, *words):
        done = run([self.program, *words])
        assert done.returncode == 0, f"replenish-cloud {words}: {done.returncode} {done.stderr}"
        return done.stdout

    def command(self, word, *words):
        """What the operator does: `replenish-cloud device WORD …`."""
        return self.run("device", word, "--database", self.database, "--keys", self.keys, *words)

    def start(self):
        assert self.process is None
        ready = self.home / "ports"
        ready.unlink(missing_ok=True)
        with open(self.log_file, "ab") as log:
            self.process = start(
                [self.program, "serve", "--database", self.database, "--keys", self.keys]
                + ["--public-address", self.url, "--port", urlsplit(self.url).port, "--mail-folder", self.mails]
                + ["--device-port", urlsplit(self.device_url).port, "--device-certificate", self.maker.server]
                + ["--device-private-key", self.maker.server_key, "--maker-ca", self.maker.ca]
                + ["--client-id", CLIENT_ID, "--client-secret-file", self.secret, "--test-devices"]
                + ["--amazon", self.service.url, "--amazon-ca", self.service.ca]
                + ["--authorize-address", self.amazon.url + "/ap/oa"]
                + ["--ready-file", ready, "--exit-with-parent", *self.options],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        wait_until("the cloud listens", lambda: self.process.poll() is not None or ready.exists(), explain=self.log)
        if self.process.poll() is not None:
            raise RuntimeError(f"the cloud ended with {self.process.returncode}:\n{self.log()}")
        return self

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def stop(self):
        code = end(self.process)
        self._ended()
        assert code == 0, f"the cloud ended with {code}:\n{self.log()}"

    def kill(self):
        """SIGKILL: nothing in the cloud can prepare for it."""
        assert self.process.poll() is None, f"the cloud ended by itself with {self.process.returncode}:\n{self.log()}"
        end(self.process, signal.SIGKILL)
        self._ended()

    def _ended(self):
        self.process.stdin.close()
        self.process = None

    def close(self, keep=False):
        died = None
        if self.process is not None:
            if self.process.poll() is not None:
                died = f"the cloud ended by itself with {self.process.returncode}:\n{self.log()}"
            end(self.process)
            self._ended()
        if keep:
            print(f"kept: {self.home}")
        else:
            shutil.rmtree(self.home, ignore_errors=True)
        assert died is None, died

    def ask_database(self, statement):
        """What is on the cloud's disk, or a change to it."""
        if self.cluster:
            return self.cluster.ask(self.database, statement)
        connection = sqlite3.connect(self.database, timeout=30)
        try:
            with connection:
                return connection.execute(statement).fetchall()
        finally:
            connection.close()

    def press_states(self):
        """The states of all presses, by the press's identifier, from the disk."""
        return dict(self.ask_database("SELECT id, state FROM press"))

    def end_leases(self):
        """The leases of a killed cloud, as if their four minutes were over."""
        self.ask_database("UPDATE press SET lease_until = 0")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """A browser with cookies and without JavaScript. It follows no redirection by itself."""

    def __init__(self, *handlers):
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        direct = urllib.request.ProxyHandler({})
        self.opener = urllib.request.build_opener(direct, cookies, _NoRedirects(), *handlers)

    def get(self, address, fields=None):
        """The status, the text and the address to go to."""
        data = None if fields is None else urlencode(fields).encode()
        try:
            answer = self.opener.open(urllib.request.Request(address, data), timeout=PATIENCE)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.read().decode(), answer.headers.get("Location")

    def post(self, address, page=None, **fields):
        """Opens a page and posts its form that goes to the address."""
        _, text, _ = self.get(page or address)
        return self.get(address, {"csrf": form_token(text, urlsplit(address).path), **fields})


def form_token(text, path=None):
    """The hidden field of the form that is posted to a path; of the first one, if none names it."""
    begin = max(0, text.find(f'action="{path}"')) if path else 0
    found = re.search(r'name="csrf" value="([^"]*)"', text[begin:])
    assert found, f"no form in {text}"
    return html.unescape(found[1])


class Owner:
    """Somebody with an account at the cloud, and a browser."""

    def __init__(self, cloud, email="owner@example.com", password="correct horse battery"):
        self.cloud, self.email, self.password = cloud, email, password
        self.page = None  # the path of the device's page, once it is claimed
        self.pages = Browser()
        self.trust = ssl.create_default_context(cafile=str(cloud.amazon.ca))

    def post(self, path, page=None, **fields):
        return self.pages.post(self.cloud.url + path, page and self.cloud.url + page, **fields)

    def sign_up(self):
        status, text, _ = self.post("/sign-up", email=self.email)
        assert status == 200, text
        letters = [path.read_text() for path in sorted(self.cloud.mails.glob("*.eml"))]
        letter = [text for text in letters if f"To: {self.email}" in text][-1]
        ticket = re.search(r"/confirm\?ticket=(\S+)", letter)[1]
        words = {"ticket": ticket, "password": self.password}
        status, text, _ = self.post("/confirm", page=f"/confirm?ticket={ticket}", **words)
        assert status == 200 and "recovery codes" in text, text
        return self

    def sign_in(self):
        status, text, _ = self.post("/sign-in", email=self.email, password=self.password)
        assert status == 303, text
        return self

    def try_claim(self, serial, code):
        return self.post("/claim", serial=serial, code=code)

    def claim(self, maker=None, serial=None):
        maker = maker or self.cloud.maker
        serial = serial or maker.serial
        status, text, place = self.try_claim(serial, maker.claim_code_of(serial))
        assert status == 303, text
        self.page = place
        return self

    def link(self, user=FIRST, decision="allow"):
        """From the button on the device's page through Amazon's login and consent, and back."""
        status, text, address = self.post(self.page + "/link", page=self.page)
        assert status == 303, text
        # With cookies of its own: signed in to nothing, and both sites call theirs the same on localhost.
        at_amazon = Browser(urllib.request.HTTPSHandler(context=self.trust))
        _, text, _ = at_amazon.get(address)
        words = {"csrf": form_token(text), "user": user, "password": PASSWORD}
        status, text, _ = at_amazon.get(address, words)
        assert status == 303, text
        _, text, _ = at_amazon.get(address)
        status, text, back = at_amazon.get(address, {"csrf": form_token(text), "decision": decision})
        assert status == 303 and back.startswith(self.cloud.url + "/link/return?"), text
        status, text, place = self.pages.get(back)
        assert decision != "allow" or (status, place) == (303, self.page), text
        return self

    def unlink(self):
        status, text, _ = self.post(self.page + "/unlink", page=self.page)
        assert status == 303, text

    def identify(self):
        """Presses "Show me which one it is" on the device's page."""
        status, text, _ = self.post(self.page + "/identify", page=self.page)
        assert status == 303, text

    def release(self):
        status, text, _ = self.post(self.page + "/release", page=self.page)
        assert status == 303, text
        self.page = None

    def read(self, path):
        status, text, _ = self.pages.get(self.cloud.url + path)
        assert status == 200, text
        return html.unescape(text)

    def devices(self):
        """The devices: model, serial number and state of each."""
        return re.findall(r'">([^,<]+), (\w+)</a><br><span class="small">([^<]*)<', self.read("/"))

    def state(self):
        """What the device's page says of the link."""
        return re.search(r"Amazon account: <strong>([^<]*)</strong>", self.read(self.page))[1]

    def presses(self):
        """The presses on the device's page, newest first: slot and state."""
        return re.findall(r"<li>([^:<]+): ([^<]*)<br><span class=\"small\">pressed", self.read(self.page))


class CloudDevice(Device):
    """A device that orders through the cloud, with the key and certificate of its maker's factory."""

    def __init__(self, programs, maker, cloud):
        super().__init__(programs, maker, cloud.amazon)
        self.maker, self.cloud = maker, cloud
        self.identity = self.home / "identity"
        self.identity.mkdir(mode=0o700)
        self.ca = self.identity / "cloud-ca.pem"
        self.show(maker)
        self.ca.write_bytes(cloud.maker.ca.read_bytes())
        del self.sections["amazon"]
        self.sections["cloud"] = {
            "host": cloud.device_url,
            "certificate": self.certificate,
            "private-key": self.key,
            "ca-file": self.ca,
        }

    @property
    def certificate(self):
        return self.identity / "device.pem"

    @property
    def key(self):
        return self.identity / "device.key"

    def show(self, maker):
        """Puts the key and the certificate of this maker in the device's place for them."""
        self.certificate.write_bytes(maker.certificate.read_bytes())
        self.key.touch(mode=0o600)
        self.key.write_bytes(maker.device_key.read_bytes())

    def hold(self):
        """Holds the button: for ten minutes somebody may claim the device."""
        done = self.ctl("setup")
        assert done.returncode == 0, f"setup: {done.returncode} {done.stderr}\n{self.log()}\n{self.cloud.log()[-3000:]}"

    def link(self, owner, user=FIRST):
        """The owner claims the device, unless it is theirs, and links it."""
        self.hold()
        if owner.page is None:
            owner.claim(self.maker)
        owner.link(user)
        # Held again, it hears of the link at once and not when it next looks by itself.
        self.hold()
        self.wait_for_link("linked")
        return self
