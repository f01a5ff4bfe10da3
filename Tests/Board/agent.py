"""The host's end of the agent in the guest (Guest/agent.c): programs run there, and its sockets reached from here."""

import os
import queue
import socket
import struct
import subprocess
import threading
import time

from processes import PATIENCE


class Gone(ConnectionError):
    """The guest is no more: its power was cut."""


class GuestProgram:
    """A program that runs in the guest; as far as the tests need it, like subprocess.Popen."""

    def __init__(self, agent, words, data):
        self.agent, self.args, self.returncode = agent, words, None
        self.frames = queue.SimpleQueue()
        self.output, self.error = b"", b""
        self.number = agent.open(self.frames)
        packed = bytes([len(words)]) + b"".join(str(word).encode() + b"\0" for word in words)
        agent.send(b"R", self.number, packed + data)

    def _take(self, timeout):
        try:
            kind, data = self.frames.get(timeout=timeout)
        except queue.Empty:
            return False
        if kind == b"O":
            self.output += data
        elif kind == b"E":
            self.error += data
        elif kind == b"X":
            self.returncode = os.waitstatus_to_exitcode(struct.unpack("<i", data)[0]) if data else -9
            if not data:
                self.error += b"the guest is gone"
        return True

    def poll(self):
        while self.returncode is None and self._take(0.001):
            pass
        return self.returncode

    def communicate(self, timeout=PATIENCE):
        deadline = time.monotonic() + timeout
        while self.returncode is None:
            if not self._take(max(0.001, deadline - time.monotonic())) and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(self.args, timeout)
        return self.output.decode(errors="replace"), self.error.decode(errors="replace")

    def kill(self):
        self.agent.send(b"X", self.number)


class Agent:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.streams, self.numbers, self.lock = {}, 0, threading.Lock()
        self.ready, self.gone = threading.Event(), False
        threading.Thread(target=self._read, daemon=True).start()

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise Gone("the guest is gone")
            data += more
        return data

    def _read(self):
        try:
            while True:
                (size,) = struct.unpack("<I", self._exactly(4))
                frame = self._exactly(size)
                kind, number, data = frame[:1], *struct.unpack("<I", frame[1:5]), frame[5:]
                if kind == b"H":
                    self.ready.set()
                with self.lock:
                    stream = self.streams.pop(number, None) if kind == b"X" else self.streams.get(number)
                if stream:
                    stream.put((kind, data))
        except OSError:
            pass
        with self.lock:
            self.gone = True
            left, self.streams = self.streams, {}
        for stream in left.values():
            stream.put((b"X", b""))

    def open(self, stream):
        with self.lock:
            if self.gone:
                raise Gone("the guest is gone")
            self.numbers += 1
            self.streams[self.numbers] = stream
            return self.numbers

    def send(self, kind, number, data=b""):
        try:
            with self.lock:
                self.socket.sendall(struct.pack("<IcI", len(data) + 5, kind, number) + data)
        except OSError:
            raise Gone("the guest is gone") from None

    def start(self, *words, data=b""):
        return GuestProgram(self, [str(word) for word in words], data)

    def run(self, *words, data=b"", timeout=PATIENCE):
        """Runs a program to its end, like processes.run."""
        program = self.start(*words, data=data)
        output, error = program.communicate(timeout)
        return subprocess.CompletedProcess(program.args, program.returncode, output, error)

    def shell(self, script, timeout=PATIENCE):
        """Runs lines of shell that must succeed; gives back what they said."""
        done = self.run("/bin/busybox", "sh", "-ec", script, timeout=timeout)
        assert done.returncode == 0, f"in the guest: {script}\n{done.returncode} {done.stdout}{done.stderr}"
        return done.stdout

    def read(self, path):
        """The bytes of a file in the guest."""
        program = self.start("/bin/cat", path)
        program.communicate()
        assert program.returncode == 0, program.error
        return program.output

    def write(self, path, data):
        done = self.run("/bin/busybox", "tee", path, data=data)
        assert done.returncode == 0, done.stderr

    def close(self):
        self.socket.close()


class Relay:
    """A SOCK_SEQPACKET socket on the host whose connections lead to one in the guest, packet by packet."""

    def __init__(self, agent, here, there):
        self.agent, self.there = agent, there
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(str(here))
        self.listener.listen(8)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                phone, _ = self.listener.accept()
                frames = queue.SimpleQueue()
                number = self.agent.open(frames)
                self.agent.send(b"C", number, self.there.encode())
            except OSError:
                return
            threading.Thread(target=self._to_phone, args=(phone, frames), daemon=True).start()
            threading.Thread(target=self._to_guest, args=(phone, number), daemon=True).start()

    def _to_phone(self, phone, frames):
        while (frame := frames.get())[0] == b"D":
            try:
                phone.send(frame[1])
            except OSError:
                break
        try:
            phone.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        phone.close()

    def _to_guest(self, phone, number):
        try:
            while data := phone.recv(65536):
                self.agent.send(b"D", number, data)
            self.agent.send(b"X", number)
        except OSError:
            pass

    def close(self):
        self.listener.close()
