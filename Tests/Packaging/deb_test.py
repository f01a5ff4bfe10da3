"""The Debian package: what is in it, what it depends on, and its life in a root of Debian 13 for arm64."""

import os
import re
import shutil
import time

import pytest

from conftest import BOARD, BOARDS, ROOT, run
from machine import Machine


def field(package, name):
    return run("dpkg-deb", "--field", package, name).stdout.strip()


def test_lintian_finds_nothing(package):
    # --help is the manual of the programs.
    done = run("lintian", "--allow-root", "--fail-on=error,warning", "--suppress-tags", "no-manual-page", package, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout == ""


def test_files_have_their_places_and_rights(package):
    listed = {}
    for line in run("dpkg-deb", "--contents", package).stdout.splitlines():
        rights, owner, _, _, _, path = line.split(None, 5)
        listed[path.removeprefix(".")] = (rights, owner)
    assert {owner for _, owner in listed.values()} == {"root/root"}
    assert not [path for path, (rights, _) in listed.items() if "w" in rights[4:] or "s" in rights]
    for path in ("/usr/bin/dash-button", "/usr/bin/replenishctl"):
        assert listed[path][0] == "-rwxr-xr-x"
    for path in ("/etc/dash-button/dash-button.conf", "/usr/lib/systemd/system/dash-button.service",
                 "/usr/lib/sysusers.d/dash-button.conf", "/usr/lib/udev/rules.d/60-dash-button.rules",
                 "/usr/share/dbus-1/system.d/dash-button-bluetooth.conf",
                 "/usr/share/doc/dash-button/copyright"):
        assert listed[path][0] == "-rw-r--r--"
    assert run("dpkg-deb", "--info", package, "conffiles").stdout == "/etc/dash-button/dash-button.conf\n"


def test_the_programs_are_those_that_were_built(package, built, tmp_path):
    run("dpkg-deb", "--extract", package, tmp_path)
    for name in ("dash-button", "replenishctl"):
        assert (tmp_path / "usr/bin" / name).read_bytes() == (built / "bin" / name).read_bytes()


def test_a_board_brings_its_own_rules(built, tmp_path):
    # The programs are the same; only the folder is another.
    board = tmp_path / "board-with-rules"
    shutil.copytree(BOARDS / "raspberry-pi-5", board)
    programs = ROOT / ".build-board" / board.name
    shutil.copytree(built, programs, symlinks=True, dirs_exist_ok=True)
    try:
        run(BOARDS / "deb", "--built", "--output", tmp_path, f"{board}/")
    finally:
        shutil.rmtree(programs)
    (package,) = tmp_path.glob("*.deb")
    assert "/usr/lib/udev/rules.d/60-gpio-header.rules" in run("dpkg-deb", "--contents", package).stdout


def test_the_same_sources_make_the_same_package(package, built, tmp_path):
    run(BOARDS / "deb", "--built", "--output", tmp_path, BOARD)
    (again,) = tmp_path.glob("*.deb")
    assert again.read_bytes() == package.read_bytes()


def test_every_library_a_program_needs_is_depended_on(package):
    depends = field(package, "Depends")
    for library in ("libc6", "libcurl4t64", "libjansson4", "libssl3t64"):
        assert re.search(rf"(^|, ){library} \(>= [0-9.]+\)", depends), depends
    assert "libcurl4t64 (>= 7.16.3) | libcurl4 (>= 7.16.3)" in depends
    assert "systemd | systemd-standalone-sysusers | systemd-sysusers" in depends


def test_the_newest_symbol_decides_the_version(built, tmp_path):
    """With handmade symbols files, so that what is expected does not come from the code under test."""
    (tmp_path / ".symbols").mkdir()
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run("llvm-readelf", "-d", built / "bin/replenishctl").stdout)
    for soname in needed:
        text = f"{soname} fake-{soname} #MINVER#\n"
        if soname == "libjansson.so.4":
            text = f"{soname} libjansson9t64 #MINVER#\n json_loadb@libjansson.so.4 3.7\n json_unheard_of@libjansson.so.4 9.9\n" \
                   " json_object_seed@libjansson.so.4 3.10\n"
        (tmp_path / ".symbols" / f"{soname}.symbols").write_text(text)
    depends = BOARDS / "debian/depends"
    said = run(depends, "--sysroot", tmp_path, built / "bin/replenishctl").stdout
    used = run("llvm-readelf", "--dyn-syms", built / "bin/replenishctl").stdout
    expected = "3.10" if "json_object_seed" in used else "3.7"
    assert f"libjansson9t64 (>= {expected})" in said
    assert f"libjansson9t64 (>= {expected}) | libjansson9 (>= {expected})" in run(
        depends, "--same-abi", "--sysroot", tmp_path, built / "bin/replenishctl").stdout
    (tmp_path / ".symbols" / "libjansson.so.4.symbols").unlink()
    done = run(depends, "--sysroot", tmp_path, built / "bin/replenishctl", check=False)
    assert done.returncode != 0 and "needs libjansson.so.4" in done.stderr


@pytest.fixture
def machine(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root, which is to say hardware of one's own")
    machine = Machine(tmp_path)
    yield machine
    machine.close()


def wait_for(path, process, log):
    deadline = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def test_it_installs_runs_as_its_own_user_and_leaves_nothing(machine, package, tmp_path):
    root = machine.root
    before = machine.files()

    machine.dpkg("--install", package)
    assert "ok installed" in machine.dpkg("--status", "dash-button").stdout
    assert machine.dpkg("--verify", "dash-button").stdout == ""
    user, group = machine.ids("dash-button", "dash-button-read")
    machine.ids("dash-button", "dash-button-act")
    assert user != 0
    assert not (root / "etc/systemd/system/multi-user.target.wants/dash-button.service").is_symlink(), "nothing is enabled"

    # This root has no GPIO, so the owner's own configuration has none.
    conf = root / "etc/dash-button/dash-button.conf"
    text = re.sub(r"^(button|light) = .*", r"\1 = none", conf.read_text(), flags=re.M)
    text = re.sub(r"^serial-sources = .*", "serial = DEB00001", text, flags=re.M).replace("active-low = yes\n", "")
    conf.write_text(text)

    # What the unit's StateDirectory= and RuntimeDirectory= do.
    state, runtime = root / "var/lib/dash-button", root / "run/dash-button"
    for folder, mode, owner in ((state, 0o700, (user, user)), (runtime, 0o750, (user, group))):
        folder.mkdir(parents=True)
        folder.chmod(mode)
        os.chown(folder, *owner)
    log = tmp_path / "log"
    with log.open("w") as output:
        daemon = machine.start("/usr/bin/dash-button", log=output, user=user, group=group)
    try:
        wait_for(runtime / "control", daemon, log)
        status = run(*machine.command("/usr/bin/replenishctl", "status"))
        assert "slots       paper" in status.stdout
        assert (runtime / "control").stat().st_uid == user
        identity = [line for line in open(f"/proc/{daemon.pid}/status") if line.startswith(("Uid:", "Gid:"))]
        assert identity[0].split()[1:] == [str(user)] * 4
        assert identity[1].split()[1:] == [str(group)] * 4
    finally:
        daemon.terminate()
        assert daemon.wait(timeout=60) == 0, log.read_text()

    # An update keeps what the owner wrote.
    machine.dpkg("--install", package)
    assert conf.read_text() == text
    (state / "tokens").write_text("secret")
    (root / "etc/dash-button/setup-record").write_text("record")
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "dash-button.service").symlink_to("/usr/lib/systemd/system/dash-button.service")

    machine.dpkg("--remove", "dash-button")
    assert not (root / "usr/bin/dash-button").exists()
    assert conf.exists() and (state / "tokens").exists(), "removed is not purged"

    machine.dpkg("--purge", "dash-button")
    (runtime / "control").unlink(missing_ok=True)
    runtime.rmdir()
    left = {path for path in machine.files() - before if not path.startswith("etc/systemd")}
    assert left == set()
    assert not (wants / "dash-button.service").is_symlink()


def test_it_does_not_install_without_its_libraries(machine, package):
    machine.dpkg("--remove", "--force-depends", "libjansson4")
    done = machine.dpkg("--install", package, check=False)
    assert done.returncode != 0
    assert "libjansson4" in done.stderr
