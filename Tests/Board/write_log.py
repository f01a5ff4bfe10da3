"""QEMU's log of every write to a disk (its driver blklogwrites; the format of Linux's dm-log-writes), and the disk as it
was at any flush: what a power cut right after it would have left."""

import dataclasses
import struct

MAGIC, VERSION = 0x6A736677736872, 1
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8


@dataclasses.dataclass
class Entry:
    sector: int
    count: int
    flags: int
    at: int  # where its data lies in the log


class WriteLog:
    def __init__(self, path):
        self.file = open(path, "rb")
        magic, version, count, self.sector_size = struct.unpack("<QQQI", self.file.read(28))
        assert magic == MAGIC and version == VERSION, f"{path} is no write log"
        self.entries = []
        at = self.sector_size
        for _ in range(count):
            self.file.seek(at)
            sector, sectors, flags, _ = struct.unpack("<QQQQ", self.file.read(32))
            at += self.sector_size
            self.entries.append(Entry(sector, sectors, flags, at))
            if not flags & DISCARD:
                at += sectors * self.sector_size

    @staticmethod
    def length(path):
        """How many entries a log has that is still being written."""
        with open(path, "rb") as file:
            return struct.unpack("<QQQI", file.read(28))[2]

    def flushes(self):
        """After how many entries the disk was told to make all before durable."""
        return [number + 1 for number, entry in enumerate(self.entries) if entry.flags & (FLUSH | FUA)]

    def replay(self, disk, begin, end):
        """Does the writes from entry `begin` to before `end` to an open file."""
        for entry in self.entries[begin:end]:
            disk.seek(entry.sector * self.sector_size)
            size = entry.count * self.sector_size
            if entry.flags & DISCARD:
                disk.write(bytes(size))
            elif size:
                self.file.seek(entry.at)
                disk.write(self.file.read(size))

    def close(self):
        self.file.close()
