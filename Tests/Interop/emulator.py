"""Finds or starts the emulator under test, and plays the customer's browser."""

import html.parser
import json
import os
import pathlib
import subprocess
import tempfile
import time
from urllib.parse import urljoin, urlsplit

import requests

TIMEOUT = 10  # seconds for any one request
START = 30  # seconds until the emulator must be ready
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Elsewhere(requests.adapters.BaseAdapter):
    """In place of the network: any address but the emulator's fails."""

    def send(self, request, **_):
        raise requests.ConnectionError(f"{request.url} is not the emulator")

    def close(self):
        pass


class Emulator:
    """An emulator at `url` whose certificate chains to the file `ca`."""

    def __init__(self, url, ca):
        if urlsplit(url).scheme != "https" or urlsplit(url).hostname not in LOOPBACK:
            raise ValueError(f"{url} is not https on this machine; these tests go nowhere else")
        self.url, self.ca = url.rstrip("/"), str(ca)

    def at(self, path):
        return self.url + path

    def prepare(self, session):
        """Trust this emulator only, use no proxy, and let nothing lead us elsewhere."""
        session.verify, session.trust_env = self.ca, False
        for scheme in ("http://", "https://"):
            session.mount(scheme, Elsewhere())
        session.mount(self.url, requests.adapters.HTTPAdapter())
        return session

    def session(self):
        return self.prepare(requests.Session())


class StartedProgram:
    """A program in a folder of its own that these tests start, and that they end."""

    def __init__(self, prefix):
        self.kept = tempfile.TemporaryDirectory(prefix=prefix)
        self.folder = pathlib.Path(self.kept.name)

    def run(self, command, **environment):
        """Starts it with a ready file, and returns what it writes there once it is ready."""
        ready, self.log = self.folder / "ready", open(self.folder / "log", "w+b")
        command = [*command, "--ready-file", str(ready)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=self.log, stderr=self.log, env={**os.environ, **environment}
        )
        deadline = time.monotonic() + START
        while not (ready.exists() and ready.read_text().strip()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                text = self.text()
                self.end()
                raise RuntimeError(f"{' '.join(command)} did not become ready:\n{text}")
            time.sleep(0.05)
        return ready.read_text()

    def text(self):
        """What it has logged."""
        return (self.folder / "log").read_text(errors="replace")

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdin.close()
        self.log.close()
        self.kept.cleanup()


class StartedEmulator(StartedProgram, Emulator):
    """An emulator that these tests started."""

    def __init__(self, program, options=()):
        StartedProgram.__init__(self, "interop-")
        ca = self.folder / "ca.pem"
        ready = self.run([program, "--port", "0", "--ca-out", str(ca), *options])
        Emulator.__init__(self, self.address_in(ready), ca)

    @staticmethod
    def address_in(text):
        """The ready file is JSON with a `url`, or the address itself, or the port number."""
        text = text.strip()
        if text.startswith("{"):
            return json.loads(text)["url"]
        return f"https://localhost:{text}" if text.isdigit() else text.split()[0]


class Forms(html.parser.HTMLParser):
    """The forms of a page: method, action, fields and submit buttons."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.button = [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attribute = dict(attributes)
        if tag == "form":
            self.forms.append(
                {
                    "method": (attribute.get("method") or "get").lower(),
                    "action": attribute.get("action") or "",
                    "fields": [],
                    "buttons": [],
                }
            )
        elif not self.forms:
            return
        elif tag == "input" and (attribute.get("type") or "text") not in ("submit", "image", "button"):
            if attribute.get("name") and (attribute.get("type") != "checkbox" or "checked" in attribute):
                self.forms[-1]["fields"].append(
                    [attribute["name"], attribute.get("value") or "", attribute.get("type") or "text"]
                )
        elif tag in ("button", "input"):
            if attribute.get("type") in (None, "submit"):
                button = {key: attribute.get(key) or "" for key in ("name", "value", "formaction")}
                button["text"] = button["value"] if tag == "input" else ""
                self.forms[-1]["buttons"].append(button)
                self.button = button if tag == "button" else None

    def handle_data(self, data):
        if self.button is not None:
            self.button["text"] += data

    def handle_endtag(self, tag):
        if tag == "button":
            self.button = None


class Browser:
    """A customer with cookies who signs in and says yes or no. It never runs scripts: the forms must do without."""

    def __init__(self, emulator, account, password):
        self.emulator, self.account, self.password = emulator, account, password
        self.session = emulator.session()
        self.pages, self.user_code = [], None

    def open(self, method, url, stop, **arguments):
        """Follows redirects by hand, up to an address that begins with `stop`, which is not opened."""
        for _ in range(10):
            if not url.startswith(self.emulator.url + "/"):
                raise AssertionError(f"the pages lead away, to {url}")
            answer = self.session.request(method, url, allow_redirects=False, timeout=TIMEOUT, **arguments)
            if answer.status_code not in (301, 302, 303, 307, 308):
                return answer, None
            url = urljoin(url, answer.headers["Location"])
            if url.startswith(stop):
                return answer, url
            if answer.status_code in (301, 302, 303):
                method, arguments = "GET", {}
        raise AssertionError("more than ten redirects")

    def authorize(self, url, redirect_uri, consent=True, user_code=None):
        """Walks from the authorize address to the redirect address and gives it back; or the page where it ends.

        With a `user_code` the way begins at the page for code-based linking, and has no redirect address.
        """
        self.user_code = user_code
        answer, end = self.open("GET", url, redirect_uri)
        for _ in range(5):
            if end is not None:
                return end
            forms = Forms(answer.text).forms
            if not forms or answer.status_code >= 400:
                return answer
            self.pages.append(answer)
            method, address, fields = self.fill(forms, consent)
            place = {"data": fields} if method == "post" else {"params": fields}
            headers = {"Referer": answer.url, "Origin": self.emulator.url}
            answer, end = self.open(
                method.upper(), urljoin(answer.url, address), redirect_uri, headers=headers, **place
            )
        return end or answer

    def fill(self, forms, consent):
        for form in forms:
            if any(kind == "password" for _, _, kind in form["fields"]):
                fields = [
                    (
                        name,
                        self.password if kind == "password" else self.account if kind in ("text", "email") else value,
                    )
                    for name, value, kind in form["fields"]
                ]
                return self.submit(form, fields, form["buttons"][:1])
        for form in forms:
            if self.user_code and any(kind == "text" for _, _, kind in form["fields"]):
                fields = [(name, self.user_code if kind == "text" else value) for name, value, kind in form["fields"]]
                self.user_code = None
                return self.submit(form, fields, form["buttons"][:1])
        yes, no = ("allow", "approve", "agree", "accept", "continue", "yes"), ("deny", "cancel", "refuse", "no")
        for form in forms:
            for button in form["buttons"]:
                words = (button["text"] + " " + button["value"] + " " + button["formaction"]).lower()
                if any(word in words.replace("/", " ").split() for word in (yes if consent else no)):
                    return self.submit(form, [(name, value) for name, value, _ in form["fields"]], [button])
        raise AssertionError(f"no form to sign in or to {'allow' if consent else 'deny'}: {forms}")

    @staticmethod
    def submit(form, fields, buttons):
        fields = fields + [(button["name"], button["value"]) for button in buttons if button["name"]]
        action = next((button["formaction"] for button in buttons if button["formaction"]), form["action"])
        return form["method"], action, fields
