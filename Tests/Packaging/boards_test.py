"""Every board's folder says all that is needed, and wrong ones are refused in one line."""

import re
import shutil

import pytest

from conftest import BOARD, BOARDS, ROOT, board_names, load_board, run

ISSUE = {"raspberry-pi-zero-w", "raspberry-pi-zero-2-w", "raspberry-pi-3", "raspberry-pi-4", "raspberry-pi-5",
         "beaglebone-black", "qemu-virt-arm64", "qemu-virt-armv7", "qemu-raspi3b"}


def test_the_boards_are_there():
    assert ISSUE <= set(board_names())


@pytest.mark.parametrize("board", board_names())
def test_a_board_is_whole(board):
    said = load_board(board)
    folder = BOARDS / board
    assert (folder / "README.md").read_text().startswith(f"# {said['title'].removesuffix(' B')}")
    assert said["architecture"] in ("arm64", "armhf", "armel")
    assert said["image"] in ("virt", "raspberry-pi", "beaglebone", "none")
    assert said["init"] in ("tiny", "systemd")
    assert said["image"] == "none" or said["kernel_package"], "an image needs a kernel"
    assert said["image"] != "virt" or said["qemu"], "an image for QEMU needs its arguments"


@pytest.mark.parametrize("board", board_names())
def test_the_configuration_uses_the_lines_of_the_board(board):
    said = load_board(board)
    text = (BOARDS / board / "dash-button.conf").read_text()
    assert f"\nbutton = gpio {said['gpio_chip']} {said['button_line']}\n" in text
    if said["led_line"]:
        assert f"\nlight = gpio {said['gpio_chip']} {said['led_line']}\n" in text
    if said["led"]:
        assert f"\n#light = led {said['led']}\n" in text
    assert ("\nserial = " in text) == (said["serial"] == "none")


@pytest.mark.parametrize("board", board_names())
def test_the_daemon_accepts_the_configuration(board, built, tmp_path):
    text = (BOARDS / board / "dash-button.conf").read_text()
    # This machine has not the daemon's groups, but root's.
    assert "\nread-group = dash-button-read\nact-group = dash-button-act\n" in text
    text = re.sub(r"^(read|act)-group = .*", r"\1-group = root", text, flags=re.M)
    (tmp_path / "conf").write_text(text)
    run(BOARDS / "emulate", BOARD, "dash-button", "--check", "--config", tmp_path / "conf")
    (tmp_path / "conf").write_text(text.replace("\n[slot paper]", "\n[slot paper]\nbuton = none"))
    refused = run(BOARDS / "emulate", BOARD, "dash-button", "--check", "--config", tmp_path / "conf", check=False)
    assert refused.returncode == 3 and "buton" in refused.stderr


def one_line(done):
    """The one line that a script failed with."""
    assert done.returncode != 0
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize("script", ["build", "emulate", "deb", "sizes"])
def test_an_unknown_board_is_refused_with_those_that_are_known(script):
    line = one_line(run(BOARDS / script, "raspberry-pi-9", check=False))
    assert "'raspberry-pi-9'" in line
    assert all(board in line for board in ISSUE)


def test_a_release_that_is_no_name_is_refused():
    assert "named like trixie" in one_line(run(BOARDS / "sysroot", "--release", "13", "arm64", check=False))


def test_a_missing_sysroot_is_named_with_the_command_that_makes_it(tmp_path):
    assert "run: make sysroot ARCH=arm64" in one_line(
        run(BOARDS / "toolset", "--sysroot", tmp_path, "arm64", check=False))
    assert "no usr/include" in one_line(run(BOARDS / "build", "--sysroot", tmp_path, BOARD, check=False))


def test_an_old_toolchain_is_refused(tmp_path):
    swift = tmp_path / "swift"
    swift.write_text("#!/bin/sh\necho 'Swift version 6.1 (swift-6.1-RELEASE)'\n")
    swift.chmod(0o755)
    run(BOARDS / "sysroot", "--release", "trixie", "arm64")
    line = one_line(run(BOARDS / "build", BOARD, check=False, env={"PATH": f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin"}))
    assert "6.1" in line and "6.3 or newer" in line


def test_a_board_is_added_by_adding_a_folder(tmp_path, built):
    folder = tmp_path / "my-board"
    shutil.copytree(BOARDS / BOARD, folder)
    conf = folder / "board.conf"
    conf.write_text(re.sub("title=.*", "title='My board'", conf.read_text()))
    try:
        done = run(BOARDS / "build", f"{folder}/")
        assert "My board is in" in done.stdout
        assert (ROOT / ".build-board/my-board/bin/dash-button").stat().st_mode & 0o111
        assert "no problem found" in run(BOARDS / "emulate", f"{folder}/").stdout
    finally:
        shutil.rmtree(ROOT / ".build-board/my-board", ignore_errors=True)


def test_a_folder_in_boards_is_listed(tmp_path):
    copy = tmp_path / "Boards"
    copy.mkdir()
    shutil.copy(BOARDS / "boards.sh", copy)
    for board in ("raspberry-pi-4", "scratch-board"):
        shutil.copytree(BOARDS / "raspberry-pi-4", copy / board)
    listed = run("bash", "-c", 'source "$1"; known_boards; load_board scratch-board; echo "$board"', "bash", copy / "boards.sh")
    assert listed.stdout.split() == ["raspberry-pi-4", "scratch-board", "scratch-board"]


def test_a_board_whose_conf_lacks_something_is_refused(tmp_path):
    folder = tmp_path / "half"
    folder.mkdir()
    (folder / "board.conf").write_text("title='Half'\narchitecture=arm64\n")
    line = one_line(run(BOARDS / "build", f"{folder}/", check=False))
    assert "does not set cpu" in line
