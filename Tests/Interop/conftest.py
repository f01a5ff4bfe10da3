"""Where the emulator comes from: `--emulator PATH` starts one, EMULATOR_URL and EMULATOR_CA name one that runs."""

import os

import pytest

from cloud import StartedCloud
from emulator import Emulator, StartedEmulator
from parties import ACCOUNT, CLIENT, PASSWORD, REDIRECT, SECRET, WEB_CLIENT

OPTIONS = ["--client-id", CLIENT, "--confidential-client", f"{WEB_CLIENT}:{SECRET}", "--redirect-uri", REDIRECT]
OPTIONS += ["--user", ACCOUNT, "--password", PASSWORD, "--exit-with-parent"]
OPTIONS += ["--redirect-uri", REDIRECT + "/second"]  # with two of them the request must say which
OPTIONS += ["--allow-real-orders"]  # this is the emulator: nothing is real
for slot in (
    "8f2b7a54-1d5f-4a0e-9d5c-0c4a2c1de6b1",
    "PaperTowel",
    "Paper Towel/2",
    "50%?off#1",
    "K\u00f6rner",
    "a-b_c.d~e",
):
    OPTIONS += ["--slot", f"{slot}=B00EXAMPLE"]  # the slots of Tests/Vectors/drs-*.json


def pytest_addoption(parser):
    parser.addoption("--emulator", metavar="PATH", help="the amazon-emulator program to start")
    parser.addoption("--cloud", metavar="PATH", help="the replenish-cloud program to start")


@pytest.fixture(scope="session")
def cloud(request):
    """The maker's cloud, over https, on a database of its own."""
    program = request.config.getoption("--cloud")
    if not program:
        pytest.skip("needs --cloud PATH")
    cloud = StartedCloud(os.path.abspath(program))
    request.addfinalizer(cloud.end)
    return cloud


def provide(request, options, url, ca):
    program = request.config.getoption("--emulator")
    if program:
        emulator = StartedEmulator(os.path.abspath(program), [*OPTIONS, *options])
        request.addfinalizer(emulator.end)
        return emulator
    if url in os.environ and ca in os.environ:
        return Emulator(os.environ[url], os.environ[ca])
    pytest.skip(f"needs --emulator PATH, or {url} and {ca}")


@pytest.fixture(scope="session")
def emulator(request):
    return provide(request, (), "EMULATOR_URL", "EMULATOR_CA")


@pytest.fixture(scope="session")
def hasty_emulator(request):
    """One where everything ends soon: access tokens, codes, and the grace of an old refresh token."""
    options = ["--access-token-seconds", "2", "--code-seconds", "2", "--rotation", "grace", "--grace-seconds", "2"]
    options += ["--poll-interval", "1"]
    return provide(request, options, "HASTY_EMULATOR_URL", "HASTY_EMULATOR_CA")


@pytest.fixture(scope="session")
def strict_emulator(request):
    """One that ends the whole grant when a refresh token is used twice."""
    return provide(request, ("--rotation", "strict"), "STRICT_EMULATOR_URL", "STRICT_EMULATOR_CA")
