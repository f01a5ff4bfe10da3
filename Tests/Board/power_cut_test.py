"""QEMU killed at moments nobody chose, while the board links, orders and renews its tokens on an ext4 disk.

The next boot is checked: nothing lost, nothing doubled, no repair by hand. The moments come from a seed that is printed.
"""

import os
import shutil
import time

from device import OPEN
from processes import PATIENCE, wait_until
from restart_test import check_press


def boot_again(board):
    board.cut()
    board.boot()
    assert board.guest.kernel_log_has_trouble() == []


def cut_a_link(board, amazon, chance):
    """A device as from the factory is linked; gives back what came of it."""
    amazon.script("token", "delay", seconds=0.1, times=1000)
    board.boot()
    linking = board.companion_in_background()
    time.sleep(chance.uniform(0, 1.5))
    boot_again(board)
    linking.communicate(timeout=PATIENCE)
    amazon.clear_script()
    status = board.wait_for_link("setup-open", "linked")
    tokens = board.record("link")
    if status["link"] == "linked":
        # What was on disk, unproved or not, was finished without the phone.
        assert tokens["phase"] == "linked" and status["generation"] >= 1
        board.press()
        assert board.settled()["state"] == "test-ordered"
        assert len(amazon.orders()) == 1
    else:
        assert linking.returncode != 0, "the phone was told that it worked, and it did not"
        assert tokens is None and status["generation"] is None
        wait_until("no delay after guesses", lambda: board.status()["guesses"]["wait-seconds"] == 0, 310)
        board.link()
    board.cut()
    return status["link"]


def cut_a_press(board, amazon, chance, is_renewing):
    before = len(amazon.orders())
    if is_renewing:
        amazon.ask("POST", "tokens/expire")
        amazon.script("token.refresh_token", chance.choice(["delay", "delayAnswer"]), seconds=0.3)
    amazon.script("replenish", chance.choice(["delay", "delayAnswer"]), seconds=0.3)
    if chance.random() < 0.5:
        pressing = board.ctl_in_background("press", "coffee")
        time.sleep(chance.uniform(0, 0.8))
        boot_again(board)
        is_known = check_press(board, amazon, pressing, before)
    else:
        # A real press is acknowledged to nobody but by the light: at most one order, and no order unknown.
        board.guest.press_power_button()
        time.sleep(chance.uniform(0, 0.8))
        boot_again(board)
        news = [press for press in board.presses() if press["id"] not in board.known]
        is_known = bool(news)
        if news:
            end = board.settled()
            board.known.add(end["id"])
            assert end["state"] in ("test-ordered", "already-ordered", "in-doubt"), end
        orders = amazon.orders()[before:]
        assert len(orders) <= len(news) <= 1, (orders, news)
    amazon.clear_script()
    amazon.deliver()
    status = board.wait_for_link("linked")
    assert status["link"] == "linked"
    return is_known


def test_power_cuts(new_board, amazon, chance, tell, is_soak):
    cuts = int(os.environ.get("BOARD_CUTS") or (110 if is_soak else 10))
    made = new_board().make_disk()
    as_made = made.home / "as-made.ext4"
    shutil.copy(made.state_disk, as_made)
    reached = []
    for _ in range(cuts * 3 // 10):
        amazon.reset()
        shutil.copy(as_made, made.state_disk)
        reached.append("link: " + cut_a_link(made, amazon, chance))
    amazon.reset()
    shutil.copy(as_made, made.state_disk)
    made.boot().link()
    made.known = set()
    for number in range(cuts - len(reached)):
        is_renewing = number % 2 == 1
        is_known = cut_a_press(made, amazon, chance, is_renewing)
        reached.append(f"{'renewal' if is_renewing else 'press'}: {'known' if is_known else 'not noted yet'}")
    assert not any(press["state"] in OPEN for press in made.presses())
    counts = {what: reached.count(what) for what in sorted(set(reached))}
    tell(f"{len(reached)} power cuts, none lost or doubled an order: {counts}")
