"""A device for the bench: the end-to-end tests' own, with a recorder before each service, and a control client."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "EndToEnd"))

from device import Device, Factory, Programs  # noqa: E402
from processes import start, wait_until  # noqa: E402

OPEN = ("noted", "sending")


def programs(folder, daemon, ordinary):
    """A folder with the daemon under measurement and the other programs, which are not measured."""
    folder.mkdir()
    for name in ("replenishctl", "replenish-factory", "companion"):
        (folder / name).symlink_to(ordinary / name)
    (folder / "dash-button").symlink_to(daemon)
    return Programs(folder)


class Board(Device):
    """A device that reaches Login with Amazon and the service through recorders."""

    def __init__(self, programs, factory, amazon, lwa_port, dash_port):
        super().__init__(programs, factory, amazon)
        self.sections["amazon"]["token-host"] = f"https://localhost:{lwa_port}"
        self.sections["amazon"]["service-host"] = f"https://localhost:{dash_port}"
        self.sections["log"]["level"] = "info"
        # One slot, as a dash button has.
        del self.sections["slot filter"]

    def ready(self, is_timed=True):
        """Starts the daemon as a service manager does, and gives nanoseconds from before exec to READY=1.

        What is not timed is started in the slower way that also ends the daemon should the bench be killed.
        """
        assert self.process is None
        self.configure()
        path = self.home / "notify"
        path.unlink(missing_ok=True)
        # The program itself and not its link, so that the mappings carry its name.
        program = str((self.programs["dash-button"]).resolve())
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, open(self.log_file, "ab") as log:
            notify.bind(str(path))
            notify.settimeout(30)
            command = [program, "--config", str(self.configuration_file)]
            environment = os.environ | {"NOTIFY_SOCKET": str(path)}
            began = time.monotonic_ns()
            if is_timed:
                descriptors = [(os.POSIX_SPAWN_DUP2, log.fileno(), number) for number in (1, 2)]
                self.process = Spawned(os.posix_spawn(program, command, environment, file_actions=descriptors))
            else:
                self.process = start(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            while b"READY=1" not in notify.recv(4096).split(b"\n"):
                pass
            took = time.monotonic_ns() - began
        return took

    def ask(self, **command):
        with self.connect() as control:
            return self.exchange(control, **command)

    def connect(self):
        control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        control.settimeout(30)
        control.connect(str(self.control))
        return control

    @staticmethod
    def exchange(control, **command):
        control.send(json.dumps({"protocol": 1, **command}).encode())
        return json.loads(control.recv(16_384))

    def status(self):
        answer = self.ask(command="status")
        return answer.get("status", answer)

    def press_on(self, control):
        """Presses, and gives the time before the command was sent and the time its answer came."""
        message = json.dumps({"protocol": 1, "command": "press", "slot": "coffee"}).encode()
        began = time.monotonic_ns()
        control.send(message)
        answer = control.recv(16_384)
        return began, time.monotonic_ns(), json.loads(answer)


class Spawned:
    """A process from posix_spawn, with what the end-to-end tests ask of one."""

    def __init__(self, pid):
        self.pid = pid
        self.returncode = None

    def poll(self):
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout=None):
        wait_until("the daemon ends", lambda: self.poll() is not None, timeout or 30)
        return self.returncode

    def send_signal(self, how):
        if self.poll() is None:
            os.kill(self.pid, how)

    def kill(self):
        self.send_signal(9)
