"""The coffee maker, firmware in C with a loop of its own that links libreplenish, in the guest."""

import pytest

from agent import Relay
from amazon import CLIENT_ID
from device import MODEL, SERIAL
from processes import wait_until


class CoffeeMaker:
    """It runs beside the daemon, with a disk folder and a phone's socket of its own; `say` is its sensor."""

    def __init__(self, board):
        self.board, self.agent = board, board.guest.agent
        self.relay, self.program = None, None
        self.agent.shell(
            "rm -rf /state/coffee /run/coffee; mkdir -p -m 0700 /run/coffee /state/coffee;"
            " cp /etc/dash-button/setup-record /run/coffee/setup-record; chown root:root /run/coffee/setup-record;"
            " busybox mkfifo /run/coffee/sensor"
        )
        # As different from the daemon's as two boards': the same record, but only one of them is linked here.
        amazon = board.sections["amazon"]
        words = ["/run/tests/coffee-maker", "--state", "/state/coffee/state", "--model", MODEL, "--serial", SERIAL]
        words += ["--setup-record", "/run/coffee/setup-record", "--slot", "beans=coffee", "--client-id", CLIENT_ID]
        words += ["--test-device", "--phone-socket", "/run/coffee/phone", "--ca-file", amazon["ca-file"]]
        words += ["--token-host", amazon["token-host"], "--service-host", amazon["service-host"]]
        # Opened for writing as well, so that it does not end with each line.
        self.program = self.agent.start("/bin/sh", "-c", f"exec {' '.join(map(str, words))} 0<>/run/coffee/sensor 2>&1")
        self.wait_for("coffee-maker: model")
        path = board.home / "coffee-phone"
        self.relay = Relay(self.agent, path, "/run/coffee/phone")
        self.phone = path

    def log(self):
        return self.program.output.decode(errors="replace")

    def wait_for(self, text, count=1):
        def found():
            assert self.program.poll() is None, f"it ended with {self.program.returncode}:\n{self.log()}"
            return self.log().count(text) >= count

        wait_until(f"it says '{text}'", found, explain=self.log)

    def say(self, *lines):
        self.agent.shell("printf '%s\\n' " + " ".join(lines) + " >/run/coffee/sensor")

    def close(self):
        if self.relay:
            self.relay.close()
        self.program.kill()
        self.program.communicate()


@pytest.fixture
def maker(fresh):
    made = CoffeeMaker(fresh)
    yield made
    made.close()


def test_the_coffee_maker_orders_beans(maker, fresh, amazon):
    # Below the mark before anybody linked it: not forgotten.
    maker.say("15")
    fresh.phone, daemons = maker.phone, fresh.phone
    try:
        linking = fresh.companion()
    finally:
        fresh.phone = daemons
    assert linking.returncode == 0, linking.stdout + linking.stderr + maker.log()
    maker.wait_for("slot beans: test-ordered")
    assert len(amazon.orders()) == 1
    amazon.deliver()
    maker.say("95", "60", "19")
    maker.wait_for("slot beans: test-ordered", 2)
    assert len(amazon.orders()) == 2
    maker.say("unlink")
    maker.wait_for("the registration at Amazon is ended")
