"""The programs under test, one emulator for all tests, and fresh devices and clouds."""

import os
import pathlib
import tempfile

import pytest

from amazon import Amazon
from browser import chromium
from cloud import EMULATOR_OPTIONS, Cloud, CloudDevice, Maker, Owner
from device import Device, Factory, Programs
from pages import Seen


def pytest_addoption(parser):
    parser.addoption("--binaries", required=True, metavar="FOLDER", help="the folder with dash-button and the others")
    parser.addoption("--emulator", required=True, metavar="FILE", help="the program amazon-emulator")
    parser.addoption("--cloud", metavar="FILE", help="the program replenish-cloud; default: beside the emulator")
    parser.addoption("--keep", action="store_true", help="keep the folders of devices and clouds")
    parser.addoption("--pictures", type=pathlib.Path, metavar="FOLDER", help="keep what the pages look like")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for device in getattr(item, "devices", []):
            report.sections.append(("daemon log", device.log()[-8000:]))
        for cloud in getattr(item, "clouds", []):
            report.sections.append(("cloud log", cloud.log()[-8000:]))


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
    program = pathlib.Path(request.config.getoption("--emulator")).resolve()
    amazon = Amazon(program, workshop, EMULATOR_OPTIONS)
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


# The maker's cloud.


@pytest.fixture(scope="session")
def cloud_program(request):
    given = request.config.getoption("--cloud")
    beside = pathlib.Path(request.config.getoption("--emulator")).parent / "replenish-cloud"
    program = pathlib.Path(given or beside).resolve()
    if not os.access(program, os.X_OK):
        raise RuntimeError(f"{program} is not there: build first (swift build --package-path Examples/Cloud)")
    return program


@pytest.fixture(scope="session")
def maker(programs, workshop):
    return Maker(programs, workshop / "maker")


@pytest.fixture(scope="session")
def other_maker(programs, workshop):
    """Another maker, who has nothing to do with this cloud and gives its device the same names."""
    return Maker(programs, workshop / "other-maker")


@pytest.fixture
def new_cloud(request, cloud_program, maker, amazon):
    """Makes clouds, and ends them with the test."""
    request.node.clouds = clouds = []

    def make(maker=maker, **options):
        cloud = Cloud(cloud_program, maker, amazon, **options)
        clouds.append(cloud)
        return cloud

    yield make
    for cloud in clouds:
        cloud.close(keep=request.config.getoption("--keep"))


@pytest.fixture
def cloud(new_cloud):
    """A cloud that runs and knows the device, which is in nobody's account."""
    return new_cloud().start()


@pytest.fixture
def owner(cloud):
    """Somebody with an account at the cloud."""
    return Owner(cloud).sign_up()


@pytest.fixture
def new_cloud_device(request, programs, maker):
    """Makes devices that order through a cloud, and ends them with the test."""
    request.node.devices = devices = []

    def make(cloud):
        device = CloudDevice(programs, maker, cloud)
        devices.append(device)
        return device

    yield make
    for device in devices:
        device.close(keep=request.config.getoption("--keep"))


@pytest.fixture
def unclaimed(new_cloud_device, cloud):
    """A device of the cloud that runs and is in nobody's account."""
    return new_cloud_device(cloud).start()


@pytest.fixture
def managed(unclaimed, owner):
    """A device that runs, is in the owner's account, and is linked."""
    return unclaimed.link(owner)


# Pages.


@pytest.fixture(scope="session")
def seen():
    """What all walks together came to."""
    return Seen()


@pytest.fixture
def walk(request, seen):
    """A walk through pages, in the end of which nothing may have been wrong with any of them."""
    with chromium(seen, request.config.getoption("--pictures")) as walks:
        walk = walks()
        yield walk
        assert walk.complaints() == []
