"""A PostgreSQL server of the tests' own, on this disk. With its defaults a commit is on the disk before it returns."""

import os
import pathlib
import pwd
import shutil
import subprocess


def programs():
    """The folder with initdb and pg_ctl; nothing if PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found:
        return pathlib.Path(found).resolve().parent
    installed = pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda path: int(path.parts[-3]), default=None)
    return newest and newest.parent


class Cluster:
    """It listens on a socket in its folder only, and refuses to run as root: then it gets a user of its own."""

    def __init__(self, folder):
        self.folder, self.bin, self.made = folder, programs(), 0
        if not self.bin:
            raise RuntimeError("PostgreSQL is not installed; run: sudo apt-get install postgresql")
        folder.mkdir(mode=0o700)
        self.user = None
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self.user = "postgres" if "postgres" in names else "nobody"
            shutil.chown(folder, self.user)
            # The folder above is ours alone, and may be passed through.
            folder.parent.chmod(0o711)
        self.run("initdb", "-D", folder / "data", "-U", "cloud", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        with open(folder / "data" / "postgresql.conf", "a") as file:
            file.write(f"listen_addresses = ''\nunix_socket_directories = '{folder}'\n")
        self.run("pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "start")
        self.address = f"postgresql://cloud@/postgres?host={folder}"

    def run(self, word, *words):
        command = [self.bin / word, *words]
        if self.user:
            command = ["runuser", "-u", self.user, "--", *command]
        # A server that is started would hold a pipe open for as long as it lives.
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        if word == "initdb":
            options |= {"stderr": subprocess.PIPE, "text": True}
        done = subprocess.run([str(part) for part in command], cwd="/", **options)
        if done.returncode:
            raise RuntimeError(f"{word}: {done.stderr or (self.folder / 'log').read_text()}")

    def close(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "fast", "-w", "stop")

    def restart(self):
        """As after a crash of the machine: nothing is told to anybody."""
        self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-m", "immediate", "-w", "restart")

    def make_database(self):
        """A database of its own; gives back its address."""
        self.made += 1
        name = f"cloud{self.made}"
        self.ask(self.address, f"CREATE DATABASE {name}")
        return f"postgresql://cloud@/{name}?host={self.folder}"

    def ask(self, address, statement):
        """The rows of a statement, as texts."""
        command = [self.bin / "psql", "-X", "-A", "-t", "-F", "\t", "-d", address, "-c", statement]
        done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{statement}: {done.stderr}")
        return [tuple(line.split("\t")) for line in done.stdout.splitlines() if "\t" in line]
