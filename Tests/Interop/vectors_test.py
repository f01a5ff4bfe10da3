"""Checks Tests/Vectors for being consistent: shape, source tags, encodings, PKCE digests, identity rules."""

import base64
import hashlib
import json
import pathlib
import re
from urllib.parse import unquote, unquote_plus

import pytest

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "Vectors"
SERVICES = sorted([*VECTORS.glob("drs-*.json"), *VECTORS.glob("lwa-*.json")])
OUTCOMES = set(re.findall(r"`([a-zA-Z]+)`", (VECTORS / "README.md").read_text()))
TAG = re.compile(r"\[(D:[a-z-]+|J:[a-z-]+|L:[a-z-]+|ios|android|imp|rb|adash|go|avs|ADVICE|UNVERIFIED)\]")
SERIAL, MODEL = re.compile(rb"[A-Za-z0-9]{1,50}"), re.compile(rb"[A-Za-z0-9+_-]{1,63}")


def load(name):
    return json.loads((VECTORS / name).read_text())


def every(kind):
    found = [
        pytest.param(vector, id=f"{file.stem}: {vector['name']}")
        for file in SERVICES
        for vector in load(file.name)["vectors"]
        if vector["kind"] == kind
    ]
    assert found
    return pytest.mark.parametrize("vector", found)


@pytest.mark.parametrize("file", SERVICES, ids=lambda file: file.stem)
def test_names_and_sources(file):
    vectors = load(file.name)["vectors"]
    names = [vector["name"] for vector in vectors]
    assert len(names) == len(set(names))
    for vector in vectors:
        assert TAG.match(vector["source"]), vector["source"]
        assert vector["kind"] in ("request", "response", "authorize", "scopeData", "redirect")
        if "expect" in vector:
            assert vector["expect"]["outcome"] in OUTCOMES, vector["expect"]
            assert vector["expect"]["outcome"] in vector.get("acceptable", [vector["expect"]["outcome"]])
            assert set(vector.get("acceptable", [])) <= OUTCOMES


@every("request")
def test_requests(vector):
    inputs, request = vector["inputs"], vector["request"]
    if "form" in request:
        assert set(request["form"]) == set(request["formEncoded"])
        for name, spellings in request["formEncoded"].items():
            assert {unquote_plus(spelling) for spelling in spellings} == {request["form"][name]}
            assert not any(re.search(r"[^A-Za-z0-9%+*._~-]", spelling) for spelling in spellings)
        assert not set(request["formAbsent"]) & set(request["form"])
        return
    assert request["headers"]["Authorization"] == "Bearer " + inputs["accessToken"]
    kinds = [request["headers"]["x-amzn-type-version"], request["headers"]["x-amzn-accept-type"]]
    for kind, suffix in zip(kinds, ("Input", "Result")):
        assert re.fullmatch(r"com\.amazon\.dash\.replenishment\.Drs[A-Za-z]+" + suffix + r"@[12]\.0", kind)
    assert re.fullmatch(r"(/[A-Za-z0-9._~%-]+)+", request["path"])
    segments = [unquote(segment) for segment in request["path"].split("/")]
    for key in ("slotId", "eventInstanceId", "model", "serial"):
        assert inputs.get(key) is None or inputs[key] in segments
    assert (request["contentType"] is None) == (request["body"] is None)
    for name, spelling in request.get("literals", {}).items():
        assert json.loads(spelling) == request["body"][name]


@every("response")
def test_responses(vector):
    """An answer whose outcome carries values is JSON, and holds those values."""
    response, expect = vector["response"], vector["expect"]
    assert len({"bodyText", "bodyHex", "bodyParts"} & set(response)) == 1
    if response["status"] >= 500:
        assert expect["outcome"] == "retryable"
    if expect["outcome"] in ("ordered", "testOrdered", "alreadyOrdered", "unknownDetail"):
        body = json.loads(response["bodyText"])
        assert body["detailCode"] == expect["detailCode"]
        if "eventInstanceId" in expect:
            assert body.get("eventInstanceId") == expect["eventInstanceId"]
    if expect["outcome"] == "tokens" and "accessToken" in expect:
        body = json.loads(response["bodyText"])
        assert body["access_token"] == expect["accessToken"]
        assert body.get("refresh_token") == expect["refreshToken"]
        assert int(body["expires_in"]) == expect["expiresIn"]
    if expect.get("unlinks"):
        assert (response["status"], vector["operations"]) == (400, ["refresh"])
        assert json.loads(response["bodyText"])["error"].lower() == "invalid_grant"


@every("authorize")
def test_authorize(vector):
    authorize = vector["authorize"]
    for name, spellings in authorize["queryEncoded"].items():
        assert {unquote_plus(spelling) for spelling in spellings} == {authorize["query"][name]}
    device = authorize["scopeData"]["dash:replenish"]
    assert (device["device_model"], device["serial"]) == (vector["inputs"]["model"], vector["inputs"]["serial"])
    assert SERIAL.fullmatch(device["serial"].encode()) and MODEL.fullmatch(device["device_model"].encode())


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def test_pkce():
    data = load("pkce.json")
    rule = re.compile(r"[A-Za-z0-9._~-]{43,128}")
    for vector in data["vectors"]:
        assert rule.fullmatch(vector["verifier"]), vector["name"]
        assert base64url(hashlib.sha256(vector["verifier"].encode()).digest()) == vector["challenge"], vector["name"]
        assert "octets" not in vector or base64url(bytes.fromhex(vector["octets"])) == vector["verifier"]
    for vector in data["invalidVerifiers"]:
        assert not rule.fullmatch(vector["value"]), vector["name"]


def test_identity():
    data = load("identity.json")
    for rule, vectors in ((SERIAL, data["serials"]), (MODEL, data["models"])):
        assert len({vector["value"] for vector in vectors}) == len(vectors)
        for vector in vectors:
            assert bool(rule.fullmatch(vector["value"].encode())) == vector["valid"], vector["reason"]
