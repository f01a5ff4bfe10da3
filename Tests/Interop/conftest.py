"""Where the emulator comes from: `--emulator PATH` starts one, EMULATOR_URL and EMULATOR_CA name one that runs."""

import os

import pytest

from emulator import Emulator, StartedEmulator


def pytest_addoption(parser):
    parser.addoption("--emulator", metavar="PATH", help="the amazon-emulator program to start")


def provide(request, options, url, ca):
    program = request.config.getoption("--emulator")
    if program:
        emulator = StartedEmulator(os.path.abspath(program), options)
        request.addfinalizer(emulator.end)
        return emulator
    if url in os.environ and ca in os.environ:
        return Emulator(os.environ[url], os.environ[ca])
    pytest.skip(f"needs --emulator PATH, or {url} and {ca}")


@pytest.fixture(scope="session")
def emulator(request):
    return provide(request, (), "EMULATOR_URL", "EMULATOR_CA")


@pytest.fixture(scope="session")
def strict_emulator(request):
    """One that ends the whole grant when a refresh token is used twice."""
    return provide(request, ("--rotation", "strict"), "STRICT_EMULATOR_URL", "STRICT_EMULATOR_CA")
