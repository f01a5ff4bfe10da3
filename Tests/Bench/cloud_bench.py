"""The cloud's bench: presses beside a bare endpoint, a second instance, devices that wait. See README.md."""

import collections
import os
import pathlib
import platform
import resource
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "EndToEnd"))

import cloud_table
import memory
import program
from amazon import PASSWORD, Amazon
from cloud import EMULATOR_OPTIONS
from cloud_fleet import EACH, ManyDevices, Neighbour, customer
from cloud_sides import Bare, BenchCloud, Load, cpu_seconds, flush_milliseconds
from cluster import Cluster, programs
from fleet import FleetDevice
from processes import end

PARTS = ("press", "instances", "waiting")
# The cloud takes 60 presses of a device in an hour: two to warm up, and so many in each round.
WAYS = {"keep-alive": (3, False), "handshake": (2, True)}  # slots, and whether each press is a new connection
MOST_ROUNDS = 11
INSTANCE_ROUNDS, INSTANCE_SLOTS = 5, 5
GOAL = 0.5


def say(text):
    print(f"bench-cloud: {text}", file=sys.stderr, flush=True)


class Bench:
    def __init__(self, options, home):
        self.options, self.home = options, home
        self.results = {"machine": machine(), "goals": [], "notes": []}
        say(f"the maker signs {options.waiting} devices")
        self.maker = ManyDevices(home, max(options.waiting, options.devices))
        self.load = Load(options.load, self.maker, options.devices, options.at_once)
        self.running = []
        self.amazon = None

    def close(self):
        for one in reversed(self.running):
            one.close()

    def keep(self, one):
        self.running.append(one)
        return one

    def drop(self, one):
        self.running.remove(one)
        one.close()

    # Setting up

    def new_amazon(self, slots):
        """An emulator without a past: how long its list of orders is must not tell the parts apart."""
        folder = self.home / f"amazon-{len(self.running)}-{time.monotonic_ns()}"
        folder.mkdir()
        options = list(EMULATOR_OPTIONS)
        for number in range(self.owner_count):
            options += ["--customer", f"{customer(number)}:{PASSWORD}"]
        amazon = self.keep(Amazon(self.options.emulator, folder, options))
        for number in range(slots):
            amazon.ask("POST", "slots", {"slot": f"slot{number}", "asin": f"B00SLOT{number:03}"})
        return amazon

    @property
    def owner_count(self):
        return -(-self.options.devices // EACH)

    def link_all(self, cloud, amazon, with_tokens=False):
        """Owners claim and link the devices; the bare endpoint's tokens, where they are asked for."""
        say(f"{self.owner_count} owners claim and link {self.options.devices} devices")
        tokens = []
        for number in range(self.options.devices):
            if number % EACH == 0:
                owner = Neighbour(cloud, number // EACH).sign_up()
            serial = self.maker.serials[number]
            status, _ = FleetDevice(cloud, serial, *self.maker.files_of(number)).ask("POST", "presence") or (0, None)
            assert status == 200, f"presence of {serial}: {status}\n{cloud.log()[-2000:]}"
            owner.link_device(serial)
            if with_tokens:
                tokens.append(owner.token_of_device(serial, amazon))
        return tokens

    # Presses beside the bare endpoint

    def measure_presses(self):
        rounds, each = self.options.rounds, sum(slots for slots, _ in WAYS.values())
        amazon = self.new_amazon(2 + rounds * each)
        cloud = self.keep(BenchCloud(self.options.cloud, self.maker, amazon).start())
        tokens = self.link_all(cloud, amazon, with_tokens=True)
        bare = self.keep(Bare(self.options.bare, self.maker, amazon, tokens, self.home))
        sides = {"cloud": cloud, "bare endpoint": bare}
        for side in sides.values():
            self.load.press([side], range(2))
        size = database_size(cloud)
        table, slot = {}, 2
        for number in range(rounds):
            for way, (slots, handshakes) in WAYS.items():
                # The one who is first in a round is second in the next.
                for name in sorted(sides, reverse=number % 2 == 1):
                    found = self.load.press([sides[name]], range(slot, slot + slots), handshakes)
                    found |= {"load": os.getloadavg()[0], "flush": flush_milliseconds(self.home)}
                    self.check_states(f"{way}, {name}", found["states"], {"ordered"})
                    table.setdefault(way, {}).setdefault(name, []).append(found)
                slot += slots
            say(f"round {number + 1} of {rounds}: " + ", ".join(self.round_ratios(table)))
        presses = self.options.devices * rounds * each
        self.results["press_bytes"] = (database_size(cloud) - size) / presses
        self.results["press"] = table
        self.results["doubles"] = {"cloud and bare endpoint": self.doubles(amazon)}
        for way, found in table.items():
            ratios = [
                ours["per_second"] / theirs["per_second"]
                for ours, theirs in zip(found["cloud"], found["bare endpoint"])
            ]
            what = f"presses per second, {way}: cloud to bare endpoint"
            self.goal(what, statistics.median(ratios), GOAL, "times", True)
        self.drop(bare)
        self.drop(cloud)
        self.drop(amazon)

    def round_ratios(self, table):
        for way, found in table.items():
            ours, theirs = (found[name][-1]["per_second"] for name in ("cloud", "bare endpoint"))
            yield f"{way} {ours:.0f} to {theirs:.0f}/s = {ours / theirs:.2f}"

    def check_states(self, what, states, allowed):
        strange = {state: count for state, count in states.items() if not set(state.split()) <= allowed}
        if strange:
            self.results["notes"].append(f"{what}: not counted on: {strange}")
        self.results["all_ordered"] = self.results.get("all_ordered", True) and not strange

    def doubles(self, amazon):
        """Orders and calls beyond one for each press, by the emulator's count. Each slot was pressed once."""
        state = amazon.state()
        orders = collections.Counter((order["model"], order["serial"], order["slot"]) for order in state["orders"])
        calls = sum(order["replenishRequests"] for order in state["orders"])
        return {
            "pressed": len(orders),
            "orders": sum(orders.values()),
            "calls": calls,
            "doubles": max(sum(orders.values()), calls) - len(orders),
        }

    # Instances on PostgreSQL

    def measure_instances(self):
        if not programs():
            self.results["notes"].append("instances: PostgreSQL is not installed, so this part was not measured")
            return
        rounds, slots = min(self.options.rounds, INSTANCE_ROUNDS), INSTANCE_SLOTS
        cluster = self.keep(Cluster(self.home / "cluster"))
        amazon = self.new_amazon(2 + (2 * rounds + 1) * slots)
        first = self.keep(BenchCloud(self.options.cloud, self.maker, amazon, cluster=cluster).start())
        self.link_all(first, amazon)
        second = self.keep(BenchCloud(self.options.cloud, self.maker, amazon, like=first).start())
        both = [first, second]
        self.load.press([first], range(0, 1))
        self.load.press([second], range(1, 2))
        table, slot = {}, 2
        for number in range(rounds):
            for name, sides in (("one instance", [first]), ("two instances", both)):
                found = self.load.press(sides, range(slot, slot + slots))
                self.check_states(f"PostgreSQL, {name}", found["states"], {"ordered"})
                table.setdefault(name, []).append(found | {"load": os.getloadavg()[0]})
                slot += slots
        # The worst that a device may do: the same press at both at the same moment.
        found = self.load.press(both, range(slot, slot + slots), to_all=True)
        self.check_states("PostgreSQL, each press at both", found["states"], {"ordered", "noted", "sending"})
        table["each press at both at once"] = [found | {"load": os.getloadavg()[0]}]
        counted = self.doubles(amazon)
        self.results["instances"] = table
        self.results.setdefault("doubles", {})["PostgreSQL"] = counted
        self.goal("doubles of two instances on PostgreSQL", counted["doubles"], 0, "orders or calls", False)
        for one in (second, first, amazon, cluster):
            self.drop(one)

    # Devices that wait

    def measure_waiting(self):
        count = self.options.waiting
        amazon = self.new_amazon(0)
        cloud = self.keep(BenchCloud(self.options.cloud, self.maker, amazon, options=["--downlink"]).start())
        time.sleep(3)
        self.results["device_bytes"] = database_size(cloud) / len(self.maker.serials)
        before = memory.sampled(cloud.process.pid)
        say(f"{count} devices connect and wait")
        began = time.monotonic()
        held, others, process = self.load.wait(cloud, count)
        took = time.monotonic() - began
        try:
            during = memory.sampled(cloud.process.pid)
            used = cloud_idle(cloud)
        finally:
            process.stdin.close()
            end(process)
        self.results["waiting"] = {
            "asked": count,
            "held": held,
            "others": others,
            "before": before,
            "during": during,
            "seconds": took,
            "cpu_percent": used,
            "each": {key: (during[key] - before[key]) / max(held, 1) for key in ("resident", "private_dirty")},
        }
        self.goal(f"devices that wait, of {count}", held, count, "held", True)
        self.drop(cloud)
        self.drop(amazon)

    def goal(self, what, value, limit, unit, is_least):
        met = value >= limit if is_least else value <= limit
        self.results["goals"].append(
            {"goal": what, "value": value, "limit": limit, "unit": unit, "at_least": is_least, "met": met}
        )

    def run(self):
        only = self.options.only or PARTS
        for part, measure in (
            ("press", self.measure_presses),
            ("instances", self.measure_instances),
            ("waiting", self.measure_waiting),
        ):
            if part in only:
                measure()
        self.results["load_at_the_end"] = os.getloadavg()


def cloud_idle(cloud, seconds=10):
    """The share of one core that the cloud takes while everybody waits, in percent."""
    before = cpu_seconds(cloud.process.pid)
    time.sleep(seconds)
    return 100 * (cpu_seconds(cloud.process.pid) - before) / seconds


def database_size(cloud):
    """Bytes of the SQLite file, with everything in it and nothing left in the log."""
    cloud.ask_database("PRAGMA wal_checkpoint(TRUNCATE)")
    return cloud.database.stat().st_size


def machine():
    model = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "processor": f"{len(os.sched_getaffinity(0))} x {model[0] if model else platform.machine()}",
        "kernel": platform.release(),
        "load": os.getloadavg(),
    }


def main():
    parser = program.parser(("--cloud", "--emulator", "--bare", "--load"), PARTS)
    parser.add_argument("--rounds", type=int, default=10, choices=range(1, MOST_ROUNDS + 1))
    parser.add_argument("--devices", type=int, default=80)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--waiting", type=int, default=10_000)
    options = parser.parse_args()
    # Each waiting device is a descriptor of the cloud and one of the load.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < options.waiting + 500:
        parser.error(f"--waiting {options.waiting} needs more open files than this machine allows ({hard})")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return program.run(Bench, options, "bench-cloud-", cloud_table.show)


if __name__ == "__main__":
    sys.exit(main())
