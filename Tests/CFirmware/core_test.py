"""The core alone: what it is linked with, and the life of a device whose firmware brings everything else."""

import pathlib
import re
import subprocess
import tempfile
import threading

import pytest

from amazon import CLIENT_ID, FIRST, PASSWORD
from conftest import VALGRIND
from processes import end, run, start


def live(arguments, programs, factory, amazon):
    """Runs core-life, and the owner's phone once its window is open."""
    with tempfile.TemporaryDirectory(prefix="cfw-") as name:
        folder = pathlib.Path(name)
        phone = folder / "phone"
        process = start(
            [*arguments, factory.record, phone, CLIENT_ID],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        # Whatever it waits for, these tests end.
        watch = threading.Timer(500, process.kill)
        watch.start()
        try:
            said = []
            for line in process.stdout:
                said.append(line)
                if line == "core-life: ready\n":
                    break
            assert process.poll() is None, "".join(said)
            login = folder / "login"
            login.write_text(f"{FIRST}:{PASSWORD}\n")
            companion = run(
                [programs["companion"], "--socket", phone, "--label-file", factory.label, "--client-id", CLIENT_ID]
                + ["--authorize-url", amazon.url + "/ap/oa", "--ca-file", amazon.ca, "--login-file", login],
                300,
            )
            said.append(process.stdout.read())
            process.wait(30)
        finally:
            watch.cancel()
            end(process)
        said = "".join(said)
        assert process.returncode == 0, f"{said}\n{companion.stdout}{companion.stderr}"
        assert companion.returncode == 0, companion.stdout + companion.stderr
        assert "core-life: all checks passed" in said


def test_a_life_with_the_firmwares_own_http_bluetooth_and_storage(core_program, programs, factory, amazon):
    live([core_program], programs, factory, amazon)


def test_the_same_under_valgrind(core_program, programs, factory, amazon):
    live([*VALGRIND, core_program], programs, factory, amazon)


def test_needs_libcrypto_and_jansson_alone(core_program):
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run(["readelf", "--wide", "--dynamic", core_program]).stdout)
    assert needed, "readelf names no library"
    families = {name.split(".so")[0] for name in needed}
    assert families <= {"libcrypto", "libjansson", "libm", "libc"}, needed


@pytest.mark.parametrize("word", ["socket", "connect", "epoll_create1", "open", "open64", "openat", "curl_easy_init", "clock_gettime", "pthread_create", "getrandom"])
def test_core_calls_no_system(installed, word):
    """What the core takes from outside is libcrypto, jansson and memory: it opens, asks and starts nothing."""
    listed = run(["nm", "--undefined-only", installed.prefix / "lib" / "libreplenish-core.a"]).stdout.split()
    assert "posix_memalign" in listed
    assert word not in listed
