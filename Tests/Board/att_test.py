"""ATT conformance over the air: the conversations of Tests/Vectors/att.json, which the unit tests hold too, through a real
kernel and a stack that nobody here wrote."""

import json
import pathlib

VECTORS = json.loads((pathlib.Path(__file__).resolve().parent.parent / "Vectors" / "att.json").read_text())["vectors"]
# A question whose answer tells that there was none to what was asked before: the appearance.
PROBE, ANSWER = bytes.fromhex("0a0500"), bytes.fromhex("0b0000")


def test_every_att_request_is_answered_as_specified(radio, tell):
    radio.fresh(name="Replenish")
    wrong, count = [], 0
    for vector in VECTORS:
        phone = radio.air.phone()
        phone.connect(phone.find(radio.id).address)
        for number, exchange in enumerate(vector["exchanges"], 1):
            request, expected = (bytes.fromhex(exchange[key]) for key in ("request", "answer"))
            phone.raw(request)
            if not expected:
                phone.raw(PROBE)
            answer = phone.next_raw()
            if answer != (expected or ANSWER):
                wrong.append(f"{vector['name']}, request {number} ({request[:20].hex()}): {answer and answer.hex()}")
                break
            count += 1
        phone.hang_up()
    assert not wrong, "\n".join(wrong)
    assert count == sum(len(vector["exchanges"]) for vector in VECTORS)
    tell(f"{count} ATT requests over {len(VECTORS)} connections")
    # After all that the device still does what it is for.
    radio.phone().link(radio.code, radio.login)
    radio.board.wait_for_link("linked")


def test_two_requests_at_once_are_answered_in_order(radio):
    """A client may not ask before it has been answered; one that does gets both answers, in order."""
    radio.fresh(name="Replenish")
    phone = radio.air.phone()
    phone.connect(phone.find(radio.id).address)
    requests = [bytes.fromhex("0a0300"), PROBE, bytes.fromhex("0a0f00"), bytes.fromhex("02f700")]
    for request in requests:
        phone.raw(request)
    answers = [phone.next_raw() for _ in requests]
    assert answers == [b"\x0bReplenish", ANSWER, bytes.fromhex("010a0f0001"), bytes.fromhex("030502")]
