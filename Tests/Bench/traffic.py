"""A relay that sits between a client and the stand-in and notes when each TLS record of the client arrives.

It copies bytes and reads record headers (RFC 8446 section 5.1); it cannot read what is encrypted. What a record is, it
tells by type and length: a client's Finished is at most 69 bytes and an alert 19, a request of ours is over 200.
"""

import collections
import socket
import threading
import time

HANDSHAKE, APPLICATION_DATA = 22, 23
SHORTEST_REQUEST = 128

Record = collections.namedtuple("Record", "at connection kind")


class RecordReader:
    """Finds the record headers in a stream, and says when each one's first bytes came."""

    def __init__(self):
        self.header = b""
        self.rest = 0
        self.began = None

    def take(self, data, now):
        found = []
        position = 0
        while position < len(data):
            if self.rest:
                step = min(self.rest, len(data) - position)
                self.rest -= step
                position += step
                continue
            if not self.header:
                self.began = now
            step = min(5 - len(self.header), len(data) - position)
            self.header += data[position : position + step]
            position += step
            if len(self.header) == 5:
                self.rest = int.from_bytes(self.header[3:5], "big")
                found.append((self.began, self.header[0], self.rest))
                self.header = b""
        return found


class Recorder:
    """One relay on a port of its own. Keeps `hello`, `server` and `request` records with the time they came."""

    def __init__(self, target_port):
        self.target = ("127.0.0.1", target_port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.records = []
        self.news = threading.Condition()
        self.open = {}
        self.count = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.news:
                self.count += 1
                number = self.count
                self.open[number] = (client, server)
            threading.Thread(target=self._relay, args=(number, client, server, True), daemon=True).start()
            threading.Thread(target=self._relay, args=(number, server, client, False), daemon=True).start()

    def _relay(self, number, source, sink, is_client):
        reader = RecordReader()
        heard_server = False
        while True:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            now = time.monotonic_ns()
            if not data:
                break
            # Passed on before it is looked at, so that looking costs the other side nothing.
            try:
                sink.sendall(data)
            except OSError:
                break
            if is_client:
                self._note(number, reader.take(data, now))
            elif not heard_server:
                heard_server = True
                self._add([Record(now, number, "server")])
        for end, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
            try:
                end.shutdown(how)
            except OSError:
                pass
        if not is_client:
            with self.news:
                self.open.pop(number, None)
                self.news.notify_all()

    def _note(self, number, found):
        records = []
        with self.news:
            # The server may have answered, and that be noted, before this thread comes to note what it answered to.
            greeted = any(record.connection == number and record.kind == "hello" for record in self.records)
        for at, kind, length in found:
            if kind == HANDSHAKE and not greeted:
                greeted = True
                records.append(Record(at, number, "hello"))
            elif kind == APPLICATION_DATA and length >= SHORTEST_REQUEST:
                records.append(Record(at, number, "request"))
        if records:
            self._add(records)

    def _add(self, records):
        with self.news:
            self.records += records
            self.news.notify_all()

    def since(self, start, kind):
        with self.news:
            return [record for record in self.records if record.at >= start and record.kind == kind]

    def wait_for_requests(self, start, count, timeout=30):
        """The first `count` requests that arrived after `start`."""
        deadline = time.monotonic() + timeout
        with self.news:
            while True:
                found = [record for record in self.records if record.at >= start and record.kind == "request"]
                if len(found) >= count:
                    return found[:count]
                if not self.news.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"{count} requests did not reach the recorder within {timeout} s")

    def handshake(self, record):
        """How long the server took from the ClientHello to its first bytes, on a request's connection."""
        with self.news:
            times = {entry.kind: entry.at for entry in reversed(self.records) if entry.connection == record.connection}
        return times["server"] - times["hello"]

    def close_connections(self, timeout=5):
        """Closes as a server does that is tired of an idle connection: it hears the end, says close_notify and goes."""
        with self.news:
            pairs = list(self.open.values())
        for _, server in pairs:
            try:
                server.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        deadline = time.monotonic() + timeout
        with self.news:
            while self.open:
                if not self.news.wait(max(deadline - time.monotonic(), 0.001)):
                    raise TimeoutError("the stand-in did not close its connections")

    def close(self):
        self.listener.close()
        with self.news:
            pairs = list(self.open.values())
        for pair in pairs:
            for end in pair:
                end.close()
