"""Sends the requests of Tests/Vectors/drs-*.json to the emulator as typed, and reads its answers by the documents."""

import json
import pathlib
import re
import secrets
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from emulator import TIMEOUT, Browser
from oauth_clients import (
    SCOPE,
    Authlib,
    assert_access,
    assert_no_access,
    at_once,
    post,
    scope_data,
)
from parties import ACCOUNT, CLIENT, PASSWORD, REDIRECT

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "Vectors"
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


def vectors(name, kind="request"):
    found = [vector for vector in json.loads((VECTORS / name).read_text())["vectors"] if vector["kind"] == kind]
    assert found
    return pytest.mark.parametrize("vector", found, ids=[vector["name"] for vector in found])


def register(emulator, model="CoffeeMaker-9000", serial=None, test=True):
    """A device linked to the customer; its access token."""
    serial = serial or "SN" + secrets.token_hex(6)
    client = Authlib(emulator)
    data = json.dumps({SCOPE: {"device_model": model, "serial": serial, "is_test_device": test}})
    address = Browser(emulator, ACCOUNT, PASSWORD).authorize(client.begin(scope_data=data), REDIRECT)
    assert isinstance(address, str), address.text[:2000]
    return client.redeem(address)


@pytest.fixture
def access(emulator):
    return register(emulator)["access_token"]


def send(emulator, vector, token, **changes):
    """The request byte by byte: `requests` would rewrite the path, so it is set on the prepared request."""
    request = vector["request"]
    headers = {**request["headers"], "Authorization": "Bearer " + token, **changes}
    headers = {name: value for name, value in headers.items() if value is not None}
    body = None
    if request["body"] is not None:
        headers["Content-Type"], body = request["contentType"], json.dumps(request["body"]).encode()
    session = emulator.session()
    prepared = session.prepare_request(requests.Request(request["method"], emulator.url, headers=headers, data=body))
    prepared.url = emulator.url + request["path"]
    return session.send(prepared, verify=emulator.ca, timeout=TIMEOUT, allow_redirects=False)


def by_name(file, name):
    return next(vector for vector in json.loads((VECTORS / file).read_text())["vectors"] if vector["name"] == name)


REPLENISH = by_name("drs-replenish.json", "replenish, short slot name")
CANCEL = by_name("drs-cancel-test-orders.json", "cancel one")
CANCEL_ALL = by_name("drs-cancel-test-orders.json", "cancel all")
ORDER_INFO = by_name("drs-order-info.json", "order info")


def to(vector, path):
    return {**vector, "request": {**vector["request"], "path": path}}


@vectors("drs-replenish.json")
def test_replenish(emulator, access, vector):
    answer = send(emulator, vector, access)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["detailCode"] == "TEST_ORDER_PLACED"
    assert 0 < len(body["eventInstanceId"]) <= 255
    assert answer.headers["x-amzn-requestid"]


def test_real_device_orders(emulator):
    token = register(emulator, test=False)["access_token"]
    assert send(emulator, REPLENISH, token).json()["detailCode"] == "STANDARD_ORDER_PLACED"
    assert send(emulator, REPLENISH, token).json()["detailCode"] == "ORDER_INPROGRESS"


def test_open_order_until_cancelled(emulator, access):
    assert send(emulator, REPLENISH, access).json()["detailCode"] == "TEST_ORDER_PLACED"
    for _ in range(2):
        assert send(emulator, REPLENISH, access).json()["detailCode"] == "ORDER_INPROGRESS"
    answer = send(emulator, CANCEL, access)
    assert (answer.status_code, answer.json()) == (
        200,
        {"slotOrderStatuses": [{"orderStatus": "NO_ORDER_IN_PROGRESS", "slotId": "PaperTowel"}]},
    )
    assert send(emulator, REPLENISH, access).json()["detailCode"] == "TEST_ORDER_PLACED"
    listed = send(emulator, CANCEL_ALL, access).json()["slotOrderStatuses"]
    assert {"orderStatus": "NO_ORDER_IN_PROGRESS", "slotId": "PaperTowel"} in listed
    assert send(emulator, REPLENISH, access).json()["detailCode"] == "TEST_ORDER_PLACED"


def test_unknown_slot(emulator, access):
    assert send(emulator, to(REPLENISH, "/replenish/NoSuchSlot"), access).status_code == 404
    assert send(emulator, to(REPLENISH, "/replenish/"), access).status_code in (400, 404)


@vectors("drs-slot-status.json")
def test_slot_status(emulator, access, vector):
    answer = send(emulator, vector, access)
    assert (answer.status_code, answer.content) == (200, b""), answer.text


@vectors("drs-device-status.json")
def test_device_status(emulator, access, vector):
    answer = send(emulator, vector, access)
    assert (answer.status_code, answer.content) == (200, b""), answer.text


@pytest.mark.parametrize(
    "file, field, value",
    [
        ("drs-device-status.json", "mostRecentlyActiveDate", "yesterday"),
        ("drs-device-status.json", "mostRecentlyActiveDate", 1451296800),
        ("drs-slot-status.json", "remainingQuantityInUnit", "3.5"),
        ("drs-slot-status.json", "lastUseDate", "yesterday"),
    ],
)
def test_status_with_a_wrong_value(emulator, access, file, field, value):
    """`400: caller data wrong`, say the pages; a stand-in that took everything would hide mistakes."""
    vector = json.loads((VECTORS / file).read_text())["vectors"][0]
    body = {**vector["request"]["body"], field: value}
    answer = send(emulator, {**vector, "request": {**vector["request"], "body": body}}, access)
    assert answer.status_code == 400, answer.text


@vectors("drs-subscription-info.json")
def test_subscription_info(emulator, access, vector):
    answer = send(emulator, vector, access)
    assert answer.status_code == 200, answer.text
    slots = answer.json()["slotsSubscriptionStatus"]
    assert "PaperTowel" in slots and "K\u00f6rner" in slots
    for slot in slots.values():
        if vector["inputs"]["resultVersion"] == "1.0":
            assert isinstance(slot, bool)
            continue
        assert isinstance(slot["subscribed"], bool)
        for product in slot["productInfoList"]:
            assert isinstance(product["asin"], str) and product["unit"] == "count"
            assert isinstance(product["quantity"], (int, float))


def test_order_info(emulator, access):
    event = send(emulator, REPLENISH, access).json()["eventInstanceId"]
    answer = send(emulator, to(ORDER_INFO, "/getOrderInfo/" + event), access)
    assert answer.status_code == 200, answer.text
    order = answer.json()["orderInfoData"]
    assert order["instanceId"] == event
    assert [item["slotId"] for item in order["orderItems"]] == ["PaperTowel"]
    for item in order["orderItems"]:
        assert item["asin"] == "B00EXAMPLE" and isinstance(item["quantity"], (int, float))
        assert item["status"] in "Processing Cancelled Shipped Pending Authorized Canceled Closed Unknown".split()
        assert item["expectedDeliveryDate"] is None or ISO.fullmatch(item["expectedDeliveryDate"])


def test_order_info_of_another_device(emulator, access):
    event = send(emulator, REPLENISH, access).json()["eventInstanceId"]
    other = register(emulator)["access_token"]
    answer = send(emulator, to(ORDER_INFO, "/getOrderInfo/" + event), other)
    assert answer.status_code in (400, 403, 404)
    assert send(emulator, to(ORDER_INFO, "/getOrderInfo/none"), access).status_code in (400, 404)


@vectors("drs-deregister.json")
def test_deregister(emulator, vector):
    model, serial = (vector["inputs"].get(key) for key in ("model", "serial"))
    tokens = register(emulator, **({"model": model, "serial": serial} if model else {}))
    answer = send(emulator, vector, tokens["access_token"])
    assert (answer.status_code, answer.content) == (200, b""), answer.text
    assert_no_access(emulator, tokens["access_token"])


def test_deregister_of_another_device(emulator):
    token = register(emulator)["access_token"]
    vector = by_name("drs-deregister.json", "deregister, version 1.0")
    assert send(
        emulator, to(vector, "/deviceModels/CoffeeMaker-9000/devices/SNother/registration"), token
    ).status_code in (
        400,
        403,
        404,
    )
    assert_access(emulator, token)


EVERY = [
    by_name(f"drs-{file}.json", name)
    for file, name in (
        ("replenish", "replenish, short slot name"),
        ("slot-status", "all fields, fractional remainder"),
        ("device-status", "device status"),
        ("subscription-info", "subscription info, version 2.0"),
        ("order-info", "order info"),
        ("deregister", "deregister, version 2.0"),
        ("cancel-test-orders", "cancel one"),
    )
]
every_operation = pytest.mark.parametrize("vector", EVERY, ids=[vector["name"] for vector in EVERY])


@every_operation
def test_bad_token(emulator, vector):
    """As drs-errors.json has it: 400, the message, and the class in a header."""
    answer = send(emulator, vector, "Atza|madeup")
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid token")
    assert answer.headers["x-amzn-errortype"].startswith("InvalidTokenException:")
    assert answer.headers["x-amzn-requestid"]


@every_operation
@pytest.mark.parametrize("value", [None, "Atza|madeup", "Basic eDp5", "Bearer", "Bearer "])
def test_no_token(emulator, vector, value):
    assert send(emulator, vector, "", Authorization=value).status_code in (400, 401)


@every_operation
@pytest.mark.parametrize("header", ["x-amzn-type-version", "x-amzn-accept-type"])
@pytest.mark.parametrize(
    "value", [None, "com.amazon.dash.replenishment.DrsUnknown@1.0", "DrsReplenishInput@1.0", "@9.9"]
)
def test_headers_are_checked(emulator, access, vector, header, value):
    """The pages ask for both on every call; which error comes is not documented."""
    answer = send(emulator, vector, access, **{header: value})
    assert 400 <= answer.status_code < 500, f"{header}: {value} was taken"
    assert_access(emulator, access)
    assert send(emulator, REPLENISH, access).json()["detailCode"] == "TEST_ORDER_PLACED", "something was ordered"


# Login with Amazon, by lwa-authorize.json and lwa-code-based-linking.json


@vectors("lwa-authorize.json", "scopeData")
def test_scope_data(emulator, vector):
    client = Authlib(emulator)
    url = client.begin(scope_data=vector["scopeDataText"])
    end = Browser(emulator, ACCOUNT, PASSWORD).authorize(url, REDIRECT)
    code = isinstance(end, str) and "code" in parse_qs(urlsplit(end).query)
    assert code == (vector["expect"]["outcome"] == "registration"), end if isinstance(end, str) else end.text[:2000]
    if code:
        token = client.redeem(end)["access_token"]
        expected = "TEST_ORDER_PLACED" if vector["expect"]["isTestDevice"] else "STANDARD_ORDER_PLACED"
        taken = send(emulator, REPLENISH, token).json()["detailCode"]
        assert taken in (expected, "ORDER_INPROGRESS")


def code_pair(emulator):
    pair = post(
        emulator,
        {"response_type": "device_code", "client_id": CLIENT, "scope": SCOPE, "scope_data": scope_data("SNcbl1")},
        path="/auth/o2/create/codepair",
    )
    assert pair.status_code == 200, pair.text
    pair = pair.json()
    assert isinstance(pair["expires_in"], int) and isinstance(pair["interval"], int)
    return pair, {"grant_type": "device_code", "device_code": pair["device_code"], "user_code": pair["user_code"]}


def error_and_status(answer):
    return answer.status_code, answer.json().get("error")


def test_code_based_linking(hasty_emulator):
    emulator = hasty_emulator
    pair, poll = code_pair(emulator)
    assert error_and_status(post(emulator, poll)) == (400, "authorization_pending")
    assert error_and_status(post(emulator, poll)) == (400, "slow_down")
    assert error_and_status(post(emulator, {**poll, "device_code": "none"})) == (400, "invalid_code_pair")
    assert error_and_status(post(emulator, {**poll, "user_code": "none"})) == (400, "invalid_code_pair")
    Browser(emulator, ACCOUNT, PASSWORD).authorize(pair["verification_uri"], "none:", user_code=pair["user_code"])
    for _ in range(10):
        time.sleep(2)
        answer = post(emulator, poll)
        if answer.status_code == 200:
            break
    token = answer.json()
    assert token["token_type"].lower() == "bearer" and token["refresh_token"], token
    assert_access(emulator, token["access_token"])
    assert error_and_status(post(emulator, poll)) == (400, "invalid_code_pair"), "a code pair is good once"


def test_code_based_linking_refused_by_the_customer(hasty_emulator):
    """access_denied is RFC 8628's word; for LWA it is not confirmed."""
    emulator = hasty_emulator
    pair, poll = code_pair(emulator)
    Browser(emulator, ACCOUNT, PASSWORD).authorize(
        pair["verification_uri"], "none:", consent=False, user_code=pair["user_code"]
    )
    assert error_and_status(post(emulator, poll)) in ((400, "access_denied"), (400, "invalid_code_pair"))


def test_many_presses_at_once_place_one_order(emulator, access):
    answers = at_once(12, lambda: send(emulator, REPLENISH, access))
    assert [answer.status_code for answer in answers] == 12 * [200]
    codes = sorted(answer.json()["detailCode"] for answer in answers)
    assert codes == 11 * ["ORDER_INPROGRESS"] + ["TEST_ORDER_PLACED"]


@pytest.mark.parametrize("field", ["response_type", "client_id", "scope"])
def test_code_pair_needs_its_fields(emulator, field):
    fields = {"response_type": "device_code", "client_id": CLIENT, "scope": SCOPE, "scope_data": scope_data("SNcbl2")}
    del fields[field]
    answer = post(emulator, fields, path="/auth/o2/create/codepair")
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] in ("invalid_request", "invalid_client", "invalid_scope")
