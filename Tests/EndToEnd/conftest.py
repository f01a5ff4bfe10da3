"""The programs under test, one emulator for all tests, and fresh devices."""

import pathlib
import tempfile

import pytest

from amazon import Amazon
from device import Device, Factory, Programs


def pytest_addoption(parser):
    parser.addoption("--binaries", required=True, metavar="FOLDER", help="the folder with dash-button and the others")
    parser.addoption("--emulator", required=True, metavar="FILE", help="the program amazon-emulator")
    parser.addoption("--keep", action="store_true", help="keep the folders of the devices")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for device in getattr(item, "devices", []):
            report.sections.append(("daemon log", device.log()[-8000:]))


@pytest.fixture(scope="session")
def workshop():
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        yield pathlib.Path(folder)


@pytest.fixture(scope="session")
def programs(request):
    return Programs(request.config.getoption("--binaries"))


@pytest.fixture(scope="session")
def factory(programs, workshop):
    return Factory(programs, workshop)


@pytest.fixture(scope="session")
def running_amazon(request, workshop):
    amazon = Amazon(pathlib.Path(request.config.getoption("--emulator")).resolve(), workshop)
    yield amazon
    amazon.close()


@pytest.fixture
def amazon(running_amazon):
    running_amazon.reset()
    return running_amazon


@pytest.fixture
def new_device(request, programs, factory, amazon):
    """Makes devices, and ends them with the test."""
    request.node.devices = devices = []

    def make():
        device = Device(programs, factory, amazon)
        devices.append(device)
        return device

    yield make
    for device in devices:
        device.close(keep=request.config.getoption("--keep"))


@pytest.fixture
def fresh(new_device):
    """A device that runs and is linked to nobody."""
    return new_device().start()


@pytest.fixture
def linked(fresh):
    """A device that runs and is linked."""
    return fresh.link()
