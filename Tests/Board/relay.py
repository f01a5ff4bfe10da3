"""A man in the middle: between a phone and a device, both of which take it for the other."""

import asyncio

from bumble.att import Attribute
from bumble.core import AdvertisingData
from bumble.gatt import Characteristic, CharacteristicValue, Service

from air import SERVICE_UUID, UUIDS

INFO, WRITE, INDICATE = UUIDS


class Relay:
    """Passes on what a phone writes and what the device indicates. `alter(to_device, frame)` may give another frame, none,
    or several."""

    def __init__(self, air, identity, alter=None):
        self.air, self.identity = air, identity
        self.alter = alter or (lambda to_device, frame: [frame])
        self.heard, self.is_closed = [], False
        # One side is a phone for the device, the other a device for the phone.
        self.behind, self.front = air.phone(), air.phone()
        seen = self.behind.find(identity)
        assert seen, "there is no device to stand before"
        self.behind.connect(seen.address).discover().subscribe()
        air.run(self._begin())

    @property
    def address(self):
        return self.front.device.random_address

    async def _begin(self):
        device = self.front.device

        async def read(_):
            return await self.behind.peer.read_value(self.behind.info)

        self.indicated = Characteristic(INDICATE, Characteristic.Properties.INDICATE, Attribute.Permissions(0), b"")
        written = CharacteristicValue(write=self._take)
        device.add_service(
            Service(
                SERVICE_UUID,
                [
                    Characteristic(INFO, Characteristic.Properties.READ, Attribute.READABLE, CharacteristicValue(read=read)),
                    Characteristic(WRITE, Characteristic.Properties.WRITE, Attribute.WRITEABLE, written),
                    self.indicated,
                ],
            )
        )
        device.on("connection", self._come)
        self.pump = asyncio.create_task(self._pass_back())
        data = AdvertisingData(
            [
                (AdvertisingData.Type.FLAGS, b"\x06"),
                (AdvertisingData.Type.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, bytes(SERVICE_UUID)),
                (AdvertisingData.Type.MANUFACTURER_SPECIFIC_DATA, b"\xff\xff\x01" + bytes.fromhex(self.identity)),
            ]
        )
        await device.start_advertising(advertising_data=bytes(data))

    def _come(self, connection):
        self.phone = connection
        self.behind.connection.on("disconnection", lambda _: asyncio.create_task(self._leave()))

    async def _leave(self):
        try:
            await self.phone.disconnect()
        except Exception:  # noqa: BLE001, the phone may have gone by itself
            pass

    async def _take(self, _, frame):
        self.heard.append((True, bytes(frame)))
        for other in self.alter(True, bytes(frame)):
            await self.behind.peer.write_value(self.behind.write, other, with_response=True)

    async def _pass_back(self):
        while True:
            frame = await self.behind.conversation.indicated.get()
            self.heard.append((False, frame))
            for other in self.alter(False, frame):
                await self.front.device.indicate_subscriber(self.phone, self.indicated, other)

    def close(self):
        """Hangs up and is seen no more."""
        if self.is_closed:
            return
        self.is_closed = True
        self.air.loop.call_soon_threadsafe(self.pump.cancel)
        if not self.behind.hung_up.is_set():
            self.behind.hang_up()
        self.air.run(self.front.device.stop_advertising())
        for side in (self.front, self.behind):
            side.leave()
