"""Devices of a maker that speak to the cloud as `dash-button` does, many at a time, without being programs of their own.

They are told apart by their keys. Each presses a slot at most once, so that every call which the emulator counts has one
press that it is for.
"""

import http.client
import json
import random
import ssl
import threading
import time
from urllib.parse import urlsplit

FINAL = {"ordered", "alreadyOrdered", "void", "expired", "inDoubt"}


class FleetDevice:
    def __init__(self, cloud, serial, certificate, key):
        self.cloud, self.serial = cloud, serial
        self.trust = ssl.create_default_context(cafile=str(cloud.maker.ca))
        self.trust.load_cert_chain(certificate, key)
        self.acknowledged = {}  # identifier -> slot, once the cloud has said that it has the press
        self.ended = {}  # identifier -> the state that the cloud told

    def ask(self, method, path, body=None, timeout=10):
        """The status and the body; None when the connection broke."""
        address = urlsplit(self.cloud.device_url)
        connection = http.client.HTTPSConnection(address.hostname, address.port, timeout=timeout, context=self.trust)
        try:
            words = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, "/v1/" + path, None if body is None else json.dumps(body), words)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def press(self, slot, rest, until):
        """Reports one press, as often as it takes, until the cloud says how it ended or the time is over."""
        identifier = random.SystemRandom().randbytes(16).hex()
        began = time.monotonic()
        while time.monotonic() < until and identifier not in self.ended:
            age = round(time.monotonic() - began, 3)
            answer = self.ask("PUT", f"presses/{identifier}", {"slot": slot, "ageSeconds": age})
            if answer and answer[0] in (200, 202):
                self.acknowledged[identifier] = slot
                if answer[1]["state"] in FINAL:
                    self.ended[identifier] = answer[1]["state"]
                    return
            elif answer:
                assert answer[0] >= 500, f"{self.serial} {slot}: {answer}"
            time.sleep(rest)


def run_all(works, meanwhile=lambda: None):
    """Runs the works at once, each on a thread, and passes on what went wrong; `meanwhile` runs on the caller's."""
    wrong = []

    def attempt(work):
        try:
            work()
        except BaseException as error:  # noqa: B902, whatever it is, the test is to hear of it
            wrong.append(error)

    threads = [threading.Thread(target=attempt, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    meanwhile()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]
