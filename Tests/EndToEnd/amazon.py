"""The local stand-in for Amazon: the program amazon-emulator and its control endpoint."""

import json
import ssl
import subprocess
import urllib.error
import urllib.request

from processes import end, start, wait_until

CLIENT_ID = "amzn1.application-oa2-client.emulator"
PASSWORD = "sample-password"
FIRST, SECOND = "customer@example.com", "other@example.com"


class Amazon:
    """A running emulator. Its control endpoint is on the loopback interface, as all of these tests are."""

    def __init__(self, program, folder, options=()):
        self.folder = folder
        self.log_file = folder / "emulator.log"
        self.ca = folder / "ca.pem"
        ready = folder / "port"
        self.log = open(self.log_file, "wb")
        self.process = start(
            [program, "--port", "0", "--ready-file", ready, "--ca-out", self.ca, "--exit-with-parent"]
            + ["--customer", f"{SECOND}:{PASSWORD}", "--slot", "coffee=B00COFFEE1", "--slot", "filter=B00FILTER1"]
            + list(options),
            stdin=subprocess.PIPE,
            stdout=self.log,
            stderr=self.log,
        )
        wait_until(
            "the emulator listens",
            lambda: self.process.poll() is not None or (ready.exists() and ready.read_text().strip()),
            explain=lambda: self.log_file.read_text(),
        )
        if self.process.poll() is not None:
            raise RuntimeError(f"the emulator ended with {self.process.returncode}:\n{self.log_file.read_text()}")
        self.url = f"https://localhost:{ready.read_text().strip()}"
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(self.ca))),
        )

    def close(self):
        self.process.stdin.close()
        end(self.process)
        self.log.close()

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + "/emulator/" + path, data, method=method)
        try:
            with self.opener.open(request, timeout=20) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} /emulator/{path}: {error.code} {error.read()[:300]}") from None

    def reset(self):
        """As freshly started, settings and scripted faults included."""
        self.ask("DELETE", "faults")
        self.ask("POST", "reset")
        self.ask(
            "POST",
            "settings",
            {"accessTokenSeconds": 3600, "rotation": "off", "clockSkewSeconds": 0, "authorizationCodeSeconds": 300},
        )

    def settings(self, **values):
        self.ask("POST", "settings", values)

    def script(self, operation, kind, **values):
        """Adds a fault that hits the next request of this operation."""
        self.ask("POST", "faults", {"operation": operation, "kind": kind, **values})

    def clear_script(self):
        self.ask("DELETE", "faults")

    def state(self):
        return self.ask("GET", "state")

    def orders(self):
        return self.state()["orders"]

    def count(self, operation):
        """How many requests of this operation came since the last reset."""
        return self.state()["counts"].get(operation, 0)

    def requests(self, operation):
        return [request for request in self.state()["requests"] if request["operation"] == operation]

    def deliver(self):
        """The orders on their way arrive, so that the next press can order again."""
        if any(order["phase"] in ("processing", "shipped") for order in self.orders()):
            self.ask("POST", "orders/deliver", {})
