#!/usr/bin/env python3
"""A phone in a terminal: links a ReplenishKit device to an Amazon account over Bluetooth LE (bleak).

    phone.py --id 4F2A9C --client-id amzn1.application-oa2-client.YOURS --redirect-uri https://example.com/return

Asks for the setup code on the label, prints the address of the login, and asks for the address to which the browser came
back. Ends with 0 once the device is linked.
"""

import argparse
import asyncio
import contextlib
import getpass
import json
import secrets
import sys
from urllib.parse import parse_qs, urlencode, urlsplit

from setup_protocol import INDICATE, SERVICE, WRITE, Fault, Refused, SetupPhone, WrongCode, short_id

SILENCE = 60  # seconds that the device may be silent; redeeming a code at Amazon is the longest


class Conversation:
    """Frames to and from one connected device. `write` sends one frame and awaits its response."""

    def __init__(self, write, frame_length):
        self.write, self.frame_length, self.indicated = write, frame_length, asyncio.Queue()

    async def say(self, frames):
        for frame in frames:
            await self.write(frame)

    async def prove(self, code):
        """The handshake. Gives the session that stands, and the device's parameters."""
        phone = SetupPhone(code, self.frame_length)
        await self.say(phone.hello())
        return phone, await self.hear(phone, "parameters")

    async def hear(self, phone, *types):
        """The next of these that the device says; what is unknown is passed over."""
        while True:
            frame = await asyncio.wait_for(self.indicated.get(), SILENCE)
            answer, said = phone.receive(frame)
            await self.say(answer)
            if said and said["type"] in types:
                return said

    async def link(self, code, login, tell=print):
        """All of it: handshake, the owner's `login` (parameters in; code and redirect URI and client out), the outcome."""
        phone, parameters = await self.prove(code)
        while True:
            await self.say(phone.send({"type": "authorization", **await login(parameters)}))
            while True:
                said = await self.hear(phone, "progress", "linked", "failed")
                if said["type"] == "progress":
                    tell(said.get("stage"))
                    continue
                break
            if said["type"] == "linked":
                return
            if not said.get("may_retry"):
                raise Refused(said.get("text"))
            tell(said.get("text"))
            parameters = await self.hear(phone, "parameters")


def login_address(parameters, client_id, redirect_uri, state, page):
    """Where the owner logs in. Login with Amazon wants a flag only if it is true."""
    device = {"device_model": parameters["model"], "serial": parameters["serial"]}
    device |= {flag: True for flag in ("is_test_device", "should_include_non_live") if parameters.get(flag)}
    query = {
        "client_id": client_id,
        "scope": parameters["scope"],
        "scope_data": json.dumps({"dash:replenish": device}, separators=(",", ":")),
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": parameters["code_challenge"],
        "code_challenge_method": parameters["code_challenge_method"],
    }
    return page + "?" + urlencode(query)


def granted(address, state):
    """The authorization code in the address that the browser came back to."""
    answer = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    if answer.get("state") != state:
        raise Refused("this address is not of this login")
    if "code" not in answer:
        raise Refused(f"the login ended with {answer.get('error', 'no code')}")
    return answer["code"]


async def paste(parameters, options):
    state = secrets.token_urlsafe(16)
    print("Open this address, log in, and paste the address to which you are sent back:\n")
    print(login_address(parameters, options.client_id, options.redirect_uri, state, options.authorize_url), "\n")
    address = await asyncio.to_thread(input, "> ")
    return {
        "grant_type": "authorization_code",
        "code": granted(address.strip(), state),
        "redirect_uri": options.redirect_uri,
        "client_id": options.client_id,
    }


@contextlib.asynccontextmanager
async def connected(client):
    """A client while it is connected. The device hangs up by itself once it is linked, and takes bleak's bus along."""
    await client.connect()
    try:
        yield client
    finally:
        with contextlib.suppress(EOFError):
            await client.disconnect()


async def run(options):
    from bleak import BleakClient, BleakScanner

    def is_wanted(_, advertised):
        ids = [short_id(data) for data in advertised.manufacturer_data.values()]
        return options.id.upper() in ids

    print(f"looking for {options.id} …")
    found = await BleakScanner.find_device_by_filter(is_wanted, timeout=30, service_uuids=[SERVICE])
    if found is None:
        raise Refused(f"no device {options.id} is in its setup window nearby; hold its button for five seconds")
    code = await asyncio.to_thread(getpass.getpass, "setup code: ")
    async with connected(BleakClient(found)) as client:
        write = client.services.get_characteristic(WRITE)

        async def write_frame(frame):
            await client.write_gatt_char(write, frame, response=True)

        conversation = Conversation(write_frame, min(client.mtu_size - 3, 512))
        await client.start_notify(INDICATE, lambda _, frame: conversation.indicated.put_nowait(bytes(frame)))
        while True:
            try:
                return await conversation.link(code, lambda parameters: paste(parameters, options))
            except WrongCode:
                code = await asyncio.to_thread(getpass.getpass, "that was not its code; setup code: ")
            except Fault as fault:
                if fault.name != "wait":
                    raise
                print(f"too many wrong codes: waiting {fault.seconds} s …")
                await asyncio.sleep(fault.seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--id", required=True, help="the short id on the label, six hexadecimal digits")
    parser.add_argument("--client-id", required=True, help="of the Login with Amazon security profile")
    parser.add_argument("--redirect-uri", required=True, help="one of the profile's allowed return URLs")
    parser.add_argument("--authorize-url", default="https://www.amazon.com/ap/oa", help="the login page (%(default)s)")
    try:
        asyncio.run(run(parser.parse_args()))
    except (Refused, Fault, TimeoutError) as problem:
        sys.exit(f"phone.py: {problem or 'the device fell silent; try again'}")
    print("linked")


if __name__ == "__main__":
    main()
