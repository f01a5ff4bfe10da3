"""The results of the cloud's bench as plain text, and what so many devices take."""

import math
import statistics

from table import heading

METHOD = {
    "press": "Medians of the rounds. A press is PUT /v1/presses/ID over mutual TLS, from before it is sent (with"
    " handshakes: from before the connection) to its whole answer, which says 'ordered'. The bare endpoint does one"
    " insert and one update with full sync and one call to the same emulator. Processor time is the server's own.",
    "instances": "The same presses, keep-alive, on one PostgreSQL server on this disk with its defaults.",
    "waiting": "Each device holds one TLS connection with one request for a command. KiB of the cloud's process.",
}

# What the table of sizes assumes. None of it was measured; all of it is a maker's to change.
PRESSES_A_MONTH = 2  # of one device
PEAK = 5  # the busiest hour beside the mean
STATUSES_A_DAY = 1  # deviceStatus of one device, as DRS asks for
# A press: noted, sending, ended. A refresh: its lease, its tokens; each request needs one, since a token lives an hour.
PRESS_COMMITS, REFRESH_COMMITS = 3, 2
KEPT = 60  # seconds that an idle connection is held (RequestDeadline)
POLL = 270  # seconds that a device asks its request for commands to be held
YEARS = 3  # of presses that are kept
LINK = 3000  # bytes of one link: two sealed tokens of some 700 bytes, ownership, slots
LOADED = 0.5  # of what an instance can do is planned with


def show(results):
    where = results["machine"]
    print(f"\n{where['processor']}, Linux {where['kernel']}")
    print(
        "load (1, 5, 15 minutes) before: {:.1f} {:.1f} {:.1f}".format(*where["load"])
        + ", at the end: {:.1f} {:.1f} {:.1f}".format(*results["load_at_the_end"])
    )
    for part in ("press", "instances", "waiting"):
        if part in results:
            heading(part.upper(), METHOD[part])
            globals()[f"show_{part}"](results[part])
    if "doubles" in results:
        print()
        for name, counted in results["doubles"].items():
            print(
                f"  {name}: {counted['pressed']} slots pressed, {counted['orders']} orders, {counted['calls']} calls,"
                f" {counted['doubles']} doubles"
            )
    if "press" in results and "waiting" in results:
        show_sizes(results)
    heading("GOALS")
    for goal in results["goals"]:
        word, bound = "met   " if goal["met"] else "MISSED", "at least" if goal["at_least"] else "at most"
        print(f"  {word} {goal['goal']}: {goal['value']:.2f} {goal['unit']} (goal: {bound} {goal['limit']:g})")
    for note in results["notes"]:
        print(f"  note: {note}")


def median(rounds, key):
    return statistics.median(found[key] for found in rounds)


def show_press(table):
    columns = ("per_second", "p50", "p99", "cpu", "flush", "load")
    titles = ("presses/s", "p50 ms", "p99 ms", "cpu ms", "flush ms", "load")
    print(f"  {'':32}" + "".join(f"{title:>11}" for title in titles))
    for way, sides in table.items():
        for name, rounds in sides.items():
            print(f"  {way + ', ' + name:32}" + "".join(f"{median(rounds, key):11.2f}" for key in columns))
        for key, words in (("per_second", "presses/s"), ("p50", "p50"), ("p99", "p99")):
            pairs = zip(sides["cloud"], sides["bare endpoint"])
            ratios = sorted(ours[key] / theirs[key] for ours, theirs in pairs)
            print(
                f"    cloud to bare endpoint, {words}: {statistics.median(ratios):.2f}"
                f" (of each round: {', '.join(f'{ratio:.2f}' for ratio in ratios)})"
            )


def show_instances(table):
    print(f"  {'':32}{'presses/s':>11}{'p50 ms':>11}{'p99 ms':>11}{'cpu ms':>11}{'load':>11}")
    for name, rounds in table.items():
        columns = ("per_second", "p50", "p99", "cpu", "load")
        print(f"  {name:32}" + "".join(f"{median(rounds, key):11.2f}" for key in columns))


def show_waiting(found):
    print(f"  {found['held']} of {found['asked']} held after {found['seconds']:.0f} s {found['others']}")
    for key in ("resident", "private_dirty"):
        print(
            f"  {key.replace('_', ' '):14} {found['before'][key]:10.0f} before {found['during'][key]:10.0f} with them"
            f" = {found['each'][key]:.1f} KiB each"
        )
    print(f"  processor while everybody waits: {found['cpu_percent']:.1f} % of one core")


def show_sizes(results):
    cloud = {way: LOADED * median(sides["cloud"], "per_second") for way, sides in results["press"].items()}
    each = results["waiting"]["each"]["resident"]
    heading(
        "WHAT SO MANY DEVICES TAKE",
        f"Computed, not measured, from the numbers above and these assumptions: {PRESSES_A_MONTH} presses a month and"
        f" {STATUSES_A_DAY} status a day from each device, the busiest hour {PEAK} times the mean; each of them is a"
        f" new connection that is held {KEPT} s, with a refresh; a poll of {POLL} s; presses are kept"
        f" {YEARS} years; {LINK} bytes for a link; an instance is planned with half of what this machine did with"
        f" handshakes ({cloud['handshake']:.0f} requests/s), for polls with held connections ({cloud['keep-alive']:.0f}/s);"
        " two at least, so that one may fail.",
    )
    columns = [sizes(1_000_000 * factor, results, cloud, each) for factor in (1, 10, 100)]
    print(f"  {'':54}{'1 million':>17}{'10 million':>17}{'100 million':>17}")
    for row in columns[0]:
        print(f"  {row:54}" + "".join(f"{column[row]:>17}" for column in columns))


def sizes(devices, results, cloud, each):
    """The rows for so many devices."""
    presses = devices * PRESSES_A_MONTH / 30
    statuses = devices * STATUSES_A_DAY
    requests = (presses + statuses) / 86_400
    commits = presses / 86_400 * PRESS_COMMITS + requests * REFRESH_COMMITS
    instances = requests * PEAK / cloud["handshake"]
    presses_kept = devices * PRESSES_A_MONTH * 12 * YEARS
    stored = devices * (results["device_bytes"] + LINK) + presses_kept * results["press_bytes"]
    polls = devices / POLL
    return {
        "presses a day": short(presses),
        "requests, and refreshes, a second, mean / busiest hour": f"{short(requests)} / {short(requests * PEAK)}",
        "commits a second, busiest hour": short(commits * PEAK),
        "connections without the long poll, busiest hour": short(requests * PEAK * KEPT),
        "instances like this one, without it": short(max(2, math.ceil(instances))),
        "connections with the long poll": short(devices),
        "polls a second": short(polls),
        "instances with it, a poll counted as a press": short(math.ceil(instances + polls / cloud["keep-alive"])),
        "memory for them, GiB": short(devices * each / 1024 / 1024),
        "rows: devices / presses": f"{short(devices)} / {short(presses_kept)}",
        "database, GB": short(stored / 1e9),
    }


def short(value):
    """A number with three digits that count."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g}"
