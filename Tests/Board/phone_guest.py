"""The phone's own machine: a second guest with a controller in the same air, in which other stacks than Bumble's run."""

import pathlib
import tempfile

from guest import Guest
from processes import wait_until

ADDRESS = "00:1B:DC:F0:00:02"


class PhoneGuest:
    def __init__(self, image, air):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="phone-"))
        line = self.home / "hci"
        console = f"socket,id=hci,path={line},server=on,wait=off"
        self.guest = Guest(image, None, ["-chardev", console, "-device", "virtconsole,chardev=hci"])
        self.agent = self.guest.agent
        self.controller = air.join(line, ADDRESS)
        self.agent.start("/run/tests/attach", "/dev/hvc0")
        wait_until("it has an adapter", lambda: "hci0" in self.agent.shell("ls /sys/class/bluetooth"))
        self.has_bluez = False

    def write(self, name, text):
        path = f"/run/{name}"
        self.agent.write(path, text.encode() if isinstance(text, str) else text)
        return path

    def companion(self, *words, timeout=120):
        """Our companion, as built for hosts, on this guest's kernel."""
        return self.agent.run("/run/tests/companion", "--bluetooth", *words, timeout=timeout)

    def bluez(self):
        """bluetoothd, which bleak needs and the companion does not."""
        if not self.has_bluez:
            self.agent.shell("mkdir -p /run/dbus; dbus-daemon --system --fork")
            self.bluetoothd = self.agent.start("/usr/libexec/bluetooth/bluetoothd", "--nodetach")
            wait_until("bluetoothd has the adapter", lambda: self._adapter("Powered"), 60)
            self.has_bluez = True

    def _adapter(self, name):
        call = ("org.freedesktop.DBus.Properties.Get", "string:org.bluez.Adapter1", f"string:{name}")
        done = self.agent.run(
            "dbus-send", "--system", "--print-reply", "--dest=org.bluez", "/org/bluez/hci0", *call, timeout=30
        )
        return "boolean true" in done.stdout

    def version(self):
        return self.agent.shell("/usr/libexec/bluetooth/bluetoothd --version").strip()

    def close(self):
        self.guest.close()
