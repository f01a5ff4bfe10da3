"""Somebody in range who reads, alters, repeats and withholds what phone and device say to each other: learns nothing, and
is refused."""

import asyncio
import base64
import contextlib
import hashlib
import json
import re
from concurrent.futures import CancelledError

import pytest
from air import ATT_Error
from capture import Capture, leaks
from relay import Relay
from setup_protocol import BASE, Fault, Refused, SetupPhone, WrongCode, frames, times, written

OTHER_POINT = written(times(5, BASE))


@pytest.fixture
def relayed(radio):
    """A phone whose connection leads to the device through a man in the middle."""
    made = []

    def relay(alter=None):
        between = Relay(radio.air, radio.id, alter)
        made.append(between)
        return between, radio.air.phone().connect(between.address).discover().subscribe()

    yield relay
    for between in made:
        between.close()


def altered(to_device, kind, change):
    """Changes the first message of a kind, which fits one frame, on its way."""

    def reframed(frame):
        assert frame[0] & 0x40, "this message has one frame"
        return list(frames(change(frame[5:]), frame[1:3], 244))

    return altered_frame(to_device, kind, reframed)


def altered_frame(to_device, kind, change):
    """Changes the first frame of the first message of a kind; `change` gives the frames to pass on instead."""
    left = [1]

    def alter(is_to_device, frame):
        if is_to_device != to_device or not frame[0] & 0x80 or frame[5] != kind or not left[0]:
            return [frame]
        left[0] -= 1
        return change(frame)

    alter.left = left
    return alter


def flipped(at):
    return lambda message: message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]


# What is changed; whose message; which; how; and what the phone is told or finds out.
ALTERATIONS = {
    "another version offered": (True, 0x01, lambda _: b"\x01\x02\x01\x07", WrongCode),
    "no version left": (True, 0x01, lambda _: b"\x01\x01\x07", Fault),
    "another version chosen": (False, 0x81, flipped(1), Refused),
    "another salt": (False, 0x81, flipped(3), WrongCode),
    "more iterations": (False, 0x81, lambda m: m[: 6 + m[2]] + bytes([m[6 + m[2]] ^ 1]) + m[7 + m[2] :], WrongCode),
    "too few iterations": (False, 0x81, lambda m: m[: 3 + m[2]] + bytes(4) + m[7 + m[2] :], Refused),
    "another model": (False, 0x81, lambda m: m[:-1] + b"z", WrongCode),
    "a share that is no point": (True, 0x02, flipped(40), Fault),
    "the relay's own share": (True, 0x02, lambda _: b"\x02" + OTHER_POINT, WrongCode),
    "the relay's own answer": (False, 0x82, lambda m: b"\x82" + OTHER_POINT + m[66:], WrongCode),
    "another confirmation of the device": (False, 0x82, flipped(97), WrongCode),
    "another confirmation of the phone": (True, 0x03, flipped(32), Fault),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_altered_handshake_opens_no_session(radio, amazon, relayed, name):
    to_device, kind, change, told = ALTERATIONS[name]
    alter = altered(to_device, kind, change)
    _, phone = relayed(alter)
    with pytest.raises(told):
        phone.prove(radio.code)
    assert alter.left == [0], "it was altered"
    assert radio.status()["link"] == "setup-open"
    assert phone.read_info()[3] != 2, "proved"
    # A guess was spent exactly where the device's answer left it.
    has_answered = told is WrongCode or kind == 0x03
    assert radio.status()["guesses"]["failed"] == (1 if has_answered else 0)


def test_an_altered_session_ends(radio, amazon, relayed):
    """After the proof: altered, left out, twice or in another order, either way; nothing reaches Amazon."""
    cases = [
        (False, 0x84, lambda f: [f[:40] + bytes([f[40] ^ 1]) + f[41:]]),  # the parameters, with another challenge perhaps
        (False, 0x84, lambda f: []),
        (True, 0x04, lambda f: [f[:-1] + bytes([f[-1] ^ 1])]),
        (True, 0x04, lambda f: [f, f]),
        (True, 0x04, lambda f: [f[:4] + bytes([f[4] - 1]) + f[5:-1]]),
        (True, 0x04, lambda f: frames(b"\x04" + bytes(16), f[1:3], 244)),
        (True, 0x04, lambda f: frames(b"\x04\x01", f[1:3], 244)),  # shorter than a tag
    ]
    for to_device, kind, change in cases:
        alter = altered_frame(to_device, kind, change)
        between, phone = relayed(alter)
        with pytest.raises((Fault, Refused, ATT_Error, ConnectionError, TimeoutError, asyncio.TimeoutError)) as told:
            session, _ = phone.prove(radio.code)
            phone.air.run(phone.conversation.say(session.send({"type": "identify"})))
            phone.air.run(phone.conversation.hear(session, "anything"), 5)
        assert alter.left == [0], "it was altered"
        if to_device and isinstance(told.value, Fault):
            assert told.value.name in ("tampered", "malformed")
        if to_device:
            phone.wait_until_hung_up()
        between.close()
    assert radio.status()["guesses"]["failed"] == 0, "the code was right each time"
    assert amazon.count("token") == 0


def test_a_relay_that_only_listens_learns_nothing(radio, relayed, tell):
    between, phone = relayed()
    phone.link(radio.code, radio.login)
    radio.board.wait_for_link("linked")
    heard = b"".join(frame[5:] if frame[0] & 0x80 else frame[3:] for _, frame in between.heard)
    assert len(heard) > 500
    for name, secret in secrets_of(radio).items():
        assert secret not in heard, name
    tell(f"the relay heard {len(between.heard)} frames and {len(heard)} bytes of messages")


def test_a_recorded_phone_is_refused(radio):
    """Everything that a phone said, the right code included, said again by somebody else."""
    recorded, phone = [], radio.phone()
    write = phone.conversation.write

    async def recording(frame):
        recorded.append(frame)
        await write(frame)

    phone.conversation.write = recording
    session, _ = phone.prove(radio.code)
    phone.air.run(phone.conversation.say(session.send({"type": "identify"})))
    phone.hang_up()
    assert radio.status()["guesses"]["failed"] == 0
    again = radio.phone()
    answers = []
    for frame in recorded[:3]:  # hello, share, proof: one frame each
        again.air.run(again.conversation.write(frame))
        answers.append(again.air.run(again.conversation.indicated.get()))
    assert [answer[5] for answer in answers] == [0x81, 0x82, 0x8F], "offer, answer, fault"
    assert answers[2][6] == 6, "wrongSetupCode"
    assert again.read_info()[3] != 2, "proved"
    assert radio.status()["guesses"]["failed"] == 1, "it was a guess"
    # What was sealed for the first session opens nothing here.
    with contextlib.suppress(ATT_Error, CancelledError):
        again.air.run(again.conversation.say(recorded[3:]))
    again.wait_until_hung_up()


def test_a_recorded_device_is_refused(radio):
    """What the device said to one phone, said to another with the same code and even the same session number."""
    phone = radio.phone()
    heard, put = [], phone.conversation.indicated.put_nowait
    phone.conversation.indicated.put_nowait = lambda frame: (heard.append(frame), put(frame))
    session, _ = phone.prove(radio.code)
    other = SetupPhone(radio.code, 244, session=session.session)
    other.hello()
    other.receive(heard[0])
    with pytest.raises(WrongCode):
        other.receive(heard[1])


def test_try_25_is_refused_like_the_fourth(radio):
    """The limit is not only logged: once it bites, no try gets through, the right code neither, until its time has come."""
    wrong = "13572468" if radio.code != "13572468" else "86427531"
    phone = radio.phone()

    def attempt(code):
        """What came of it: None if it got through, 0 if it was counted as wrong, else the seconds to wait."""
        try:
            phone.prove(code)
        except WrongCode:
            return 0
        except Fault as fault:
            assert fault.name == "wait" and fault.seconds > 0
            return fault.seconds

    outcomes = [attempt(wrong) for _ in range(24)]
    # Try 25 shall not come just when a pause ends.
    while outcomes[-1] < 4:
        outcomes.append(attempt(wrong))
    assert attempt(radio.code) is not None and attempt(radio.code) > 0, "the right code has to wait, too"
    assert None not in outcomes and outcomes[:3] == [0, 0, 0] and outcomes[3] > 0
    assert radio.status()["guesses"]["failed"] == outcomes.count(0)
    # Three are free; then 5, 10, 20, … seconds: this test does not last long enough for many.
    assert outcomes.count(0) <= 8
    assert radio.status()["link"] == "setup-open"


def test_connecting_and_looking_is_not_guessing(radio):
    for _ in range(6):
        phone = radio.phone()
        phone.read_info()
        phone.air.run(phone.conversation.say(SetupPhone(radio.code, 244).hello()))
        phone.air.run(phone.conversation.indicated.get())
        phone.hang_up()
    assert radio.status()["guesses"]["failed"] == 0
    radio.phone().prove(radio.code)


def test_power_cut_between_counting_and_the_answer_leaves_the_guess_counted(radio):
    """The phone does not confirm the offer, so the answer cannot leave; the attempt is on disk by then."""
    phone = radio.phone()
    phone.confirms = False
    wrong = SetupPhone("13572468" if radio.code != "13572468" else "86427531", phone.conversation.frame_length)
    phone.air.run(phone.conversation.say(wrong.hello()))
    share, _ = wrong.receive(phone.air.run(phone.conversation.indicated.get()))
    phone.air.run(phone.conversation.say(share))
    radio.wait_for_guesses(1)
    assert phone.conversation.indicated.empty(), "the answer has not left"
    radio.cut_and_boot()
    assert radio.status()["guesses"]["failed"] == 1


def secrets_of(radio, grant=True):
    record = json.loads(radio.factory.record.read_text())
    stored = radio.shell("cat /var/lib/dash-button/*").encode()
    tokens = sorted(set(re.findall(rb"Atz[ar]\|[A-Za-z0-9+/=_-]{8,}", stored)))
    assert not grant or len(tokens) >= 2, "an access token and a refresh token"
    secrets = {
        "setup code": radio.code.encode(),
        "setup code as on the label": f"{radio.code[:4]}-{radio.code[4:]}".encode(),
        "w0": bytes.fromhex(record["w0"]),
        "L": bytes.fromhex(record["L"]),
    }
    secrets |= {f"token {number}": token for number, token in enumerate(tokens)}
    return secrets | ({"authorization code": radio.grant.encode()} if grant else {})


def test_no_secret_is_on_the_air(radio, tell):
    """Setup code, verifier record, code verifier, authorization code, tokens: looked for in all that the guest's
    controller sent and heard in a whole link. Then the same search finds them, planted, and cut into small frames."""
    phone, seen, began = radio.phone(), [], radio.air.size()

    def login(parameters):
        seen.append(parameters)
        return radio.login(parameters)

    phone.link(radio.code, login)
    radio.board.wait_for_link("linked")
    phone.wait_until_hung_up()
    secrets, challenge = secrets_of(radio), seen[0]["code_challenge"]
    capture = Capture(radio.air.captured_since(began))
    assert len(capture.values(True)) >= 4 and len(capture.values(False)) >= 4
    assert leaks(capture, secrets, challenge) == set()
    record = json.loads(radio.factory.record.read_text())
    assert leaks(capture, {"salt": bytes.fromhex(record["salt"])}) == {"salt"}, "what is no secret is found"
    tell(f"nothing of {len(secrets) + 1} secrets in {len(capture.data)} bytes, {len(capture.packets)} ATT packets")

    radio.fresh()
    phone, began = radio.phone(mtu=23), radio.air.size()
    verifier, planted = plant(secrets)
    for frame in frames(b"\x42" + planted, b"\x12\x34", 20):
        try:
            phone.air.run(phone.conversation.write(frame))
        except ATT_Error:
            pass  # the device has had enough; it is on the air all the same
    capture = Capture(radio.air.captured_since(began))
    assert leaks(capture, secrets, verifier) == {*secrets, "code verifier"}


def plant(secrets):
    """A message with all of these secrets, and a code verifier made up for it; gives its challenge."""
    verifier = b"planted-verifier-0123456789-abcdefghijklmnopq"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
    return challenge, b" ".join([*secrets.values(), verifier])
