"""Images of SD cards: their layout, what is in each partition, and, where QEMU has such a machine, that they boot.

None of them has been booted on hardware.
"""

import json
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from processes import end, run, start, wait_until

MACHINES = {"arm64": "AArch64", "armhf": "ARM", "armel": "ARM"}


def said(*words):
    done = run(words)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def card(board_folder):
    return board_folder / "sd.img"


@pytest.fixture(scope="module")
def partitions(card):
    """Where each partition begins and how long it is, in bytes, and what it says it is."""
    table = json.loads(said("sfdisk", "--json", card))["partitiontable"]
    assert table["label"] == "dos" and table.get("sectorsize", 512) == 512
    return [
        {**entry, "start": entry["start"] * 512, "size": entry["size"] * 512} for entry in table["partitions"]
    ]


def test_the_partitions(card, partitions):
    assert [entry["type"] for entry in partitions] == ["c", "83", "83"]
    assert [bool(entry.get("bootable")) for entry in partitions] == [True, False, False]
    after = 0
    for entry in partitions:
        assert entry["start"] % (4 << 20) == 0 and entry["start"] >= after
        after = entry["start"] + entry["size"]
    size = card.stat().st_size
    assert after <= size and size & (size - 1) == 0


def test_the_boot_partition(card, partitions, board_folder):
    at = f"{card}@@{partitions[0]['start']}"
    listed = said("mdir", "-b", "-/", "-i", at, "::").splitlines()
    files = {line.removeprefix("::/").lower() for line in listed if not line.endswith("/")}
    for path in (board_folder / "boot").rglob("*"):
        if path.is_file():
            name = str(path.relative_to(board_folder / "boot"))
            assert name.lower() in files
            copied = subprocess.run(["mtype", "-i", at, f"::{name}"], capture_output=True, check=True).stdout
            assert copied == path.read_bytes(), f"{name} is not what was put there"
    if "config.txt" in files:
        settings = dict(
            line.replace(" ", "=", 1).split("=", 1)
            for line in said("mtype", "-i", at, "::config.txt").splitlines()
            if line and not line.startswith("#")
        )
        named = [settings["kernel"], settings["device_tree"], settings["initramfs"].split()[0]]
        assert {name.lower() for name in named} <= files
        assert "bootcode.bin" in files and "start.elf" in files and "start4.elf" in files
    else:
        configuration = said("mtype", "-i", at, "::extlinux/extlinux.conf")
        named = re.findall(r"^ +(?:kernel|initrd|fdt) /(\S+)$", configuration, re.M)
        assert len(named) == 3 and {name.lower() for name in named} | {"mlo", "u-boot.img"} <= files


@pytest.mark.parametrize("number, label", [(1, "replenish-root"), (2, "replenish-state")])
def test_the_ext4_partitions(card, partitions, tmp_path, number, label):
    image = tmp_path / "partition"
    with open(card, "rb") as file, open(image, "wb") as copy:
        file.seek(partitions[number]["start"])
        copy.write(file.read(partitions[number]["size"]))
    assert f"Filesystem volume name:   {label}" in said("dumpe2fs", "-h", image)
    said("e2fsck", "-f", "-n", image)
    if label == "replenish-state":
        about = said("debugfs", "-R", "stat /data", image)
        assert re.search(r"Mode:\s+0700", about) and re.search(r"User:\s+900\b", about)
    else:
        program = tmp_path / "dash-button"
        said("debugfs", "-R", f"dump /usr/bin/dash-button {program}", image)
        board = card.parent
        assert program.read_bytes() == (board.parent.parent / ".build-board" / board.name / "bin/dash-button").read_bytes()


def test_it_boots(card, request, board_name, tmp_path):
    """To the daemon's first words, where QEMU has the machine."""
    root = pathlib.Path(__file__).resolve().parents[2]
    command = run([root / "Boards/qemu", "--print", board_name])
    if command.returncode:
        assert "QEMU has no machine like" in command.stderr
        return
    console, copy = tmp_path / "console", tmp_path / "sd.img"
    shutil.copy(card, copy)
    process = start(
        [*command.stdout.splitlines(), "-initrd", card.parent / "initramfs"]
        + ["-drive", f"if=sd,format=raw,file={copy}", "-serial", "null", "-serial", f"file:{console}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        wait_until(
            "the daemon speaks",
            lambda: process.poll() is not None or "dash-button: info: model" in text(console),
            300,
            lambda: text(console),
        )
        assert process.poll() is None, f"{process.stderr.read()}\n{text(console)}"
    finally:
        end(process, signal.SIGKILL)


def text(path):
    return path.read_text(errors="replace") if path.exists() else ""
