"""The bench: memory, press to wire, start to ready, asleep, sizes. See README.md for the method."""

import math
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

import asleep
import memory
import program
import table
import wire
from board import Board, Factory, programs
from traffic import Recorder
from processes import end, start

from amazon import Amazon  # noqa: I001  (found by the path that board adds)

PARTS = ("memory", "wire", "start", "asleep", "sizes")
IN_MEMORY = "/dev/shm"
WEAR = 150  # orders before memory is looked at: the journal is full, the heap has stopped growing
LIT = 15  # seconds; the light shows for 10 what became of a press, and until then the device is not idle
FLEET = 10  # devices whose tokens expire at the same time
HELD = 6  # seconds that the service holds back the answer while a client's memory is looked at
GOAL_MEMORY, GOAL_WARM, GOAL_COLD = 512, 1 / 3, 1.0


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Bench:
    def __init__(self, options, home):
        self.options, self.home = options, home
        self.results = {"machine": machine(home), "goals": [], "notes": []}
        self.devices = []
        self.amazon = Amazon(options.emulator, home)
        port = int(self.amazon.url.rsplit(":", 1)[1])
        self.lwa, self.dash = Recorder(port), Recorder(port)
        self.embedded = programs(home / "embedded", options.embedded / "dash-button", options.ordinary)
        self.ordinary = programs(home / "ordinary", options.ordinary / "dash-button", options.ordinary)
        self.factory = Factory(self.embedded, home)
        self.curl = wire.Curl(home, self.amazon.ca)

    def close(self):
        for device in self.devices:
            device.close()
        for recorder in (self.lwa, self.dash):
            recorder.close()
        self.amazon.close()

    def linked(self, programs, folder=None):
        """A linked daemon that has ordered once, so both its connections were in use. Its state is in `folder`."""
        tempfile.tempdir = folder
        board = Board(programs, self.factory, self.amazon, self.lwa.port, self.dash.port)
        tempfile.tempdir = None
        self.devices.append(board)
        board.ready(is_timed=False)
        board.link()
        with board.connect() as control:
            board.press_on(control)
        wire.settle(board)
        return board

    def drop(self, board):
        board.stop()
        self.devices.remove(board)
        board.close()

    def goal(self, text, value, limit, unit):
        met = value <= limit
        self.results["goals"].append({"goal": text, "value": value, "limit": limit, "unit": unit, "met": met})

    # Memory

    def measure_memory(self):
        """Memory does not depend on the disk, so the orders that warm the daemon up are spared the wait for it."""
        table = self.results["memory"] = {}
        for name, programs in (("Embedded Swift", self.embedded), ("ordinary Swift", self.ordinary)):
            say(f"memory of the idle daemon, {name}, after {WEAR} orders")
            board = self.linked(programs, IN_MEMORY)
            wire.wear(board, self.amazon, self.lwa, self.dash, WEAR)
            table[f"dash-button, {name}"] = self.daemon_memory(board)
            board.stop()
            board.ready(is_timed=False)
            table[f"dash-button, {name}, just started"] = self.daemon_memory(board)
            self.drop(board)

    def daemon_memory(self, board):
        time.sleep(2)
        return memory.sampled(board.process.pid) | {
            "threads": memory.threads(board.process.pid),
            "mappings": memory.mappings(board.process.pid),
        }

    def measure_clients(self, board):
        """curl and Python, each while it waits for the answer."""
        say("memory of curl and of Python requests")
        self.curl.write_headers(board.record("link")["access_token"], "SubscriptionInfo")
        url = f"https://localhost:{self.dash.port}/subscriptionInfo"
        get = self.curl.words("-H", f"@{self.curl.headers}", "-o", self.curl.answer, "-w", "%{http_code}", url)
        here = pathlib.Path(__file__).resolve().parent
        python = [sys.executable, "-B", here / "get.py", url, self.amazon.ca, self.curl.headers]
        for name, command in (("curl, one HTTPS GET", get), ("Python requests, one HTTPS GET", python)):
            samples, last = [], None
            for _ in range(3):
                sample, last = self.client_memory(command)
                samples.append(sample)
            self.results["memory"][name] = memory.median(samples) | last

    def client_memory(self, command):
        self.amazon.script("subscriptionInfo", "delayAnswer", seconds=HELD)
        began = time.monotonic_ns()
        # The environment without what sets a proxy, which the device does not look for either.
        environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        process = start(command, stdout=subprocess.PIPE, text=True, env=environment)
        try:
            self.dash.wait_for_requests(began, 1)
            time.sleep(0.5)
            sample = memory.sampled(process.pid, samples=5)
            last = {"threads": memory.threads(process.pid), "mappings": memory.mappings(process.pid)}
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended while its memory was looked at")
            said = process.communicate(timeout=30)[0].strip()
            if said != "200":
                raise RuntimeError(f"{command[0]} was answered {said}")
        finally:
            end(process)
        return sample, last

    def judge_memory(self):
        table = self.results["memory"]
        curl = table["curl, one HTTPS GET"]["private_dirty"]
        over = table["dash-button, Embedded Swift"]["private_dirty"] - curl
        self.goal("idle daemon's private dirty memory minus curl's", over, GOAL_MEMORY, "KiB")

    # Press to wire

    def measure_wire(self, board):
        say(f"press to wire, {self.options.rounds} rounds of about 6 seconds")
        samples, strayed = {}, {}

        def note(name, sample):
            if isinstance(sample, str):
                say(f"{name}: not counted: {sample}")
                strayed.setdefault(name, []).append(sample)
            else:
                for key, value in sample.items():
                    samples.setdefault(name, {}).setdefault(key, []).append(value)

        rounds = wire.Rounds(self.amazon, self.lwa, self.dash, self.curl, note)
        in_memory = self.linked(self.embedded, IN_MEMORY)
        for _ in range(self.options.rounds):
            rounds.valid(board)
            rounds.curl_cold(board)
            rounds.valid(in_memory, wire.IN_MEMORY)
            rounds.refused(board)
            rounds.yardsticks(board)
        self.drop(in_memory)
        self.measure_expired(rounds)
        self.results["wire"] = {
            name: {key: wire.summary(values) for key, values in kinds.items()} for name, kinds in samples.items()
        }
        for name, reasons in strayed.items():
            self.results["notes"].append(f"{name}: {len(reasons)} runs not counted: {'; '.join(sorted(set(reasons)))}")
        self.judge_wire()
        self.amazon.settings(accessTokenSeconds=3600)

    def measure_expired(self, rounds):
        count = min(self.options.rounds, FLEET)
        say(f"press with an expired token, {count} devices that wait half a minute for it together, each time")
        fleet = [self.linked(self.embedded) for _ in range(count)]
        for _ in range(math.ceil(self.options.rounds / count)):
            for connections_end in (False, True):
                rounds.expired(fleet, connections_end)
        for board in fleet:
            self.drop(board)

    def judge_wire(self):
        def median(name):
            # Not a number meets no goal.
            return self.results["wire"].get(name, {"wire": {"median": math.nan}})["wire"]["median"]

        curl = median(wire.CURL)
        for name, limit in ((wire.WARM, GOAL_WARM), (wire.CLOSED, GOAL_COLD), (wire.FIRST, GOAL_COLD)):
            self.goal(f"{name}, to cold curl", median(name) / curl, limit, "times")
        twice = median(wire.CURL_TWICE)
        self.results["ratios"] = {
            f"{name}, to cold curl": median(name) / curl
            for name in (way + wire.IN_MEMORY for way in (wire.WARM, wire.CLOSED, wire.FIRST))
        } | {
            f"{name}, to curl refresh then curl POST": median(name) / twice
            for name in (wire.EXPIRED, wire.EXPIRED_CLOSED)
        }

    # Start to ready

    def measure_start(self, board):
        say("start to ready")
        times = {}
        for name, programs in (("Embedded Swift", self.embedded), ("ordinary Swift", self.ordinary)):
            board.stop()
            board.programs = programs
            taken = []
            for index in range(max(self.options.rounds, 10) + 1):
                if index:
                    board.stop()
                taken.append(board.ready())
            # The first one may have to read the program from the disk.
            times[f"dash-button, {name}"] = wire.summary(taken[1:])
        board.stop()
        board.programs = self.embedded
        board.ready(is_timed=False)
        self.results["start"] = times

    # Asleep

    def begin_asleep(self, board):
        say(f"waiting {LIT} s for the light of the last order to go out")
        time.sleep(LIT)
        try:
            return asleep.Watch(board.process.pid, self.home / "strace", start)
        except (PermissionError, FileNotFoundError) as error:
            self.results["asleep"] = {"not measured": str(error)}
            self.results["goals"].append({"goal": "asleep", "met": False, "value": f"not measured: {error}"})
            return None

    def end_asleep(self, watch):
        rest = watch.began + self.options.quiet_seconds - time.monotonic()
        if rest > 0:
            say(f"watching the idle daemon for another {rest:.0f} s")
            time.sleep(rest)
        seen = watch.stop()
        self.results["asleep"] = seen
        others = {name: count for name, count in seen["calls"].items() if name not in asleep.AWAITED}
        # A daemon that does not wait in the poll at the end does something that no line shows.
        count = seen["lines_after_first_second"] + sum(others.values()) + (not seen["awaits_at_end"])
        self.goal(f"system calls in {seen['seconds']:.0f} s idle besides the awaited poll", count, 0, "calls")

    # Sizes

    def measure_sizes(self):
        table = {}
        for kind, folder in (("Embedded Swift", self.options.embedded), ("ordinary Swift", self.options.ordinary)):
            for name in ("dash-button", "replenishctl"):
                stripped = self.home / "stripped"
                subprocess.run(["strip", "-o", stripped, folder / name], check=True)
                libraries = subprocess.run(["ldd", stripped], capture_output=True, text=True, check=True).stdout
                paths = [word for word in libraries.split() if word.startswith("/") and "/libswift" in word.lower()]
                paths += [word for word in libraries.split() if word.startswith("/") and "foundation" in word.lower()]
                table[f"{name}, {kind}"] = {
                    "stripped": stripped.stat().st_size,
                    "swift_libraries": sum(os.path.getsize(path) for path in set(paths)),
                }
        self.results["sizes"] = table

    def run(self):
        only = self.options.only or PARTS
        if "sizes" in only:
            self.measure_sizes()
        if set(only) <= {"sizes"}:
            return
        if "memory" in only:
            self.measure_memory()
        # Linked after those, since they made the service forget every token.
        board = self.linked(self.embedded)
        # The clients are measured while strace watches the daemon, which they leave alone.
        watch = self.begin_asleep(board) if "asleep" in only else None
        if "memory" in only:
            self.measure_clients(board)
            self.judge_memory()
        if watch:
            self.end_asleep(watch)
        if "wire" in only:
            self.measure_wire(board)
        if "start" in only:
            self.measure_start(board)
        self.drop(board)


def machine(home):
    def first(command):
        return subprocess.run(command, capture_output=True, text=True).stdout.split("\n")[0]

    model = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "processor": f"{len(os.sched_getaffinity(0))} x {model[0] if model else platform.machine()}",
        "kernel": platform.release(),
        "load": os.getloadavg()[0],
        "curl": " ".join(first(["curl", "--version"]).split()[:4]),
        "state_folder_on": first(["stat", "-f", "-c", "%T", str(home)]),
    }


def main():
    parser = program.parser(("--embedded", "--ordinary", "--emulator"), PARTS)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--quiet-seconds", type=float, default=60)
    return program.run(Bench, parser.parse_args(), "bench-", table.show)


if __name__ == "__main__":
    sys.exit(main())
