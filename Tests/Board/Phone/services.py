"""What bleak on BlueZ discovers on the device with this short id: a line for each characteristic of the setup service.

    services.py SHORT-ID
"""

import asyncio
import sys

from bleak import BleakClient, BleakScanner
from setup_protocol import SERVICE, short_id


async def main():
    def is_wanted(_, advertised):
        return sys.argv[1] in [short_id(data) for data in advertised.manufacturer_data.values()]

    found = await BleakScanner.find_device_by_filter(is_wanted, timeout=30, service_uuids=[SERVICE])
    if found is None:
        sys.exit("services.py: nobody is there")
    async with BleakClient(found) as client:
        for characteristic in client.services.get_service(SERVICE).characteristics:
            print(characteristic.handle, characteristic.uuid, *sorted(characteristic.properties), flush=True)


try:
    asyncio.run(main())
except EOFError:
    pass  # bleak, when it disconnects as its last deed and the bus hangs up on it first; all has been printed
