"""A root of Debian for another architecture, made and used without binfmt_misc: maintainer scripts run on this machine
(dpkg's chrootless mode), programs through an emulator that is copied into the root."""

import os
import pathlib
import shutil
import subprocess

from conftest import BOARDS, ROOT, run

CACHE = ROOT / ".build-packaging"
NEEDED = ("base-files base-passwd ca-certificates coreutils dash dpkg libcurl4t64 libgcc-s1 libjansson4 libssl3t64 "
          "systemd-standalone-sysusers").split()


def pristine_root():
    """The root without our package, made once."""
    root = CACHE / "root-arm64-trixie"
    if (root / "made").exists():
        return root
    shutil.rmtree(root, ignore_errors=True)
    CACHE.mkdir(exist_ok=True)
    sources = run("bash", "-c", 'source "$1/archive.sh"; debian_sources trixie', "bash", BOARDS).stdout
    run("mmdebstrap", "--quiet", "--mode=chrootless", "--variant=custom", "--architectures=arm64",
        f"--include={','.join(NEEDED)}", "trixie", root, "-", input=sources)
    (root / "made").touch()
    return root


def emulator():
    """A statically linked emulator; the package is unpacked, not installed."""
    program = CACHE / "usr/bin/qemu-aarch64-static"
    if not program.exists():
        CACHE.mkdir(exist_ok=True)
        for old in CACHE.glob("qemu-user-static_*.deb"):
            old.unlink()
        run("apt-get", "--quiet", "download", "qemu-user-static", cwd=CACHE)
        (package,) = CACHE.glob("qemu-user-static_*.deb")
        run("dpkg-deb", "--extract", package, CACHE)
    return program


class Machine:
    """One copy of the root."""

    def __init__(self, folder):
        self.root = pathlib.Path(folder) / "root"
        run("cp", "-a", pristine_root(), self.root)
        shutil.copy(emulator(), self.root / "emulator")
        # The daemon asks the kernel which boot this is.
        run("mount", "--bind", "/proc", self.root / "proc")

    def close(self):
        run("umount", self.root / "proc")

    def dpkg(self, *arguments, check=True):
        return run("dpkg", f"--root={self.root}", "--force-script-chrootless", f"--log={self.root.parent}/dpkg.log",
                   *arguments, check=check)

    def ids(self, user, group):
        """The numbers of a user and of a group of the root."""
        def number(file, name):
            for line in (self.root / "etc" / file).read_text().splitlines():
                if line.split(":")[0] == name:
                    return int(line.split(":")[2])
            raise AssertionError(f"{name} is not in /etc/{file}")
        return number("passwd", user), number("group", group)

    def command(self, *words, user=0, group=0):
        return ["chroot", f"--userspec={user}:{group}", "--groups=", str(self.root), "/emulator", "-cpu", "cortex-a53", *words]

    def start(self, *words, log, **who):
        return subprocess.Popen(self.command(*words, **who), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def files(self):
        """Every path in the root but those that dpkg and passwd keep for themselves."""
        accounts = ("passwd", "group", "shadow", "gshadow", "subuid", "subgid")
        own = {"var/lib/dpkg", "var/log", "proc", "etc/.pwd.lock"}
        own |= {f"etc/{name}{suffix}" for name in accounts for suffix in ("", "-")}
        paths = set()
        for folder, folders, files in os.walk(self.root):
            inside = pathlib.Path(folder).relative_to(self.root)
            folders[:] = [name for name in folders if str(inside / name) not in own]
            paths.update(str(inside / name) for name in folders + files)
        return {path for path in paths if path not in own}
