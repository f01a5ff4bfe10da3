"""What all these tests look at: the repository, its boards, and one board's programs, built once."""

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOARDS = ROOT / "Boards"
BOARD = "raspberry-pi-4"


def run(*command, check=True, **options):
    """Runs a command and returns it with its output; a failure shows that output."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    assert not check or done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done


def board_names():
    return sorted(file.parent.name for file in BOARDS.glob("*/board.conf"))


def load_board(board):
    """What Boards/boards.sh makes of a board: its variables, lists as lists."""
    names = ("board title architecture release cpu gpio_chip button_line led led_line bluetooth serial kernel_package "
             "device_tree image init").split()
    script = f'source "{BOARDS}/boards.sh" && load_board "$1" || exit 1\n'
    script += "".join(f'printf "%s\\n" "${{{name}}}"\n' for name in names) + 'printf "%s\\n" "${qemu[@]}"\n'
    lines = run("bash", "-c", script, "bash", board).stdout.split("\n")
    values = dict(zip(names, lines))
    values["qemu"] = [line for line in lines[len(names):] if line]
    return values


@pytest.fixture(scope="session")
def built():
    """The folder of a board's programs."""
    run(BOARDS / "build", "--jobs", "2", BOARD)
    return ROOT / ".build-board" / BOARD


@pytest.fixture(scope="session")
def package(built, tmp_path_factory):
    """The board's Debian package."""
    folder = tmp_path_factory.mktemp("deb")
    run(BOARDS / "deb", "--built", "--output", folder, BOARD)
    (file,) = folder.glob("*.deb")
    return file
