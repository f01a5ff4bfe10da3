"""The air, and phones in it: Bumble's virtual controllers, one of them at the end of the guest's serial line.

All of it runs in one thread with an event loop; tests call from theirs.
"""

import asyncio
import contextlib
import itertools
import logging
import pathlib
import sys
import threading
import time

from bumble.att import ATT_CID, ATT_Error
from bumble.controller import Controller
from bumble.core import AdvertisingData
from bumble.device import Device, Peer
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink
from bumble.ll import ConnectInd
from bumble.pairing import PairingConfig
from bumble.snoop import BtSnooper
from bumble.transport.common import AsyncPipeSink, PacketParser, SnoopingTransport
from bumble.transport.unix import open_unix_client_transport

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent.parent / "Examples" / "PythonPhone"))

from capture import SNOOP_HEAD  # noqa: E402
from phone import Conversation  # noqa: E402
from setup_protocol import INDICATE, INFO, SERVICE, WRITE, short_id  # noqa: E402

PATIENCE = 20


class Link(LocalLink):
    """Data come from the address of the connection: Bumble names the sender's random one, which may have changed.

    And a connection has two ends. Bumble's central takes itself for connected as soon as it has heard whom it wants, its
    request goes out later, and nobody tells it that somebody else was quicker or that advertising has stopped: so the
    request is delivered at once here, and only one that somebody takes makes a connection (`HonestController`).
    """

    def advertises(self, address):
        """Whether somebody would take a request to connect to this address."""
        sets = itertools.chain.from_iterable(
            [one.le_legacy_advertiser, *one.advertising_sets.values()] for one in self.controllers
        )
        return any(one.enabled and one.address == address for one in sets)

    def send_advertising_pdu(self, sender_controller, packet):
        if not isinstance(packet, ConnectInd):
            return super().send_advertising_pdu(sender_controller, packet)
        for controller in self.controllers - {sender_controller}:
            controller.on_ll_advertising_pdu(packet)

    def send_acl_data(self, sender_controller, destination_address, transport, data):
        target = self.find_le_controller(destination_address)
        for connection in sender_controller.le_connections.values():
            if connection.peer_address == destination_address and target:
                source = connection.self_address
                asyncio.get_running_loop().call_soon(lambda: target.on_link_acl_data(source, transport, data))


class HonestController(Controller):
    """One that is connected to those alone who know it."""

    def create_le_connection(self, peer_address):
        # An advertisement that was heard may be over: whoever wants to connect goes on listening.
        if self.link.advertises(peer_address):
            super().create_le_connection(peer_address)


class LineParser(PacketParser):
    """A packet that the guest began a second ago gets no end: its kernel throws away what it has not sent when the adapter is
    switched off, and its serial line takes 16 bytes at a time. What comes then is the beginning of another."""

    heard = 0.0

    def feed_data(self, data):
        now = time.monotonic()
        if self.packet and now - self.heard > 1:
            logging.warning("the guest left a packet unfinished: %s", self.packet.hex())
            self.reset()
        self.heard = now
        super().feed_data(data)


class Air:
    """The virtual radio around one guest. `capture` is a btsnoop file of all that its controller heard and said."""

    def __init__(self, path, capture):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.capture, self.numbers = capture, itertools.count(1)
        self.phones = []
        self.run(self._begin(path))

    async def _begin(self, path):
        self.link = Link()
        self.file = open(self.capture, "wb")
        self.snooper = BtSnooper(self.file)
        self.controller = await self._attach(path, "guest", "00:1B:DC:F0:00:01", self.snooper)

    async def _attach(self, path, name, address, snooper=None):
        wire = await open_unix_client_transport(str(path))
        wire.source.parser = LineParser()
        if snooper:
            wire = SnoopingTransport(wire, snooper)
        return HonestController(name, wire.source, wire.sink, self.link, address)

    def join(self, path, address):
        """Another machine's controller, at the end of its serial line."""
        return self.run(self._attach(path, "another guest", address))

    def rejoin(self, path):
        """The guest has been started again: its controller is a new one, with a new line."""
        self.link.remove_controller(self.controller)
        self.controller = self.run(self._attach(path, "guest", "00:1B:DC:F0:00:01", self.snooper))

    def run(self, work, timeout=PATIENCE):
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, timeout), self.loop).result(timeout + 5)

    def phone(self, mtu=247):
        self.phones.append(Phone(self, next(self.numbers), mtu))
        return self.phones[-1]

    def clear(self):
        """The phones so far hear nothing any more: who comes next has the air for itself."""
        phones, self.phones = self.phones, []
        for phone in phones:
            phone.leave()

    def size(self):
        """How much has been captured so far."""
        self.file.flush()
        return self.capture.stat().st_size

    def captured_since(self, size):
        """A capture of its own of what came since then."""
        self.file.flush()
        data = self.capture.read_bytes()
        return data[:SNOOP_HEAD] + data[max(size, SNOOP_HEAD) :]

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.file.close()


class Phone:
    """A central of its own: scans, connects, and talks GATT as a phone's system does."""

    def __init__(self, air, number, mtu):
        self.air, self.mtu, self.confirms, self.trips = air, mtu, True, 0
        self.connection = self.peer = None
        air.run(self._begin(f"F0:F1:F2:F3:F4:{number:02X}"))

    async def _begin(self, address):
        self.controller = HonestController("phone", link=self.air.link)
        self.device = Device(address=Address(address), host=Host(self.controller, AsyncPipeSink(self.controller)))
        await self.device.power_on()

    async def _leave(self):
        # Not without a word: nobody's connection times out in this air.
        self.controller.pending_le_connection = None
        for connection in list(self.device.connections.values()):
            with contextlib.suppress(Exception):
                await asyncio.wait_for(connection.disconnect(), 2)
        if self.controller in self.air.link.controllers:
            self.air.link.remove_controller(self.controller)

    def leave(self):
        """Is not on the air any more."""
        self.air.run(self._leave())

    async def _find(self, identity, seconds):
        found = asyncio.get_running_loop().create_future()

        def seen(advertisement):
            data = advertisement.data
            for maker in data.get_all(AdvertisingData.Type.MANUFACTURER_SPECIFIC_DATA):
                if short_id(maker[1]) == identity and not found.done():
                    found.set_result(advertisement)

        self.device.on("advertisement", seen)
        try:
            await self.device.start_scanning(active=True)
            return await asyncio.wait_for(found, seconds)
        except TimeoutError:
            return None
        finally:
            self.device.remove_listener("advertisement", seen)
            await self.device.stop_scanning()

    def find(self, identity, seconds=PATIENCE):
        """The advertisement of the device with this short id; None if there is none in that time."""
        return self.air.run(self._find(identity, seconds), seconds + PATIENCE)

    async def _connect(self, address):
        self.connection = await self.device.connect(address)
        self.hung_up = asyncio.Event()
        self.connection.on("disconnection", lambda _: self.hung_up.set())
        self.peer = Peer(self.connection)
        client = self.peer.gatt_client
        confirm, request = client.send_confirmation, client.send_request

        def counting_confirm(confirmation):
            self.trips += 1
            if self.confirms:
                confirm(confirmation)

        async def counting_request(packet):
            self.trips += 1
            return await request(packet)

        client.send_confirmation, client.send_request = counting_confirm, counting_request

    def connect(self, address, seconds=PATIENCE):
        self.air.run(self._connect(address), seconds)
        return self

    async def _discover(self):
        if self.mtu > 23:
            await self.peer.request_mtu(self.mtu)
        await self.peer.discover_all()
        (service,) = self.peer.get_services_by_uuid(SERVICE_UUID)
        at = {c.uuid: c for c in service.characteristics}
        self.info, self.write, self.indicate = (at[uuid] for uuid in UUIDS)

    def discover(self):
        self.air.run(self._discover())
        return self

    async def _subscribe(self, value):
        async def write(frame):
            await self.peer.write_value(self.write, frame, with_response=True)

        self.conversation = Conversation(write, min(self.connection.att_mtu - 3, 512))
        self.trips = 0
        if value == b"\x02\x00":
            await self.peer.subscribe(
                self.indicate, lambda frame: self.conversation.indicated.put_nowait(bytes(frame)), prefer_notify=False
            )
            return
        client = self.peer.gatt_client
        client.indication_subscribers.setdefault(self.indicate.handle, set()).add(
            lambda frame: self.conversation.indicated.put_nowait(bytes(frame))
        )
        await self.peer.write_value(self.indicate.handle + 1, value, with_response=True)

    def subscribe(self, value=b"\x02\x00"):
        self.air.run(self._subscribe(value))
        return self

    def raw(self, packet):
        """Sends an ATT packet as it is, past Bumble's own client. From here on that client hears nothing any more."""
        if not hasattr(self, "packets"):
            self.packets = asyncio.Queue()
            self.device.l2cap_channel_manager.register_fixed_channel(
                ATT_CID, lambda _, packet: self.packets.put_nowait(bytes(packet))
            )
        self.air.loop.call_soon_threadsafe(self.device.send_l2cap_pdu, self.connection.handle, ATT_CID, packet)

    def next_raw(self):
        """The next ATT packet of the device."""
        try:
            return self.air.run(self.packets.get(), 10)
        except TimeoutError:
            return None

    def pair(self, is_secure=True):
        """As a phone's system does when it is told that it has to: Just Works, by LE Secure Connections or the older way."""
        self.device.pairing_config_factory = lambda _: PairingConfig(sc=is_secure, mitm=False, bonding=True)
        self.air.run(self.connection.pair())

    def encrypt(self):
        """With the key of an earlier pairing."""
        self.air.run(self.connection.encrypt())

    def read_info(self):
        return self.air.run(self.peer.read_value(self.info))

    def prove(self, code):
        return self.air.run(self.conversation.prove(code))

    def link(self, code, login):
        """The whole setup. Gives the stages with the seconds after which they were reached."""
        began, stages = time.monotonic(), []
        mark = lambda name: stages.append((name, time.monotonic() - began))  # noqa: E731

        async def log_in(parameters):
            mark("proved")
            grant = await asyncio.to_thread(login, parameters)
            mark("logged in")
            return grant

        self.air.run(self.conversation.link(code, log_in, mark), 120)
        mark("linked")
        return stages

    def wait_until_hung_up(self, seconds=PATIENCE):
        self.air.run(self.hung_up.wait(), seconds)

    def hang_up(self):
        self.air.run(self.connection.disconnect())


def _uuids():
    from bumble.core import UUID

    return UUID(SERVICE), [UUID(text) for text in (INFO, WRITE, INDICATE)]


SERVICE_UUID, UUIDS = _uuids()
__all__ = ["ATT_Error", "Air", "Phone"]
