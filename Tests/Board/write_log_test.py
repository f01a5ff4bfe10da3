"""Every write to the state disk of one life (link, order, renewal, order) is logged by QEMU. The disk is then put together
as it was at each flush, when all before it was durable and nothing after it had happened, and a daemon is started on it in
a guest: nothing that was acknowledged by then is lost, nothing is ordered twice, nothing needs repair.

The gate looks at a sample of the flushes, the soak at all of them.
"""

import shutil

from processes import run, wait_until
from write_log import WriteLog

FIRST = 1 << 20  # the images of the disk follow one another in one file from here on, so that none has a label at 0


class Life:
    """What the device had acknowledged, and how long the log was then."""

    def __init__(self, log):
        self.log, self.moments = log, []

    def note(self, **facts):
        self.moments.append((WriteLog.length(self.log), facts))

    def known_after(self, entries):
        """Everything that was acknowledged before the log had this many entries."""
        known = {"link": "unlinked", "presses": {}}
        for length, facts in self.moments:
            if length <= entries:
                known["link"] = facts.get("link", known["link"])
                known["presses"] |= facts.get("presses", {})
        return known


def live(board, amazon, log):
    """One life, logged. The phone, the presses and the renewal one after the other, and then the power goes."""
    life = Life(log)
    board.boot(
        state_drive=[
            *("-blockdev", f"driver=file,filename={board.state_disk},node-name=state-file"),
            *("-blockdev", f"driver=file,filename={log},node-name=log-file"),
            *("-blockdev", "driver=raw,file=state-file,node-name=state-raw"),
            *("-blockdev", "driver=blklogwrites,node-name=state,file=state-raw,log=log-file,log-super-update-interval=1"),
        ]
    )
    linking = board.companion()
    assert linking.returncode == 0, linking.stdout + linking.stderr
    life.note(link="linked")
    board.wait_for_link("linked")
    # Two slots, so that both orders are under way when older disks are looked at.
    for slot in ("coffee", "filter"):
        if slot == "filter":
            amazon.ask("POST", "tokens/expire")
        press = board.press(slot)
        life.note(presses={press["id"]: "noted"})
        end = board.settled(slot)
        assert end["state"] == "test-ordered"
        # The event, which is logged, comes when the outcome is on disk.
        wait_until("the outcome is on disk", lambda end=end: f"({end['instance-id']})" in board.log())
        life.note(presses={press["id"]: end["instance-id"]})
    board.cut()
    return life


def check_file_system(image):
    """The journal is replayed, as the kernel does when it mounts; then there must be nothing to mend."""
    replayed = run(["e2fsck", "-E", "journal_only", "-p", image])
    assert replayed.returncode in (0, 1), replayed.stdout + replayed.stderr
    checked = run(["e2fsck", "-f", "-n", image])
    assert checked.returncode == 0, checked.stdout + checked.stderr


def check_records(board, amazon, offset, facts):
    """Starts the daemon on one of the images; says what state it found."""
    agent = board.guest.agent
    orders, tried = len(amazon.orders()), amazon.count("replenish")
    agent.shell(
        "busybox losetup -o %d /dev/loop0 %s; mkdir -p /run/check;"
        " mount -t ext4 -o nosuid,nodev,noexec /dev/loop0 /run/check;"
        " mount -o bind /run/check/data /var/lib/dash-button" % (offset, board.bundle)
    )
    board.start_daemon()
    status = board.status()
    presses = {press["id"]: press for press in status["presses"]}
    try:
        if facts["link"] == "linked":
            assert status["link"] == "linked", (status, facts)
        else:
            status = board.wait_for_link("setup-open", "linked")
        for number, known in facts["presses"].items():
            assert number in presses, f"an acknowledged press is lost: {number} of {status}"
            if known != "noted":
                assert presses[number]["state"] == "test-ordered" and presses[number]["instance-id"] == known
        undecided = [press for number, press in presses.items() if facts["presses"].get(number, "noted") == "noted"]
        for press in undecided:
            end = board.settled(press["slot"])
            assert end["state"] in ("already-ordered", "test-ordered", "in-doubt"), end
        assert amazon.count("replenish") - tried <= 2 * len(undecided)
        assert len(amazon.orders()) == orders, "something was ordered again"
    finally:
        board.stop_daemon()
        agent.shell("umount /var/lib/dash-button; umount /run/check; busybox losetup -d /dev/loop0")
    return status["link"] + ", " + (" ".join(sorted(press["state"] for press in presses.values())) or "no press")


def test_every_flush(new_board, amazon, chance, tell, is_soak, tmp_path):
    board = new_board()
    board.disk_size = "8M"
    board.make_disk()
    at_first = tmp_path / "first"
    shutil.copy(board.state_disk, at_first)
    log = tmp_path / "log"
    log.touch()
    life = live(board, amazon, log)
    orders = amazon.orders()
    assert len(orders) == 2

    written = WriteLog(log)
    flushes = written.flushes()
    assert len(flushes) >= 10, "a life without flushes cannot be safe"
    chosen = flushes if is_soak else sorted({flushes[0], flushes[-1], *chance.sample(flushes, min(10, len(flushes)))})
    image, bundle = tmp_path / "image", tmp_path / "bundle"
    size, done = at_first.stat().st_size, 0
    with open(at_first, "r+b") as disk, open(bundle, "wb") as all_images:
        for number, entries in enumerate(chosen):
            written.replay(disk, done, entries)
            done = entries
            disk.flush()
            shutil.copy(at_first, image)
            check_file_system(image)
            all_images.seek(FIRST + number * size)
            with open(at_first, "rb") as now:
                shutil.copyfileobj(now, all_images, 1 << 20)

    board.boot(["-drive", f"if=none,id=bundle,format=raw,file={bundle}", "-device", "virtio-blk-device,drive=bundle"])
    # The one disk of that size.
    board.bundle = board.guest.agent.shell(
        f"for disk in /dev/vd?; do [ $(cat /sys/class/block/${{disk#/dev/}}/size) = {bundle.stat().st_size // 512} ]"
        " && echo $disk; done; true"
    ).strip()
    assert board.bundle.startswith("/dev/vd")
    board.stop_daemon()
    board.guest.agent.shell("umount /var/lib/dash-button")
    found = []
    for number, entries in enumerate(chosen):
        found.append(check_records(board, amazon, FIRST + number * size, life.known_after(entries)))
    assert board.guest.kernel_log_has_trouble() == []
    counts = {what: found.count(what) for what in dict.fromkeys(found)}
    tell(f"{len(written.entries)} writes, {len(flushes)} flushes, {len(chosen)} of them started from: {counts}")
