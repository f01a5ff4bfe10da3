"""The C library as a firmware gets it: installed into a folder of its own, and programs built against that."""

import pathlib
import subprocess
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# The equipment of the end-to-end tests: the local Amazon, the factory, processes that cannot outlive the tests.
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))

from amazon import Amazon  # noqa: E402
from cloud import EMULATOR_OPTIONS, Cloud, Maker, Owner  # noqa: E402
from device import Factory, Programs  # noqa: E402
from processes import run  # noqa: E402

WARNINGS = ["-std=c99", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-pedantic", "-Werror", "-g"]
VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", f"--suppressions={HERE / 'valgrind.supp'}"]
VALGRIND += ["--expensive-definedness-checks=yes", "--errors-for-leak-kinds=definite,indirect,possible"]


def pytest_addoption(parser):
    parser.addoption("--binaries", required=True, metavar="FOLDER", help="the folder with companion and replenish-factory")
    parser.addoption("--emulator", required=True, metavar="FILE", help="the program amazon-emulator")
    parser.addoption("--cloud", metavar="FILE", help="the program replenish-cloud; default: beside the emulator")
    parser.addoption("--library", required=True, metavar="FOLDER", help="what Boards/library --host made")


class Installed:
    """The tree that `make install` made below a DESTDIR."""

    def __init__(self, destdir, library):
        self.destdir, self.library, self.prefix = destdir, library, destdir / "usr"
        done = run([ROOT / "Boards" / "install", "--from", library, "--destdir", destdir, "--prefix", "/usr"])
        assert done.returncode == 0, done.stderr

    @property
    def environment(self):
        """Where pkg-config looks, and nowhere else for our files."""
        return {"PKG_CONFIG_PATH": str(self.prefix / "lib" / "pkgconfig"), "PATH": "/usr/bin:/bin"}

    def pkg_config(self, *words):
        """The answer with our folders as they are below DESTDIR, and the machine's own as they are."""
        done = run(
            ["pkg-config", f"--define-variable=prefix={self.prefix}", f"--define-variable=libdir={self.prefix}/lib", *words],
            env=self.environment,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    def compile(self, sources, program, package, *options, compiler="gcc", before=()):
        flags = self.pkg_config("--cflags", package)
        libraries = self.pkg_config(*before, "--libs", package)
        done = run([compiler, *WARNINGS, *flags, *options, "-o", program, *sources, *libraries], 300)
        assert done.returncode == 0, done.stderr
        # A wholly static libcrypto makes glibc warn of dlopen and getaddrinfo, which is not ours to mend.
        assert "-static" in options or not done.stderr, done.stderr
        return program


@pytest.fixture(scope="session")
def workshop():
    with tempfile.TemporaryDirectory(prefix="cfw-") as folder:
        yield pathlib.Path(folder)


@pytest.fixture(scope="session")
def installed(request, workshop):
    return Installed(workshop / "destdir", pathlib.Path(request.config.getoption("--library")).resolve())


@pytest.fixture(scope="session")
def programs(request):
    return Programs(request.config.getoption("--binaries"))


@pytest.fixture(scope="session")
def factory(programs, workshop):
    return Factory(programs, workshop)


@pytest.fixture(scope="session")
def running_amazon(request, workshop):
    amazon = Amazon(pathlib.Path(request.config.getoption("--emulator")).resolve(), workshop, EMULATOR_OPTIONS)
    yield amazon
    amazon.close()


@pytest.fixture
def amazon(running_amazon):
    running_amazon.reset()
    return running_amazon


@pytest.fixture(scope="session")
def maker(programs, workshop):
    """Who makes the device's key known to the cloud."""
    return Maker(programs, workshop / "maker")


@pytest.fixture
def cloud(request, maker, amazon):
    """The maker's cloud, which knows the device; it is in nobody's account."""
    given = request.config.getoption("--cloud")
    beside = pathlib.Path(request.config.getoption("--emulator")).parent / "replenish-cloud"
    cloud = Cloud(pathlib.Path(given or beside).resolve(), maker, amazon, options=["--downlink"])
    cloud.start()
    yield cloud
    cloud.close()


@pytest.fixture
def owner(cloud):
    """Somebody with an account at the cloud."""
    return Owner(cloud).sign_up()


@pytest.fixture(scope="session")
def api_program(installed, workshop):
    return installed.compile([HERE / "api.c"], workshop / "api", "replenish-static")


@pytest.fixture(scope="session")
def core_program(installed, workshop):
    return installed.compile([HERE / "core_life.c"], workshop / "core-life", "replenish-core", "-Wl,--as-needed")


@pytest.fixture(scope="session")
def coffee_maker(installed, workshop):
    """Built with the Makefile that firmware engineers find beside it; the library is linked statically, for valgrind."""
    folder = workshop / "coffee"
    subprocess.run(["cp", "-r", ROOT / "Examples" / "CoffeeMaker", folder], check=True)
    wrapper = workshop / "pkg-config"
    wrapper.write_text(
        f'#!/bin/sh\nexec pkg-config --define-variable=prefix={installed.prefix} '
        f'--define-variable=libdir={installed.prefix}/lib "$@"\n'
    )
    wrapper.chmod(0o755)
    done = run(
        ["make", "-C", folder, f"PKG_CONFIG={wrapper}", "PACKAGE=replenish-static"], 300, env=installed.environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "coffee-maker"
