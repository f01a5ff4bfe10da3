"""QEMU's control channel."""

import json
import socket


class QMP:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("r")
        self._answer()  # the greeting
        self("qmp_capabilities")

    def __call__(self, command, **arguments):
        self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        answer = self._answer()
        if "error" in answer:
            raise RuntimeError(f"QEMU refuses {command} {arguments}: {answer['error']['desc']}")
        return answer["return"]

    def _answer(self):
        """The next message that is no event."""
        while True:
            line = self.lines.readline()
            if not line:
                raise ConnectionError("QEMU has gone")
            message = json.loads(line)
            if "event" not in message:
                return message

    def close(self):
        self.lines.close()
        self.socket.close()
