"""One machine in QEMU, from its power-on to the moment that its power is cut."""

import re
import shutil
import signal
import subprocess
import tempfile
import pathlib

from agent import Agent
from processes import PATIENCE, end, run, start, wait_until
from qmp import QMP

HERE = pathlib.Path(__file__).resolve().parent


def must(command, timeout=PATIENCE):
    """Runs a program that has to succeed; gives back what it said."""
    done = run(command, timeout)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Image:
    """What Boards/image made for a board, and the disk of test tools beside it.

    With a release or additions it is another image than the board's own, which is made here if it is not there yet.
    """

    bus = "device"  # what the names of its virtio devices end in

    def __init__(self, root, board, folder, release="", additions=()):
        self.root, self.board = root, board
        folder = folder / "-".join(("image", release, *additions))
        folder.mkdir()
        if release or additions:
            programs = root / ".build-board" / board / "bin"
            must([root / "Boards" / "image", "--programs", programs, *self._options(release, additions), board], 900)
        must([root / "Tests" / "Board" / "tools", board, folder, release, *additions], 300)
        self.command = must(
            [root / "Boards" / "qemu", "--print", *self._options(release, additions), board]
        ).splitlines()
        self.folder = pathlib.Path(self.command[self.command.index("-kernel") + 1]).parent
        self.tools = folder
        self.initramfs = folder / "initramfs"
        self.tools_disk = folder / "tools.ext4"

    @staticmethod
    def _options(release, additions):
        words = ["--release", release] if release else []
        return words + [word for addition in additions for word in ("--with", addition)]

    def state(self, output, *files, size="16M"):
        """A state partition with these files of the factory's."""
        made = run([self.root / "Boards" / "image-state", "--size", size, "--output", output, *files])
        assert made.returncode == 0, made.stderr
        return output


class PhoneImage:
    """What Phone/root made: a PC with BlueZ, in which our companion and bleak run."""

    bus = "pci"

    def __init__(self, root, binaries, folder):
        self.folder = root / ".build-image" / "phone"
        must([HERE / "Phone" / "root"], 900)
        must([HERE / "Phone" / "tools", binaries, folder], 120)
        self.initramfs, self.tools_disk = self.folder / "initramfs", folder / "phone-tools.ext4"
        # Emulated even where the host could do better: the same everywhere.
        self.command = [
            *("qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu", "max", "-m", "512"),
            *("-nodefaults", "-display", "none", "-no-reboot", "-kernel", self.folder / "kernel"),
            *("-append", "console=ttyS0 quiet panic=-1", "-device", "virtio-rng-pci"),
            *("-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net"),
        ]


class Guest:
    def __init__(self, image, state, options=(), state_drive=None):
        """Boots. `state` is the file of the state disk, None for none; `state_drive` replaces QEMU's words for it."""
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="guest-"))
        self.console_file = self.home / "console"
        self.agent = self.qmp = None
        drive = state_drive or (["-drive", f"if=none,id=state,format=raw,file={state}"] if state else [])
        block, serial = f"virtio-blk-{image.bus}", f"virtio-serial-{image.bus}"
        command = [
            *image.command,
            *("-initrd", image.initramfs),
            *("-drive", f"if=none,id=root,format=raw,readonly=on,file={image.folder}/root.ext4"),
            *("-device", f"{block},drive=root"),
            *("-drive", f"if=none,id=tools,format=raw,readonly=on,file={image.tools_disk}"),
            *("-device", f"{block},drive=tools"),
            *drive,
            *(("-device", f"{block},drive=state") if drive else ()),
            *("-chardev", f"file,id=console,path={self.console_file}", "-serial", "chardev:console"),
            *("-chardev", f"socket,id=agent,path={self.home}/agent,server=on,wait=off"),
            *("-device", serial, "-device", "virtserialport,chardev=agent,name=agent"),
            *("-qmp", f"unix:{self.home}/qmp,server=on,wait=off"),
            *options,
        ]
        self.said = open(self.home / "qemu.log", "wb")
        self.process = start(command, stdin=subprocess.DEVNULL, stdout=self.said, stderr=self.said)
        try:
            wait_until("QEMU is there", lambda: self._alive() and (self.home / "qmp").exists())
            self.qmp = wait_until("QEMU answers", lambda: self._alive() and self._connect(QMP, "qmp"))
            self.agent = wait_until("the agent's port is there", lambda: self._connect(Agent, "agent"))
            wait_until("the guest has booted", lambda: self._alive() and self.agent.ready.is_set(), 180, self.console)
        except BaseException:
            self.close()
            raise

    def _connect(self, kind, name):
        try:
            return kind(self.home / name)
        except OSError:
            return None

    def _alive(self):
        assert self.process.poll() is None, f"QEMU ended: {(self.home / 'qemu.log').read_text()}\n{self.console()}"
        return True

    def console(self):
        text = self.console_file.read_text(errors="replace") if self.console_file.exists() else ""
        return text.replace("\r", "")

    def press_power_button(self):
        """A pulse of 100 ms on line 3 of the PL061."""
        self.qmp("system_powerdown")

    def cut(self):
        """The power is gone: nothing in the guest or in QEMU can prepare for it."""
        end(self.process, signal.SIGKILL)

    def power_off(self):
        """An orderly end, by the guest's own init."""
        self.agent.start("/bin/poweroff")
        wait_until("the guest is off", lambda: self.process.poll() is not None, explain=self.console)
        assert self.process.returncode == 0, (self.home / "qemu.log").read_text()

    def close(self):
        for part in (self.agent, self.qmp):
            if part:
                part.close()
        end(self.process, signal.SIGKILL)
        self.said.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def kernel_log_has_trouble(self):
        """Lines of the console that no healthy boot has."""
        return [
            line
            for line in self.console().splitlines()
            if re.search(r"EXT4-fs (error|warning)|Buffer I/O error|Kernel panic|Oops|cannot be mounted", line)
        ]
