"""What a process keeps in memory, from /proc/PID/smaps_rollup and /proc/PID/smaps. All numbers are KiB."""

import collections
import re
import statistics
import time

FIELDS = {
    "resident": ("Rss",),
    "pss": ("Pss",),
    "private_dirty": ("Private_Dirty",),
    "private_clean": ("Private_Clean",),
    "anonymous": ("Anonymous",),
    "pss_anonymous": ("Pss_Anon",),
}


def once(pid):
    text = open(f"/proc/{pid}/smaps_rollup").read()
    values = {name: int(value) for name, value in re.findall(r"^(\w+): +(\d+) kB$", text, re.M)}
    return {name: sum(values.get(key, 0) for key in keys) for name, keys in FIELDS.items()}


def sampled(pid, samples=10, pause=0.2):
    """The median of some samples, field by field."""
    taken = []
    for _ in range(samples):
        taken.append(once(pid))
        time.sleep(pause)
    return median(taken)


def median(samples):
    return {name: statistics.median(sample[name] for sample in samples) for name in FIELDS}


def mappings(pid):
    """Private dirty memory by what is mapped, most first; a library's parts are added up."""
    sums = collections.Counter()
    name = None
    for line in open(f"/proc/{pid}/smaps"):
        head = re.match(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)$", line)
        if head:
            path = head[1]
            # Without a name: memory that malloc or a thread's stack took, or the zeroed part behind a library's data.
            name = path.rsplit("/", 1)[-1] if path else "[anonymous]"
        elif line.startswith("Private_Dirty:"):
            sums[name] += int(line.split()[1])
    return [(name, size) for name, size in sums.most_common() if size]


def threads(pid):
    return int(re.search(r"^Threads:\s+(\d+)", open(f"/proc/{pid}/status").read(), re.M)[1])
