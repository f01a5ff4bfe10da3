"""The coffee maker in C against the local Amazon: what a person does, and what the service sees."""

import pathlib
import shutil
import subprocess
import tempfile

import pytest

from amazon import CLIENT_ID, FIRST, PASSWORD
from conftest import VALGRIND
from device import MODEL, SERIAL
from processes import end, run, start, wait_until


class CoffeeMaker:
    """The running program; `say` is its sensor and its front panel."""

    def __init__(self, launcher, program, programs, factory, amazon):
        self.launcher, self.program, self.programs = launcher, program, programs
        self.factory, self.amazon = factory, amazon
        # Short, since the path of a UNIX socket has at most 107 bytes.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="cfw-"))
        self.phone = self.home / "phone"
        self.log_file = self.home / "log"
        self.process = None

    def options(self):
        """How it comes to its orders."""
        return [
            *("--setup-record", self.factory.record, "--client-id", CLIENT_ID, "--test-device"),
            *("--phone-socket", self.phone, "--ca-file", self.amazon.ca),
            *("--token-host", self.amazon.url, "--service-host", self.amazon.url),
        ]

    def start(self, *words):
        command = [*self.launcher, self.program, "--state", self.home / "state", "--model", MODEL, "--serial", SERIAL]
        command += ["--slot", "beans=coffee", *self.options(), *words]
        with open(self.log_file, "ab") as log:
            self.process = start(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
        self.wait_for("coffee-maker: model")
        return self

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def wait_for(self, text, count=1):
        def found():
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.log()}"
            return self.log().count(text) >= count

        wait_until(f"it says '{text}'", found, 120, self.log)

    def say(self, *lines):
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        self.process.stdin.flush()

    def settle(self):
        """Waits until what was said before has been taken: lines are taken in order."""
        count = self.log().count('"version":')
        self.say("status")
        self.wait_for('"version":', count + 1)

    def link(self):
        login = self.home / "login"
        login.write_text(f"{FIRST}:{PASSWORD}\n")
        done = run(
            [self.programs["companion"], "--socket", self.phone, "--label-file", self.factory.label]
            + ["--client-id", CLIENT_ID, "--authorize-url", self.amazon.url + "/ap/oa", "--ca-file", self.amazon.ca]
            + ["--login-file", login],
            240,
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{self.log()}"
        self.wait_for("coffee-maker: linked")

    def stop(self):
        """The end of its standard input ends it; valgrind's findings are its exit code."""
        self.process.stdin.close()
        self.process.wait(120)
        assert self.process.returncode == 0, f"it ended with {self.process.returncode}:\n{self.log()}"
        self.process = None

    def close(self):
        if self.process is not None:
            end(self.process)
        shutil.rmtree(self.home, ignore_errors=True)


@pytest.fixture
def new_maker(request, coffee_maker, programs, factory, amazon):
    made = []

    def make(launcher=()):
        maker = CoffeeMaker(launcher, coffee_maker, programs, factory, amazon)
        made.append(maker)
        return maker

    yield make
    for maker in made:
        maker.close()


@pytest.mark.parametrize("launcher", [[], VALGRIND], ids=["plain", "valgrind"])
def test_a_life(new_maker, amazon, launcher):
    maker = new_maker(launcher).start()

    # A level before the link orders nothing, and is not forgotten.
    maker.say("15")
    maker.settle()
    assert not amazon.orders()
    maker.link()
    maker.wait_for("slot beans: test-ordered")
    assert len(amazon.orders()) == 1

    # Still low, and wavering around the mark: nothing more.
    maker.say("14", "21", "19.5", "25", "3", "0")
    maker.settle()
    wait_until("the last level is reported", lambda: amazon.count("slotStatus") >= 1)
    # Delivered, but not refilled: the machine knows that beans are on the table.
    amazon.deliver()
    maker.say("2", "49", "12")
    maker.settle()
    assert len(amazon.orders()) == 1

    # A restart beside an empty hopper neither.
    maker.stop()
    maker.start()
    maker.say("5")
    maker.settle()
    assert len(amazon.orders()) == 1

    # Refilled and used up again: one more.
    maker.say("95", "60", "19")
    maker.wait_for("slot beans: test-ordered", 2)
    assert len(amazon.orders()) == 2
    amazon.deliver()

    # Unlinked: refilled and used up, and no order.
    maker.say("unlink")
    maker.wait_for("the registration at Amazon is ended")
    maker.say("90", "10", "order")
    maker.wait_for("refused: no Amazon account is linked")
    maker.settle()
    assert len(amazon.orders()) == 2
    assert amazon.count("replenish") == 2
    maker.stop()


def test_questions_at_the_front_panel(new_maker, amazon):
    maker = new_maker().start()
    maker.link()
    maker.say("slots")
    maker.wait_for("coffee is subscribed")
    maker.say("order")
    maker.wait_for("slot beans: test-ordered")
    maker.say("nonsense", "101", "-1", "nan", "x" * 600, "")
    maker.wait_for("no level and no key: nonsense")
    maker.wait_for("a level is 0 to 100, not 101")
    maker.settle()
    assert len(amazon.orders()) == 1
    maker.stop()


def test_level_in_a_file(new_maker, amazon):
    maker = new_maker()
    level = maker.home / "level"
    level.write_text("80\n")
    maker.start("--level", level, "--every", "1")
    maker.link()
    assert not amazon.orders()
    level.write_text("11\n")
    maker.wait_for("slot beans: test-ordered")
    assert len(amazon.orders()) == 1
    level.write_text("garbage\n")
    maker.wait_for("no level of 0 to 100: garbage")
    assert end(maker.process) == 0
    maker.process = None


@pytest.mark.parametrize(
    "words, said",
    [
        ([], "--state is missing"),
        (["--state", "x"], "--model is missing"),
        (["--state", "x", "--model", "A"], "one of --serial and --serial-file"),
        (["--state", "x", "--model", "A", "--serial", "1", "--low", "120"], "--low is 0 to 100 per cent, not 120"),
        (["--state", "x", "--model", "A", "--serial", "1", "--low", "60"], "--low is above --refilled"),
        (["--state", "x", "--model", "A", "--serial", "1", "--every", "soon"], "--every is 1 to 86400 seconds, not soon"),
        (["--state", "x", "--model", "A", "--serial", "1", "more"], "unknown argument more"),
        (["--colour"], "unrecognized option"),
    ],
)
def test_wrong_arguments(coffee_maker, tmp_path, words, said):
    done = run([coffee_maker, *words], cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_settings_that_the_library_refuses(coffee_maker, tmp_path):
    done = run([coffee_maker, "--state", tmp_path / "s", "--model", "no spaces", "--serial", "1"])
    assert done.returncode == 1
    assert "the model id has a space at position 3" in done.stderr


def test_self_test(coffee_maker):
    done = run([coffee_maker, "--self-test"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) > 10 and "FAILED" not in done.stdout


def test_help_and_version(coffee_maker):
    assert "usage: coffee-maker" in run([coffee_maker, "--help"]).stdout
    assert "libreplenish 0." in run([coffee_maker, "--version"]).stdout
