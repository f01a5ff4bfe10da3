"""Every way of being a device with every phone, each from the advertisement to an order: kernel sockets and bluetoothd of
two releases; Bumble, bleak on BlueZ, and our companion. The gate runs one phone per way elsewhere."""

import pytest
from bluetooth_test import Radio, test_link_then_order
from bluetoothd_test import BluezRadio
from phones_test import phone, phone_image, test_bleak_on_bluez_links_then_order, test_companion_links_then_order

__all__ = ["phone", "phone_image"]
__all__ += ["test_link_then_order", "test_bleak_on_bluez_links_then_order", "test_companion_links_then_order"]
pytestmark = pytest.mark.soak


@pytest.fixture(scope="module", params=["kernel", "bluetoothd", "bluetoothd-bookworm"])
def radios(request, programs, factory, running_amazon, image, bluez_image):
    way, _, release = request.param.partition("-")
    made = image if way == "kernel" else bluez_image(release)
    radio = (Radio if way == "kernel" else BluezRadio)(request, programs, factory, running_amazon, made)
    yield radio
    radio.close(request)
