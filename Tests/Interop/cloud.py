"""Starts replenish-cloud in a folder of its own, and plays its operator, its owners and their devices."""

import datetime
import ipaddress
import re
import socket
import subprocess
from urllib.parse import urljoin

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from emulator import TIMEOUT, Browser, Emulator, Forms, StartedProgram

PASSWORD = "correct horse battery staple"


class Authority:
    """The maker's certificate authority."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Interop maker")])
        self.certificate = self.build(self.name, self.key, is_authority=True)

    def build(self, name, key, is_authority=False, alternatives=()):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder(
            issuer_name=self.name, subject_name=name, public_key=key.public_key(),
            serial_number=x509.random_serial_number(), not_valid_before=now - datetime.timedelta(hours=1),
            not_valid_after=now + datetime.timedelta(days=1),
        )  # fmt: skip
        builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        if is_authority:
            usage = dict.fromkeys(
                ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
                + ["encipher_only", "decipher_only"],
                False,
            )
            builder = builder.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
            identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
            builder = builder.add_extension(identifier, critical=False)
        else:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
            builder = builder.add_extension(identifier, critical=False)
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def identity(self, folder, name, is_server=False):
        """Writes a key and a certificate; returns both paths."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        places = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))] if is_server else ()
        certificate = self.build(subject, key, alternatives=places)
        paths = folder / f"{name}.pem", folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return paths

    def write(self, path):
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class StartedCloud(StartedProgram, Emulator):
    """A cloud over https on localhost, with an owner's browser and whatever apps a test enters."""

    def __init__(self, program, amazon=lambda authority, folder: "https://localhost:1"):
        """`amazon` gives the address that is taken for Amazon's; it may start a server with the authority's certificate."""
        StartedProgram.__init__(self, "interop-cloud-")
        self.program = program
        self.authority = Authority()
        ca = self.authority.write(self.folder / "maker.pem")
        certificate, key = self.authority.identity(self.folder, "localhost", is_server=True)
        secret = self.folder / "secret"
        secret.touch(mode=0o600)
        secret.write_text("web-secret\n")
        self.storage = ["--database", str(self.folder / "cloud.sqlite"), "--keys", str(self.folder / "keys")]
        self.command("key", str(self.folder / "keys"))
        port = free_port()
        Emulator.__init__(self, f"https://localhost:{port}", ca)
        command = [program, "serve", *self.storage, "--public-address", self.url, "--port", str(port)]
        command += ["--certificate", str(certificate), "--private-key", str(key), "--device-port", "0"]
        command += ["--device-certificate", str(certificate), "--device-private-key", str(key), "--maker-ca", str(ca)]
        command += ["--mail-folder", str(self.folder / "mail"), "--client-id", "web", "--client-secret-file", str(secret)]
        command += ["--amazon", amazon(self.authority, self.folder), "--amazon-ca", str(ca), "--exit-with-parent"]
        self.ports = [int(word) for word in self.run(command + self.further(), **self.environment).split()]
        self.device_url = f"https://localhost:{self.ports[1]}"

    environment = {}

    def further(self):
        """Further options of `serve`; the database and its key are there already."""
        return []

    # The operator

    def command(self, *arguments):
        answer = subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=60)
        if answer.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {answer.stderr}")
        return answer.stdout

    def add_client(self, *arguments):
        """Enters an app; returns its client id and its secret, None for a public one."""
        answer = self.command("client", "add", *self.storage, *arguments)
        secret = re.search(r"client secret: (\S+)", answer)
        return re.search(r"client id: +(\S+)", answer)[1], secret and secret[1]

    # The owner

    def sign_up(self, email):
        """Opens an account by the pages and the mail; returns a browser that is not signed in."""
        browser = Browser(self, email, PASSWORD)
        self.submit(browser, "/sign-up", email=email)
        mail = max((self.folder / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        link = re.search(r"https://localhost:\d+/confirm\?ticket=\S+", mail.read_text())[0]
        self.submit(browser, link, password=PASSWORD)
        browser.session.cookies.clear()
        return browser

    def submit(self, browser, address, action=None, **fields):
        """Opens a page, fills in the form that is posted to `action` (or the first one outside the header), posts it."""
        page = browser.session.get(urljoin(self.url, address), allow_redirects=False, timeout=TIMEOUT)
        assert page.status_code == 200, f"{page.status_code} {page.text}"
        forms = [form for form in Forms(page.text).forms if form["action"] != "/sign-out"]
        form = next(form for form in forms if action in (None, form["action"]))
        filled = {name: fields.get(name, value) for name, value, _ in form["fields"]}
        answer = browser.session.post(
            urljoin(page.url, form["action"]), data=filled, allow_redirects=False, timeout=TIMEOUT
        )
        assert answer.status_code in (200, 303), f"{answer.status_code} {answer.text}"
        return answer

    def sign_in(self, browser):
        self.submit(browser, "/sign-in", email=browser.account, password=browser.password)
        return browser

    # The device

    def claimed_device(self, browser, serial="SN0012345", model="CoffeeMaker-9000"):
        """Builds a device and claims it for an owner who is signed in; returns its session and the path of its page."""
        certificate, key = self.authority.identity(self.folder, serial)
        answer = self.command(
            "device", "add", *self.storage, "--model", model, "--serial", serial, "--certificate", str(certificate)
        )
        session = requests.Session()
        session.trust_env, session.verify, session.cert = False, self.ca, (str(certificate), str(key))
        assert session.post(self.device_url + "/v1/presence", timeout=TIMEOUT).status_code == 200
        code = re.search(r"claim code: (\S+)", answer)[1]
        return session, self.submit(browser, "/claim", serial=serial, code=code).headers["Location"]
