"""The device of the end-to-end tests, living in a guest: its daemon, its disk and its phone's socket are over there."""

import copy
import json
import shutil
import signal

from agent import Relay
from device import Device
from guest import Guest
from processes import end, wait_until

BUTTON_LINE = 3


class Board(Device):
    def __init__(self, programs, factory, amazon, image, sections=()):
        super().__init__(programs, factory, amazon)
        self.image, self.guest, self.relay = image, None, None
        self.disk_size = "16M"
        self.state_disk = self.home / "state.ext4"
        self.state_folder = "/var/lib/dash-button"
        self.there_phone = "/run/dash-button/phone"
        port = amazon.url.rsplit(":", 1)[1]
        self.sections["device"] |= {"state-folder": self.state_folder, "setup-record": "/etc/dash-button/setup-record"}
        self.sections["amazon"] |= {
            "token-host": f"https://10.0.2.2:{port}",
            "service-host": f"https://10.0.2.2:{port}",
            "ca-file": "/etc/dash-button/ca.pem",
        }
        self.sections["slot coffee"] |= {"button": f"gpio gpiochip0 {BUTTON_LINE}", "active-low": "no"}
        self.sections["setup"]["socket"] = self.there_phone
        self.sections["control"] = {
            "socket": "/run/dash-button/control",
            "read-group": "dash-button-read",
            "act-group": "dash-button-act",
        }
        self.ca = amazon.ca
        self.as_made = self.sections
        self.change(sections)
        self.seen = 0  # how much of the console was there when this life of the device began

    def change(self, sections):
        """The configuration as it was made, with these entries besides; None takes one out."""
        self.sections = copy.deepcopy(self.as_made)
        for heading, entries in dict(sections).items():
            merged = self.sections.setdefault(heading, {}) | entries
            self.sections[heading] = {key: value for key, value in merged.items() if value is not None}

    # Its power

    def make_disk(self):
        """A new state disk, as from the factory."""
        self.configure()
        ca = self.home / "ca.pem"
        shutil.copy(self.ca, ca)
        self.image.state(self.state_disk, self.configuration_file, self.factory.record, ca, size=self.disk_size)
        return self

    def boot(self, options=(), state_drive=None, is_synchronized=True):
        """Boots, and unless told otherwise has the network vouch for the clock, as a time service would."""
        if not self.state_disk.exists() and state_drive is None:
            self.make_disk()
        self.guest = Guest(self.image, self.state_disk, options, state_drive)
        self.connect()
        if is_synchronized:
            self.set_time()
        self.wait_until_answers()
        return self

    def set_time(self, seconds=""):
        self.guest.agent.shell(f"/run/tests/settime {seconds}")

    def connect(self):
        self.phone.unlink(missing_ok=True)
        self.relay = Relay(self.guest.agent, self.phone, self.there_phone)

    def cut(self):
        """The power is cut; `boot` brings it back."""
        self.guest.cut()
        self.leave()

    def power_off(self):
        self.guest.power_off()
        self.leave()

    def leave(self):
        self.relay.close()
        self.guest.close()
        self.guest = self.relay = None

    def close(self, keep=False):
        for process in self.started:
            if hasattr(process, "wait"):
                end(process, signal.SIGKILL)
        if self.guest:
            self.leave()
        if keep:
            print(f"kept: {self.home}")
        else:
            shutil.rmtree(self.home, ignore_errors=True)

    # The same machine made new, which is quicker than another boot

    def renew(self, sections=()):
        """The device as from the factory, on the guest that runs; gives it another configuration."""
        self.change(sections)
        self.configure()
        self.stop_daemon()
        agent = self.guest.agent
        agent.write("/etc/dash-button/dash-button.conf", self.configuration_file.read_bytes())
        agent.write("/etc/dash-button/ca.pem", self.ca.read_bytes())
        agent.shell("rm -rf /var/lib/dash-button/*")
        self.seen = len(self.guest.console())
        self.start_daemon()
        return self

    def stop_daemon(self):
        """Ends the daemon and has init start nothing in its place for now."""
        self.guest.agent.shell(
            "mount -o bind /bin/busybox /usr/bin/dash-button; busybox killall -q -9 dash-button || true"
        )

    def start_daemon(self):
        self.guest.agent.shell(
            "until umount /usr/bin/dash-button; do sleep 0.1; done; rm -f /run/dash-button.started;"
            " busybox killall -q sleep || true"
        )
        self.wait_until_answers()

    def wait_until_answers(self):
        wait_until("the daemon answers", lambda: self.ctl("status", keep=False).returncode == 0, 120, self.log)

    # What it says

    def log(self):
        return self.guest.console()[self.seen :] if self.guest else ""

    def ctl(self, *words, keep=True, **_):
        done = self.guest.agent.run("/usr/bin/replenishctl", *words)
        if keep:
            self.said += [done.stdout, done.stderr]
        return done

    def ctl_in_background(self, *words):
        return self.guest.agent.start("/usr/bin/replenishctl", *words)

    def pid(self):
        return int(self.guest.agent.shell("busybox pidof dash-button"))

    def record(self, kind):
        """The newest whole copy of a record, decoded; None if there is none."""
        names = self.guest.agent.shell(f"cd {self.state_folder}; ls").split()
        newest = None
        for name in names:
            if name in (f"{kind}.0", f"{kind}.1"):
                data = self.guest.agent.read(f"{self.state_folder}/{name}")
                sequence = int.from_bytes(data[12:20], "big")
                if newest is None or sequence > newest[0]:
                    newest = (sequence, data[64:])
        return newest and json.loads(newest[1])
