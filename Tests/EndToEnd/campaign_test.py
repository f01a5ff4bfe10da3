"""A fleet presses while everything around it breaks at random: every press that the cloud has acknowledged ends in
exactly one way, and Amazon is called a second time only for a press that a fault hit while it was being sent.

`E2E_CAMPAIGN=600` goes on for ten minutes; `E2E_SEED=…` repeats a run's choices.
"""

import collections
import concurrent.futures
import os
import pathlib
import tempfile
import threading
import time

import pytest

from cloud import Maker, Owner
from cluster import Cluster
from fleet import FINAL, FleetDevice, run_all
from processes import wait_until
from restart_test import chance  # noqa: F401  (a fixture)

DATABASES = ["sqlite", "postgresql"]
SECONDS = float(os.environ.get("E2E_CAMPAIGN") or 40)
DEVICES, SLOTS = 4, 40
# What Amazon's side does to a call, and whether an order may stand after it.
FAULTS = ["dropRequest", "loseAnswer", "cutBody", "garbage"]


@pytest.fixture(scope="module")
def fleet_maker(programs, workshop):
    return Maker(programs, workshop / "fleet-maker", [f"FLEET{number}" for number in range(DEVICES)])


@pytest.fixture(params=DATABASES)
def cluster(request):
    """A PostgreSQL server of the test's own; None for SQLite."""
    if request.param == "sqlite":
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="e2e-cluster-") as folder:
        cluster = Cluster(pathlib.Path(folder) / "server")
        yield cluster
        cluster.close()


class Campaign:
    def __init__(self, cloud, amazon, chance, are_delivered):  # noqa: F811
        self.cloud, self.amazon, self.chance, self.are_delivered = cloud, amazon, chance, are_delivered
        maker = cloud.maker
        self.devices = [
            FleetDevice(cloud, serial, maker.certificate_of(serial), maker.key_of(serial)) for serial in maker.serials
        ]
        for number in range(SLOTS):
            amazon.ask("POST", "slots", {"slot": f"slot{number}", "asin": f"B00SLOT{number:03}"})
        owner = Owner(cloud).sign_up()
        for device in self.devices:
            assert device.ask("POST", "presence")[0] == 200
            owner.claim(serial=device.serial).link()
        # The presses that a fault may have hit while they were being sent.
        self.was_cut, self.faults = set(), collections.Counter()
        self.end = time.monotonic() + SECONDS
        self.over = threading.Event()

    def run(self):
        delivering = threading.Thread(target=self.deliver, daemon=True)
        delivering.start()
        try:
            # The cloud is started by this very thread, since it ends with the thread that started it.
            run_all([lambda device=device: self.press(device) for device in self.devices], meanwhile=self.break_things)
        finally:
            self.over.set()
            delivering.join()
        self.settle()

    def press(self, device):
        """One slot after the other, while the last ones may still be on their way."""
        pause = 2 * SECONDS / SLOTS
        with concurrent.futures.ThreadPoolExecutor() as fingers:
            pressed = []
            for number in range(SLOTS):
                pressed.append(fingers.submit(device.press, f"slot{number}", 0.3, self.end))
                time.sleep(self.chance.uniform(0, pause))
            for one in pressed:
                one.result()

    def deliver(self):
        """Where orders arrive at once, a second call is a second order."""
        while self.are_delivered and not self.over.wait(0.05):
            self.amazon.deliver()

    def break_things(self):
        while time.monotonic() < self.end:
            kind = self.chance.choice(["kill", *(["restart"] if self.cloud.cluster else []), *FAULTS])
            self.faults[kind] += 1
            operation = self.chance.choice(["replenish", "replenish", "token"])
            # Slow calls, so that there is something to hit.
            self.amazon.script("replenish", self.chance.choice(["delay", "delayAnswer"]), seconds=0.4, times=2)
            if kind in FAULTS:
                self.amazon.script(operation, kind)
            time.sleep(self.chance.uniform(0.1, 1.2))
            if kind == "kill":
                self.kill()
            elif kind == "restart":
                self.restart_database()

    def restart_database(self):
        """The server is killed and comes back; the cloud goes on."""
        self.note_cut()
        self.cloud.cluster.restart()
        self.note_cut()

    def note_cut(self):
        self.was_cut |= {identifier for identifier, state in self.cloud.press_states().items() if state == "sending"}

    def kill(self):
        self.cloud.kill()
        self.note_cut()
        self.cloud.end_leases()
        self.cloud.start()

    def settle(self):
        """The storm is over; everything acknowledged comes to its end by itself."""
        self.amazon.clear_script()
        self.kill()
        open_now = lambda: {key for key, state in self.cloud.press_states().items() if state not in FINAL}  # noqa: E731
        wait_until("every press has ended", lambda: not open_now(), 400, self.cloud.log)

    def check(self):
        states = self.cloud.press_states()
        acknowledged = {key: (device.serial, slot) for device in self.devices for key, slot in device.acknowledged.items()}
        assert acknowledged and set(acknowledged) <= set(states), "a press was acknowledged and is not on the disk"
        for device in self.devices:
            for key, state in device.ended.items():
                assert states[key] == state, f"{key}: told {state}, and now it is {states[key]}"
        state = self.amazon.state()
        calls, orders = collections.defaultdict(list), collections.defaultdict(list)
        for request in state["requests"]:
            if request["operation"] == "replenish" and request.get("slot", "").startswith("slot"):
                calls[request["device"].split("/")[1], request["slot"]].append(request)
        for order in state["orders"]:
            orders[order["serial"], order["slot"]].append(order["eventInstanceId"])
        for key, place in acknowledged.items():
            excused = [call for call in calls[place] if call.get("fault") or call["status"] != 200]
            assert len(calls[place]) - len(excused) <= 1 or key in self.was_cut, (key, place, calls[place])
            if states[key] == "ordered":
                assert orders[place], f"{key} {place} is called ordered, and Amazon has no order"
            if len(orders[place]) > 1:
                assert self.are_delivered and len(calls[place]) > 1, (key, place, orders[place], calls[place])
        return collections.Counter(states.values()), sum(map(len, calls.values())), sum(map(len, orders.values()))


@pytest.mark.parametrize("are_delivered", [False, True], ids=["orders-are-open", "orders-arrive-at-once"])
def test_every_acknowledged_press_ends_in_one_way(new_cloud, fleet_maker, amazon, chance, are_delivered, cluster, capsys):  # noqa: F811
    cloud = new_cloud(maker=fleet_maker, cluster=cluster).start()
    campaign = Campaign(cloud, amazon, chance, are_delivered)
    campaign.run()
    states, calls, orders = campaign.check()
    with capsys.disabled():
        print(
            f"\n  {sum(states.values())} presses: {dict(states)}; {calls} calls, {orders} orders; "
            f"{dict(campaign.faults)}; {len(campaign.was_cut)} were being sent when the cloud or its database was killed",
            end="",
        )
    assert campaign.faults["kill"] and states["ordered"]
