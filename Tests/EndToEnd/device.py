"""One device on this machine: its configuration, the daemon dash-button, replenishctl and the phone's companion."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from amazon import CLIENT_ID, FIRST, PASSWORD
from processes import PATIENCE, end, run, start, wait_until

OPEN = ("noted", "sending")
MODEL, SERIAL = "TestBrewer", "TEST0001"


class Programs:
    """The folder with the built programs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        for name in ("dash-button", "replenishctl", "replenish-factory", "companion"):
            if not os.access(self.folder / name, os.X_OK):
                raise RuntimeError(f"{self.folder / name} is not there: build first (make build)")

    def __getitem__(self, name):
        return self.folder / name


class Factory:
    """What replenish-factory made for one device."""

    def __init__(self, programs, folder):
        self.folder = folder / "factory"
        words = ["--model", MODEL, "--serial", SERIAL, "--labels", "text", "--iterations", "10000"]
        self.made = run([programs["replenish-factory"], "--out", self.folder, *words])
        assert self.made.returncode == 0, self.made.stderr
        self.record = self.folder / "records" / f"{SERIAL}.setup"
        self.label = self.folder / "labels" / f"{SERIAL}.txt"

    @property
    def setup_code(self):
        """The eight digits, from the factory's own table."""
        head, line = (self.folder / "devices.csv").read_text().splitlines()[:2]
        digits = dict(zip(head.split(","), line.split(",")))["setup_code"].replace("-", "")
        assert re.fullmatch(r"\d{8}", digits)
        return digits


class Device:
    """A device in a folder of its own; `start` and `kill` it as often as you like."""

    def __init__(self, programs, factory, amazon):
        self.programs, self.factory, self.amazon = programs, factory, amazon
        # Short, since the path of a UNIX socket has at most 107 bytes.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="e2e-"))
        self.state_folder = self.home / "state"
        self.configuration_file = self.home / "dash-button.conf"
        self.log_file = self.home / "daemon.log"
        runtime = self.home / "run"
        runtime.mkdir(mode=0o750)
        self.control, self.phone = runtime / "control", runtime / "phone"
        self.process = None
        self.started = []  # everything else that runs
        self.said = []  # what replenishctl and companion printed
        self.sections = {
            "device": {
                "model": MODEL,
                "serial": SERIAL,
                "state-folder": self.state_folder,
                "setup-record": factory.record,
            },
            "amazon": {
                "token-host": amazon.url,
                "service-host": amazon.url,
                "client-id": CLIENT_ID,
                "test-device": "yes",
                "ca-file": amazon.ca,
            },
            "slot coffee": {"slot-id": "coffee"},
            "slot filter": {"slot-id": "filter"},
            "setup": {"bearer": "socket", "socket": self.phone},
            "control": {"socket": self.control},
            "log": {"level": "debug"},
        }

    # The daemon

    def configure(self):
        text = ""
        for heading, entries in self.sections.items():
            text += f"[{heading}]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items()) + "\n"
        self.configuration_file.write_text(text)

    def start(self, ready=True, **options):
        """Starts the daemon and waits until it answers."""
        assert self.process is None
        self.configure()
        with open(self.log_file, "ab") as log:
            command = [self.programs["dash-button"], "--config", self.configuration_file]
            self.process = start(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)
        if ready:
            wait_until("the daemon answers", self._answers, explain=self.log)
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the daemon ended with {self.process.returncode}:\n{self.log()}")
        return self.ctl("status", keep=False).returncode == 0

    def kill(self):
        """SIGKILL: nothing in the daemon can prepare for it."""
        if self.process is None:
            return
        assert self.process.poll() is None, f"the daemon ended by itself with {self.process.returncode}:\n{self.log()}"
        end(self.process, signal.SIGKILL)
        self.process = None

    def stop(self):
        """SIGTERM: the daemon ends as a service manager asks it to."""
        code = end(self.process)
        self.process = None
        assert code == 0, f"the daemon ended with {code}:\n{self.log()}"

    def restart(self):
        self.kill()
        return self.start()

    def close(self, keep=False):
        for process in self.started:
            end(process, signal.SIGKILL)
        died = None
        if self.process is not None:
            if self.process.poll() is not None:
                died = f"the daemon ended by itself with {self.process.returncode}:\n{self.log()}"
            end(self.process)
        if keep:
            print(f"kept: {self.home}")
        else:
            shutil.rmtree(self.home, ignore_errors=True)
        assert died is None, died

    # What it says

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def lights(self, slot="coffee"):
        """What the light of a slot said so far, in order. The daemon logs it at level debug."""
        return re.findall(rf"slot {slot} light: (.*)", self.log())

    def ctl(self, *words, keep=True, **options):
        done = run([self.programs["replenishctl"], "--socket", self.control, *words], **options)
        if keep:
            self.said += [done.stdout, done.stderr]
        return done

    def ctl_in_background(self, *words):
        process = start(
            [self.programs["replenishctl"], "--socket", self.control, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def status(self):
        done = self.ctl("status", "--json")
        assert done.returncode == 0, f"status: {done.returncode} {done.stderr}\n{self.log()}"
        return json.loads(done.stdout)

    def wait_for_link(self, *states, timeout=PATIENCE):
        return wait_until(
            f"the link is {' or '.join(states)}",
            lambda: (status := self.status())["link"] in states and status,
            timeout,
            lambda: f"{self.status()}\n{self.log()}\n{self.amazon.log_file.read_text()[-3000:]}",
        )

    def presses(self, slot="coffee"):
        """The presses of a slot, newest first."""
        return [press for press in self.status()["presses"] if press["slot"] == slot]

    # What people do

    def press(self, slot="coffee"):
        done = self.ctl("press", slot)
        assert done.returncode == 0, f"press: {done.returncode} {done.stderr}\n{self.log()}"
        return self.presses(slot)[0]

    def settled(self, slot="coffee", timeout=PATIENCE):
        """Waits until the newest press of a slot has come to its end."""
        return wait_until(
            f"the press of {slot} ends",
            lambda: (presses := self.presses(slot)) and presses[0]["state"] not in OPEN and presses[0],
            timeout,
            lambda: f"{self.status()}\n{self.log()}\n{self.amazon.log_file.read_text()[-3000:]}",
        )

    def _companion(self, words, user):
        login = self.home / "login"
        login.write_text(f"{user}:{PASSWORD}\n")
        return [
            *(self.programs["companion"], "--socket", self.phone, "--label-file", self.factory.label),
            *("--client-id", CLIENT_ID, "--authorize-url", self.amazon.url + "/ap/oa"),
            *("--ca-file", self.amazon.ca, "--login-file", login, *words),
        ]

    def companion(self, *words, user=FIRST, timeout=120):
        """The owner's phone tries to link the device."""
        done = run(self._companion(words, user), timeout)
        self.said += [done.stdout, done.stderr]
        return done

    def companion_in_background(self, *words, user=FIRST):
        process = start(
            self._companion(words, user),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def link(self, user=FIRST):
        done = self.companion(user=user)
        assert done.returncode == 0, f"companion: {done.returncode}\n{done.stdout}{done.stderr}\n{self.log()}"
        self.wait_for_link("linked")
        return self

    # What is on its disk

    def files(self, *kinds):
        """The files of these records in the state folder, set-aside copies and left temporary ones included."""
        return sorted(
            path for path in self.state_folder.iterdir() if any(path.name.startswith(kind + ".") for kind in kinds)
        )

    def record(self, kind):
        """The newest whole copy of a record, decoded; None if there is none. See RecordEnvelope for the header."""
        newest = None
        for path in self.state_folder.glob(kind + ".[01]"):
            data = path.read_bytes()
            assert data[:8] == b"RPLNSHR\0", f"{path} is no record"
            sequence = int.from_bytes(data[12:20], "big")
            if newest is None or sequence > newest[0]:
                newest = (sequence, data[64:])
        return newest and json.loads(newest[1])
