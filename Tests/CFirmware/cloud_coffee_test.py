"""The coffee maker in C with the maker's cloud between it and the local Amazon: mutual TLS, and no token on the machine."""

import pytest

from coffee_test import CoffeeMaker
from conftest import VALGRIND
from device import SERIAL
from processes import wait_until


class CloudCoffeeMaker(CoffeeMaker):
    def __init__(self, launcher, program, cloud):
        super().__init__(launcher, program, None, None, cloud.amazon)
        self.cloud = cloud

    def options(self):
        maker = self.cloud.maker
        return [
            *("--cloud", self.cloud.device_url, "--cloud-downlink", "--ca-file", maker.ca),
            *("--cloud-certificate", maker.certificate, "--cloud-key", maker.device_key),
        ]

    def be_at_it(self):
        """Presses `setup` at the front panel, and waits until the cloud knows."""
        self.cloud.ask_database("UPDATE device SET present_at = NULL")
        self.say("setup")
        present = "SELECT 1 FROM device WHERE present_at IS NOT NULL"
        wait_until("the cloud knows that somebody is there", lambda: self.cloud.ask_database(present), 120, self.log)


@pytest.fixture
def new_maker(coffee_maker, cloud):
    made = []

    def make(launcher=()):
        made.append(CloudCoffeeMaker(launcher, coffee_maker, cloud))
        return made[-1]

    yield make
    for maker in made:
        maker.close()


@pytest.mark.parametrize("launcher", [[], VALGRIND], ids=["plain", "valgrind"])
def test_a_life_through_the_cloud(new_maker, owner, cloud, amazon, launcher):
    maker = new_maker(launcher).start()

    # The label alone does not do: somebody must be at the machine.
    maker.say("15")
    maker.settle()
    status, _, _ = owner.try_claim(SERIAL, cloud.maker.claim_code)
    assert status == 403
    maker.be_at_it()
    owner.claim()
    assert owner.state() == "not linked"
    assert not amazon.orders()

    # A level from before the link is not forgotten.
    owner.link()
    maker.be_at_it()
    maker.wait_for("slot beans: test-ordered")
    assert len(amazon.orders()) == 1
    assert owner.presses() == [("coffee", "ordered")]
    assert [order["serial"] for order in amazon.orders()] == [SERIAL]
    tokens = [path for path in maker.home.rglob("*") if path.is_file() and b"Atz" in path.read_bytes()]
    assert tokens == []

    # A press while the cloud is away is kept, over a restart too.
    amazon.deliver()
    cloud.stop()
    maker.say("95", "10")
    maker.wait_for("slot beans: noted", 2)
    maker.stop()
    maker.start()
    cloud.start()
    maker.be_at_it()
    maker.wait_for("slot beans: test-ordered", 2)
    assert len(amazon.orders()) == 2 and amazon.count("replenish") == 2

    # The owner asks which one it is.
    owner.identify()
    maker.wait_for("which device this is")

    # Unlinked at the front panel: the cloud tells Amazon, and nothing is ordered any more.
    amazon.deliver()
    maker.say("unlink")
    wait_until("the owner's page says it", lambda: owner.state() == "not linked", 120, cloud.log)
    assert all("deregisteredAt" in registration for registration in amazon.state()["registrations"])
    maker.say("90", "10", "order")
    wait_until("the press is void", lambda: "not linked" in owner.presses()[0][1], 120, maker.log)
    assert len(amazon.orders()) == 2
    maker.stop()
