"""Many links one after the other in one guest, none of which may cost the daemon anything that stays."""

import pytest

LINKS = 100


@pytest.mark.soak
def test_a_hundred_links_without_a_restart(radio, amazon, tell):
    """Linked, unlinked by its owner, and linked again by the next phone; the same process all along."""
    pid, memory = radio.board.pid(), []
    for number in range(LINKS):
        phone = radio.phone(mtu=(247, 23, 517)[number % 3])
        phone.link(radio.code, radio.login)
        radio.board.wait_for_link("linked")
        phone.wait_until_hung_up()
        memory.append(private(radio, pid))
        unlinked = radio.board.ctl("unlink", keep=False)
        assert unlinked.returncode == 0, unlinked.stderr
        radio.board.wait_for_link("unlinked")
        opened = radio.board.ctl("setup", keep=False)
        assert opened.returncode == 0, opened.stderr
        radio.wait_until_advertising()
        radio.air.clear()
    assert radio.board.pid() == pid, "it was never started again"
    early, late = memory[9], memory[-1]
    tell(f"{LINKS} links over Bluetooth, one process: private memory {memory[0]} KiB after the first, {early} KiB after"
         f" the tenth, {late} KiB after the last")
    # What caches and the heap took by then they keep; a leak of a hundred bytes a link would not be seen, of 1 KiB would.
    assert late <= early + 64


def private(radio, pid):
    """What the process has for itself, in KiB."""
    lines = radio.shell(f"cat /proc/{pid}/smaps_rollup").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Dirty", "Private_Clean")))
