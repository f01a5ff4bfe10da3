"""The image under test, one emulator for all tests, one guest shared by the tests that can, and guests of one's own."""

import os
import pathlib
import random
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.append(str(HERE.parent / "EndToEnd"))

from amazon import Amazon  # noqa: E402
from board import Board  # noqa: E402
from device import Factory, Programs  # noqa: E402
from guest import Image  # noqa: E402


# The lanes of `run --lanes`, which take about the same time; the fourth has all that is in none. Memory is measured in a lane
# of its own when the others have passed.
LANES = {
    "1": {"bluetoothd_test.py"},
    "2": {"clock_test.py", "power_cut_test.py", "systemd_test.py"},
    "3": {"att_test.py", "bluetooth_test.py", "pairing_test.py", "write_log_test.py"},
    "4": set(),
    "memory": {"memory_test.py"},
}


def lane_of(item):
    # What a file repeats with another release has guests of its own.
    if "bookworm" in item.name:
        return "4"
    return next((lane for lane, files in LANES.items() if item.path.name in files), "4")


def pytest_addoption(parser):
    parser.addoption("--board", required=True, help="the board whose image is tested")
    parser.addoption("--binaries", required=True, metavar="FOLDER", help="companion and replenish-factory, for this machine")
    parser.addoption("--emulator", required=True, metavar="FILE", help="the program amazon-emulator")
    parser.addoption("--soak", action="store_true", help="the long run: more cuts, and what takes too long for the gate")
    parser.addoption("--lane", choices=list(LANES), help="a part of the tests; without it all of them")
    parser.addoption("--keep", action="store_true", help="keep the folders of the devices")


def pytest_collection_modifyitems(config, items):
    """Chooses the tests for this kind of image, and leaves what is long to the soak."""
    is_card = (folder_of(config) / "sd.img").exists()

    def is_wanted(item):
        if (item.path.name == "card_test.py") != is_card:
            return False
        if config.getoption("--lane") not in (None, lane_of(item)):
            return False
        return config.getoption("--soak") or not item.get_closest_marker("soak")

    out = [item for item in items if not is_wanted(item)]
    # Memory is measured when everything else has passed.
    items[:] = sorted(filter(is_wanted, items), key=lambda item: item.path.name == "memory_test.py")
    config.hook.pytest_deselected(items=out)


def folder_of(config):
    return ROOT / ".build-image" / config.getoption("--board")


@pytest.fixture(scope="session")
def board_name(request):
    return request.config.getoption("--board")


@pytest.fixture(scope="session")
def board_folder(request):
    return folder_of(request.config)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for board in item.session.boards:
            if board.guest:
                report.sections.append(("console", board.log()[-8000:]))


def pytest_sessionstart(session):
    session.boards = []


@pytest.fixture(scope="session")
def workshop():
    with tempfile.TemporaryDirectory(prefix="board-") as folder:
        yield pathlib.Path(folder)


@pytest.fixture(scope="session")
def programs(request):
    return Programs(request.config.getoption("--binaries"))


@pytest.fixture(scope="session")
def factory(programs, workshop):
    return Factory(programs, workshop)


@pytest.fixture(scope="session")
def image(request, workshop):
    return Image(ROOT, request.config.getoption("--board"), workshop)


@pytest.fixture(scope="session")
def bluez_image(request, workshop):
    """Gives the image with bluetoothd in it, of the board's own release or of another."""
    made = {}

    def image(release=""):
        if release not in made:
            made[release] = Image(ROOT, request.config.getoption("--board"), workshop, release, ["bluez"])
        return made[release]

    return image


@pytest.fixture(scope="session")
def systemd_image(request, workshop):
    """The board's image with systemd as its init."""
    return Image(ROOT, request.config.getoption("--board"), workshop, additions=["systemd"])


@pytest.fixture(scope="session")
def running_amazon(request, workshop):
    program = pathlib.Path(request.config.getoption("--emulator")).resolve()
    amazon = Amazon(program, workshop, ["--name", "10.0.2.2"])
    yield amazon
    amazon.close()


@pytest.fixture
def amazon(running_amazon):
    running_amazon.reset()
    return running_amazon


@pytest.fixture(scope="session")
def shared_board(request, programs, factory, running_amazon, image):
    """A guest that the tests which need nothing special of it share."""
    board = Board(programs, factory, running_amazon, image)
    request.session.boards.append(board)
    yield board.boot()
    request.session.boards.remove(board)
    board.close(keep=request.config.getoption("--keep"))


@pytest.fixture
def fresh(shared_board, amazon):
    """A board that runs and is linked to nobody."""
    return shared_board.renew()


@pytest.fixture(scope="session")
def radios(request, programs, factory, running_amazon, image):
    """A guest whose controller hangs in the virtual air, for the tests of Bluetooth on kernel sockets."""
    from bluetooth_test import Radio

    radio = Radio(request, programs, factory, running_amazon, image)
    yield radio
    radio.close(request)


@pytest.fixture
def radio(radios, amazon):
    return radios.fresh()


@pytest.fixture
def linked(fresh):
    return fresh.link()


@pytest.fixture
def new_board(request, programs, factory, amazon, image):
    """Makes boards that the test may boot and cut as it likes."""
    made = []

    def make(sections=()):
        board = Board(programs, factory, amazon, image, sections)
        made.append(board)
        request.session.boards.append(board)
        return board

    yield make
    for board in made:
        request.session.boards.remove(board)
        board.close(keep=request.config.getoption("--keep"))


@pytest.fixture(scope="session")
def is_soak(request):
    return request.config.getoption("--soak")


@pytest.fixture
def chance(request, capsys):
    """Randomness that can be had again."""
    seed = int(os.environ.get("BOARD_SEED") or random.SystemRandom().randrange(1 << 32))
    with capsys.disabled():
        print(f"\n  {request.node.name}: BOARD_SEED={seed}")
    return random.Random(f"{seed} {request.node.name}")


@pytest.fixture
def tell(capsys):
    """Prints in the middle of a run, for figures that people read."""

    def tell(text):
        with capsys.disabled():
            print(f"\n  {text}", end="")

    return tell
