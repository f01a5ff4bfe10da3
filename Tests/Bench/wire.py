"""From a press to the request on the wire, beside curl started for the same request. All times are nanoseconds."""

import collections
import json
import os
import statistics
import time

from board import OPEN
from processes import wait_until

TYPES = "com.amazon.dash.replenishment."


class Strayed(Exception):
    """A press took another way than the one that is measured, a retry for instance."""


class Curl:
    """curl as a person would call it for the device's own requests."""

    def __init__(self, home, ca):
        self.home, self.ca = home, ca
        self.headers = home / "curl-headers"
        self.answer = home / "curl-answer"
        self.status = home / "curl-status"

    def write_headers(self, access_token, kind):
        types = (f"Drs{kind}Input@1.0", f"Drs{kind}Result@1.0")
        self.headers.write_text(
            f"x-amzn-type-version: {TYPES}{types[0]}\nx-amzn-accept-type: {TYPES}{types[1]}\n"
            f"Authorization: Bearer {access_token}\n"
        )

    def words(self, *words):
        """Without the user's own configuration, and with the same authority as the device."""
        return ["curl", "-q", "-sS", "--max-time", "20", "--cacert", str(self.ca), *words]

    def replenish(self, port):
        return self.words(
            *("-d", "", "-H", "Content-Type:", "-H", f"@{self.headers}", "-o", str(self.answer)),
            *("-w", "%{http_code} %{http_version}", f"https://localhost:{port}/replenish/coffee"),
        )

    def refresh(self, port, refresh_token, client_id):
        form = self.home / "curl-form"
        form.write_text(f"grant_type=refresh_token&refresh_token={refresh_token}&client_id={client_id}")
        return self.words(
            *("-d", f"@{form}", "-o", str(self.answer), "-w", "%{http_code} %{http_version}"),
            f"https://localhost:{port}/auth/o2/token",
        )

    def run(self, words):
        """Runs it to its end; gives the time before it was started and its status and HTTP version."""
        output = os.open(self.status, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        began = time.monotonic_ns()
        pid = os.posix_spawnp(words[0], words, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, output, 1)])
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(output)
        status = self.status.read_text()
        if code or not status.startswith("200 "):
            raise RuntimeError(f"curl ended with {code}, status {status!r}: {self.answer.read_text()[:200]}")
        return began, status


def settle(board):
    wait_until(
        "the press ends",
        lambda: (presses := board.status()["presses"]) and presses[0]["state"] not in OPEN,
        explain=board.log,
    )
    state = board.status()["presses"][0]["state"]
    if state not in ("test-ordered", "already-ordered"):
        raise Strayed(f"the press ended as {state}")
    time.sleep(0.05)  # the record of the outcome is written, the answer's connection is back in the pool


def press(board, lwa, dash, orders=1, refreshes=0, handshakes=0):
    """One press. It must cause exactly these orders, refreshes and new connections to the service, and nothing else."""
    before = collections.Counter(board.amazon.state()["counts"])
    with board.connect() as control:
        began, noted, answer = board.press_on(control)
    if answer.get("reply") != "noted":
        raise Strayed(f"the press was answered {answer}")
    last = dash.wait_for_requests(began, orders)[-1]
    settle(board)
    caused = collections.Counter(board.amazon.state()["counts"]) - before
    wanted = collections.Counter({"replenish": orders, "token.refresh_token": refreshes})
    greetings = dash.since(began, "hello")
    if caused != +wanted or len(greetings) != handshakes:
        raise Strayed(f"it caused {dict(caused)} and {len(greetings)} handshakes with the service")
    sample = {"noted": noted - began, "wire": last.at - began}
    if greetings:
        sample["hello"] = greetings[0].at - began
    return sample


def warm_up(board, amazon, seconds):
    """A press that is not measured: it fetches a token of this life and leaves both connections open."""
    amazon.settings(accessTokenSeconds=seconds)
    amazon.ask("POST", "tokens/expire")
    with board.connect() as control:
        board.press_on(control)
    settle(board)


def wear(board, amazon, lwa, dash, orders):
    """Orders in every way that a device meets in its life."""
    amazon.settings(accessTokenSeconds=3600)
    for index in range(orders):
        if index % 3 == 0:
            dash.close_connections()
        if index % 10 == 0:
            lwa.close_connections()
            amazon.ask("POST", "tokens/expire")
        with board.connect() as control:
            board.press_on(control)
        settle(board)


LIFE = 60  # seconds; the shortest life of a token that the device believes. It renews one at half of it at the latest.
TURNED = LIFE / 2 + 1


WARM = "press, token valid, connection warm"
CLOSED = "press, token valid, connection closed by the service"
FIRST = "press, token valid, first connection of the daemon's life"
EXPIRED = "press, token expired, connections warm"
EXPIRED_CLOSED = "press, token expired, connections closed by the service"
REFUSED = "press, token refused by the service, connections warm"
CURL = "curl POST, cold"
CURL_TWICE = "curl refresh, then curl POST, cold"
IN_MEMORY = ", state folder in memory"


class Rounds:
    """Every way once in each round, one after the other, so that a busy moment of the machine hits all alike."""

    def __init__(self, amazon, lwa, dash, curl, note):
        self.amazon, self.lwa, self.dash, self.curl, self.note = amazon, lwa, dash, curl, note

    def take(self, name, board, **expected):
        try:
            self.note(name, press(board, self.lwa, self.dash, **expected))
        except Strayed as error:
            self.note(name, str(error))

    def valid(self, board, suffix=""):
        warm_up(board, self.amazon, 3600)
        self.take(WARM + suffix, board)
        self.dash.close_connections()
        self.take(CLOSED + suffix, board, handshakes=1)
        board.stop()
        board.ready(is_timed=False)
        self.take(FIRST + suffix, board, handshakes=1)

    def curl_cold(self, board):
        self.curl.write_headers(board.record("link")["access_token"], "Replenish")
        began, _ = self.curl.run(self.curl.replenish(self.dash.port))
        request = self.dash.wait_for_requests(began, 1)[0]
        self.note(CURL, {"hello": self.dash.since(began, "hello")[0].at - began, "wire": request.at - began})
        self.note("server's share of that handshake", {"wire": self.dash.handshake(request)})

    def refused(self, board):
        warm_up(board, self.amazon, 3600)
        self.amazon.ask("POST", "tokens/expire")
        self.take(REFUSED, board, orders=2, refreshes=1)

    def expired(self, boards, connections_end):
        """One press of each device after its token has turned. They wait together, since the wait is long."""
        for board in boards:
            warm_up(board, self.amazon, LIFE)
        time.sleep(TURNED)
        for board in boards:
            if connections_end:
                self.dash.close_connections()
                self.lwa.close_connections()
                self.take(EXPIRED_CLOSED, board, refreshes=1, handshakes=1)
            else:
                self.take(EXPIRED, board, refreshes=1)
            self.curl_twice(board)

    def curl_twice(self, board):
        link = board.record("link")
        began, _ = self.curl.run(self.curl.refresh(self.lwa.port, link["refresh_token"], link["client_id"]))
        self.curl.write_headers(json.loads(self.curl.answer.read_text())["access_token"], "Replenish")
        self.curl.run(self.curl.replenish(self.dash.port))
        self.note(CURL_TWICE, {"wire": self.dash.wait_for_requests(began, 1)[0].at - began})

    def yardsticks(self, board):
        began = time.monotonic_ns()
        os.waitpid(os.posix_spawn("/bin/true", ["true"], os.environ), 0)
        self.note("starting and ending /bin/true", {"wire": time.monotonic_ns() - began})
        self.note("a file written, synced, renamed, its folder synced", {"wire": record(board.home)})
        self.note("a file overwritten in place, its data synced", {"wire": overwrite(board.home)})


def record(folder):
    """The four steps of RecordStore.replace, by Python on the same disk."""
    began = time.monotonic_ns()
    temporary = folder / "sync.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.write(descriptor, bytes(600))
    os.fsync(descriptor)
    os.close(descriptor)
    os.rename(temporary, folder / "sync.0")
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)
    return time.monotonic_ns() - began


def overwrite(folder):
    """What the least durable write costs: no name and no length changes."""
    descriptor = os.open(folder / "sync.0", os.O_WRONLY)
    began = time.monotonic_ns()
    os.pwrite(descriptor, os.urandom(600), 0)
    os.fdatasync(descriptor)
    os.close(descriptor)
    return time.monotonic_ns() - began


def summary(values):
    """Median and spread in milliseconds."""
    values = sorted(value / 1e6 for value in values)
    quarters = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    return {
        "runs": len(values),
        "median": statistics.median(values),
        "lower_quartile": quarters[0],
        "upper_quartile": quarters[2],
        "least": values[0],
        "most": values[-1],
    }
