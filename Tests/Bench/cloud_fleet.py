"""A maker with thousands of devices for the cloud's bench, and the customers who link some of them."""

import base64
import datetime
import hashlib
import json
import re
import secrets
import urllib.request
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from amazon import CLIENT_ID, PASSWORD
from cloud import Browser, Owner, form_token

MODEL = "BenchBrewer"
EACH = 10  # devices of one owner: as many claims as one account may make in a quarter of an hour
NOW = datetime.datetime.now(datetime.timezone.utc)
# A public client of the emulator, as a device is that links itself.
REDIRECT = "http://127.0.0.1/callback"


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def pem(certificate):
    return certificate.public_bytes(Encoding.PEM)


def key_pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class ManyDevices:
    """The maker's authority, the cloud's certificate, and devices: what `cloud.Maker` is to a few of them."""

    def __init__(self, folder, count):
        self.authority = ec.generate_private_key(ec.SECP256R1())
        self.ca, self.server, self.server_key = (folder / file for file in ("maker.pem", "server.pem", "server.key"))
        self.list, self.fleet = folder / "cloud.csv", folder / "fleet.json"
        basics = x509.BasicConstraints(ca=True, path_length=None)
        self.ca.write_bytes(pem(self.sign("Maker", self.authority.public_key(), basics)))
        key = ec.generate_private_key(ec.SECP256R1())
        self.server.write_bytes(
            pem(self.sign("localhost", key.public_key(), x509.SubjectAlternativeName([x509.DNSName("localhost")])))
        )
        self.server_key.touch(mode=0o600)
        self.server_key.write_bytes(key_pem(key))
        self.codes, self.folder, devices = {}, folder, []
        lines = ["model,serial,claim_code_sha256,public_key_sha256"]
        for number in range(count):
            serial, code = f"BENCH{number:05}", secrets.token_hex(10).upper()
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = self.sign(serial, key.public_key(), x509.BasicConstraints(ca=False, path_length=None))
            devices.append({"certificate": pem(certificate).decode(), "key": key_pem(key).decode()})
            public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            digests = (hashlib.sha256(data).hexdigest() for data in (code.encode(), public))
            lines.append(",".join([MODEL, serial, *digests]))
            self.codes[serial] = code
        self.serials, self.devices = list(self.codes), devices
        self.list.write_text("\n".join(lines) + "\n")
        self.fleet.touch(mode=0o600)
        self.fleet.write_text(json.dumps(devices))

    def sign(self, subject, key, extension):
        builder = x509.CertificateBuilder(name("Maker"), name(subject), key, x509.random_serial_number())
        builder = builder.not_valid_before(NOW).not_valid_after(NOW + datetime.timedelta(days=365))
        return builder.add_extension(extension, critical=False).sign(self.authority, hashes.SHA256())

    def claim_code_of(self, serial):
        return self.codes[serial]

    def files_of(self, number):
        """Certificate and key of a device as files, for Python's TLS."""
        certificate, key = self.folder / f"{number}.pem", self.folder / f"{number}.key"
        certificate.write_text(self.devices[number]["certificate"])
        key.touch(mode=0o600)
        key.write_text(self.devices[number]["key"])
        return certificate, key


def customer(number):
    return f"customer{number}@example.com"


class Neighbour(Owner):
    """An owner behind the maker's proxy, at an address of their own: the cloud slows claims of one address down."""

    def __init__(self, cloud, number):
        super().__init__(cloud, f"owner{number}@example.com")
        self.user = customer(number)
        self.pages.opener.addheaders = [("X-Forwarded-For", f"192.0.2.{number}")]
        self.at_amazon = Browser(urllib.request.HTTPSHandler(context=self.trust))

    def consent(self, address):
        """Through Amazon's pages; they sign in once. Gives the address that Amazon sends the browser back to."""
        _, text, _ = self.at_amazon.get(address)
        if 'name="password"' in text:
            self.at_amazon.get(address, {"csrf": form_token(text), "user": self.user, "password": PASSWORD})
            _, text, _ = self.at_amazon.get(address)
        status, text, back = self.at_amazon.get(address, {"csrf": form_token(text), "decision": "allow"})
        assert status == 303, text
        return back

    def link_device(self, serial):
        """Claims it, whose button is held, and links it."""
        self.claim(serial=serial)
        status, text, address = self.post(self.page + "/link", page=self.page)
        assert status == 303, text
        status, text, place = self.pages.get(self.consent(address))
        assert (status, place) == (303, self.page), text

    def token_of_device(self, serial, amazon):
        """An access token for the bare endpoint: a registration like the cloud's, through the emulator's own client."""
        verifier = secrets.token_urlsafe(32)
        challenge = hashlib.sha256(verifier.encode()).digest()
        data = {"dash:replenish": {"device_model": "BareBrewer", "serial": serial, "is_test_device": True}}
        query = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "scope": "dash:replenish",
            "scope_data": json.dumps(data),
            "redirect_uri": REDIRECT,
            "state": "s",
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        back = self.consent(f"{amazon.url}/ap/oa?{urlencode(query)}")
        fields = {
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(back).query)["code"][0],
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT,
            "code_verifier": verifier,
        }
        status, text, _ = self.at_amazon.get(f"{amazon.url}/auth/o2/token", fields)
        assert status == 200, re.sub(r'"[^"]{40,}"', '"…"', text)
        return json.loads(text)["access_token"]
