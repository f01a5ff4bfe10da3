"""What is pressed: the cloud and the bare endpoint, and the devices that press."""

import json
import os
import pathlib
import statistics
import subprocess
import time

from cloud import Cloud
from processes import end, start, wait_until

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """The processor time that a process has had."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class BenchCloud(Cloud):
    """An instance of the cloud; with `like`, a further one on the database and keys of another."""

    def __init__(self, program, maker, amazon, cluster=None, like=None, options=()):
        self.like = like
        super().__init__(program, maker, amazon, options=["--proxy", "127.0.0.1", *options], cluster=cluster)

    def command(self, word, *words):
        # What a cloud does with its devices' list before it starts; the other one has done that.
        if self.like:
            self.database, self.keys = self.like.database, self.like.keys
        else:
            super().command(word, *words)

    @property
    def port(self):
        return int(self.device_url.rsplit(":", 1)[1])


class Bare:
    """The program bare-endpoint."""

    def __init__(self, program, maker, amazon, tokens, folder):
        self.log_file, ready, file = folder / "bare.log", folder / "bare-port", folder / "tokens"
        file.touch(mode=0o600)
        file.write_text("\n".join(tokens) + "\n")
        with open(self.log_file, "wb") as log:
            self.process = start(
                [program, "--database", folder / "bare.sqlite", "--certificate", maker.server]
                + ["--private-key", maker.server_key, "--maker-ca", maker.ca, "--amazon", amazon.url]
                + ["--amazon-ca", amazon.ca, "--access-tokens", file, "--ready-file", ready],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        wait_until("the bare endpoint listens", lambda: self.process.poll() is not None or ready.exists())
        if self.process.poll() is not None:
            raise RuntimeError(f"the bare endpoint ended:\n{self.log_file.read_text()}")
        self.port = int(ready.read_text())

    def close(self):
        self.process.stdin.close()
        end(self.process)


class Load:
    """The program press-load."""

    def __init__(self, program, maker, devices, at_once):
        self.program, self.maker, self.devices, self.at_once = program, maker, devices, at_once

    def words(self, word, devices, ports):
        ports = [text for port in ports for text in ("--port", port)]
        words = [self.program, word, "--fleet", self.maker.fleet, "--devices", devices]
        return words + ["--authority", self.maker.ca, *ports]

    def press(self, sides, slots, handshakes=False, to_all=False):
        """Every device presses these slots once; how fast that went, and what each side's processor did for it."""
        words = self.words("press", self.devices, [side.port for side in sides])
        words += ["--first-slot", slots.start, "--slots", len(slots), "--at-once", self.at_once]
        words += ["--handshakes"] * handshakes + ["--to-all"] * to_all
        before = [cpu_seconds(side.process.pid) for side in sides]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f"press-load: {done.stderr}")
        used = sum(cpu_seconds(side.process.pid) for side in sides) - sum(before)
        found = json.loads(done.stdout)
        times = sorted(found["milliseconds"])
        return {
            "presses": found["presses"],
            "per_second": found["presses"] / found["seconds"],
            "p50": statistics.median(times),
            "p99": times[min(len(times) - 1, int(len(times) * 0.99))],
            "cpu": 1000 * used / found["presses"],
            "states": found["states"],
        }

    def wait(self, side, devices):
        """Devices that wait for a command; how many do, what became of the others, and the process that holds them."""
        words = self.words("wait", devices, [side.port])
        process = start(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        count, _, others = process.stdout.readline().strip().partition(" ")
        return int(count or 0), others, process


def flush_milliseconds(folder, times=50):
    """What one durable write of a page costs on this disk just now."""
    taken = []
    file = os.open(folder / "flush", os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        for page in range(times):
            began = time.monotonic()
            os.pwrite(file, b"x" * 4096, 4096 * page)
            os.fdatasync(file)
            taken.append(1000 * (time.monotonic() - began))
    finally:
        os.close(file)
    return statistics.median(taken)
