"""Drives the managed-integrations stand-in with botocore, unmodified: link, discover, command, refresh, delete."""

import json
import secrets
import time
from urllib.parse import parse_qs, parse_qsl, urlsplit

import botocore.config
import botocore.exceptions
import botocore.session
import pytest

from emulator import TIMEOUT
from third_party import ThirdParty, answer

COMPLETE = "https://app.example/linked?from=aws"
SECRET = {
    "arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:destination-AbCdEf",
    "versionId": "0123456789abcdef0123456789abcdef",
}
REPORT = {
    "version": "1.0.0",
    "nodeId": "1",
    "endpoints": [
        {
            "id": "1",
            "deviceTypes": ["Appliance"],
            "clusters": [
                {
                    "id": "0x0003",
                    "revision": 4,
                    "name": "Identify",
                    "attributes": [{"id": "0x0000", "name": "IdentifyTime", "value": 0}],
                    "commands": ["0x00"],
                    "events": [],
                }
            ],
        }
    ],
}
IDENTIFY = {
    "endpointId": "1",
    "capabilities": [
        {
            "id": "matter.Identify@1.3",
            "name": "Identify",
            "version": "1",
            "actions": [{"name": "Identify", "parameters": {"IdentifyTime": 10}}],
        }
    ],
}


def connect(emulator, **further):
    session = botocore.session.Session()
    return session.create_client(
        "iot-managed-integrations",
        region_name="us-east-1",
        endpoint_url=emulator.url,
        verify=emulator.ca,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        config=botocore.config.Config(
            retries={"total_max_attempts": 1}, read_timeout=TIMEOUT, proxies={}, **further
        ),
    )


def control(emulator, path, body):
    reply = emulator.session().post(emulator.at("/emulator/" + path), json=body, timeout=TIMEOUT)
    assert reply.status_code < 300, reply.text
    return reply.json()


def seen(emulator):
    return emulator.session().get(emulator.at("/emulator/managed-integrations"), timeout=TIMEOUT).json()


def eventually(what, look, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"never: {what}")


class Customer:
    """A customer of managed integrations, whose connector stands beside the emulator."""

    def __init__(self, emulator, third, scheme="HTTP_BASIC", complete=COMPLETE):
        self.emulator, self.third, self.user = emulator, third, "user" + secrets.token_hex(4)
        self.client = connect(emulator)
        control(
            emulator,
            "managed-integrations/settings",
            {"connectorURL": third.url + "/connector", "invocationSeconds": 2, "invocationRetries": 5},
        )
        text = json.dumps({"clientId": third.CLIENT, "clientSecret": third.SECRET})
        control(emulator, "managed-integrations/secrets", {**SECRET, "secretString": text})
        self.connector = self.client.create_cloud_connector(
            Name="Maker", EndpointConfig={"lambda": {"arn": "replenish-connector"}}, EndpointType="LAMBDA"
        )["Id"]
        self.destination = self.client.create_connector_destination(
            CloudConnectorId=self.connector,
            Name="Maker",
            AuthType="OAUTH",
            AuthConfig={
                "oAuth": {
                    "authUrl": "https://auth.example/authorize",
                    "tokenUrl": third.url + "/token",
                    "scope": "devices:read devices:identify",
                    "tokenEndpointAuthenticationScheme": scheme,
                    "oAuthCompleteRedirectUrl": complete,
                }
            },
            SecretsManager=SECRET,
        )["Id"]

    def associate(self, **further):
        made = self.client.create_account_association(ConnectorDestinationId=self.destination, **further)
        return made["AccountAssociationId"], made["OAuthAuthorizationUrl"]

    def consent(self, url, user=None, denied=None):
        """What browser, owner and authorization server do; the address where the browser ends."""
        query = dict(parse_qsl(urlsplit(url).query, strict_parsing=True))
        back = {"state": query["state"]}
        back.update(denied or {"code": self.third.issue_code(query, user or self.user)})
        reply = self.emulator.session().get(
            query["redirect_uri"], params=back, allow_redirects=False, timeout=30
        )
        assert reply.status_code == 303, reply.text
        return reply.headers["Location"]

    def link(self):
        association, url = self.associate()
        assert self.consent(url) == COMPLETE
        assert self.state(association) == "ASSOCIATION_SUCCEEDED"
        return association

    def get(self, association):
        return self.client.get_account_association(AccountAssociationId=association)

    def state(self, association):
        return self.get(association)["AssociationState"]

    def event(self, operation, **further):
        return self.client.send_connector_event(
            ConnectorId=self.connector, UserId=self.user, Operation=operation, OperationVersion="1.0", **further
        )

    def discover(self, association):
        search = self.client.start_device_discovery(DiscoveryType="CLOUD", AccountAssociationId=association)["Id"]
        envelope = eventually(
            "DiscoverDevices",
            lambda: [
                call for call in self.third.envelopes if call["payload"].get("deviceDiscoveryId") == search
            ],
        )[0]
        assert envelope["payload"]["operationName"] == "AWS.DiscoverDevices"
        self.event(
            "DEVICE_DISCOVERY",
            StatusCode=200,
            Message="found",
            DeviceDiscoveryId=search,
            Devices=[
                {"ConnectorDeviceId": "dev1", "ConnectorDeviceName": "CoffeeMaker-9000", "CapabilityReport": REPORT}
            ],
        )
        assert self.client.get_device_discovery(Identifier=search)["Status"] == "SUCCEEDED"
        return search, self.client.list_discovered_devices(Identifier=search)["Items"]

    def notified(self, kind, **members):
        return [
            notification
            for notification in seen(self.emulator)["notifications"]
            if notification["messageType"] == kind and members.items() <= notification["payload"].items()
        ]


@pytest.fixture
def third():
    third = ThirdParty()
    yield third
    third.end()


@pytest.fixture
def customer(emulator, third):
    return Customer(emulator, third)


def refusal(code, work):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        work()
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response


@pytest.mark.parametrize("scheme", ["HTTP_BASIC", "REQUEST_BODY_CREDENTIALS"])
def test_whole_way(emulator, third, scheme):
    """Association, authorization, ActivateUser, discovery, command, refresh, deletion."""
    customer = Customer(emulator, third, scheme)
    client = customer.client
    association, url = customer.associate(Name="Kitchen", Tags={"room": "kitchen"})
    assert association.isalnum() and len(url) <= 1024 and url.startswith("https://")
    assert customer.state(association) == "ASSOCIATION_IN_PROGRESS"
    assert customer.consent(url) == COMPLETE
    found = customer.get(association)
    assert found["AssociationState"] == "ASSOCIATION_SUCCEEDED" and "ErrorMessage" not in found
    assert found["Name"] == "Kitchen" and found["Tags"] == {"room": "kitchen"} and found["OAuthAuthorizationUrl"] == ""
    [activation] = third.calls("AWS.ActivateUser")
    assert activation["payload"]["connectorId"] == customer.connector
    assert third.access[activation["header"]["auth"]["token"]] == customer.user

    search, [device] = customer.discover(association)
    assert device["ConnectorDeviceId"] == "dev1" and device["Modification"] == "DISCOVERED"
    thing = client.create_managed_thing(
        Role="DEVICE",
        AuthenticationMaterialType="DISCOVERED_DEVICE",
        AuthenticationMaterial=device["AuthenticationMaterial"],
    )["Id"]
    names = {"ManagedThingId": thing, "AccountAssociationId": association}
    assert client.register_account_association(DeviceDiscoveryId=search, **names)["ManagedThingId"] == thing
    [item] = client.list_managed_thing_account_associations(**names)["Items"]
    assert item["ManagedThingAssociationStatus"] == "ASSOCIATED"

    trace = client.send_managed_thing_command(
        ManagedThingId=thing, AccountAssociationId=association, Endpoints=[IDENTIFY]
    )["TraceId"]
    [command] = eventually("SendCommand", lambda: third.calls("AWS.SendCommand"))
    assert command["payload"]["traceId"] == trace and command["payload"]["connectorDeviceId"] == "dev1"
    customer.event(
        "DEVICE_COMMAND_RESPONSE",
        StatusCode=200,
        TraceId=trace,
        MatterEndpoint={"id": "1", "clusters": [{"id": "0x0003", "commands": {"0x00": {}}}]},
    )
    assert len(customer.notified("DEVICE_COMMAND", traceId=trace, statusCode=200)) == 1

    # The refresh token turns at each use; the service must keep the newest.
    for _ in range(2):
        control(emulator, "settings", {"clockSkewSeconds": 4000 + 4000 * _})
        customer.discover(association)
    control(emulator, "settings", {"clockSkewSeconds": 0})
    assert [form["grant_type"] for form in third.token_requests] == ["authorization_code"] + 2 * ["refresh_token"]

    refusal("ValidationException", lambda: client.delete_account_association(AccountAssociationId=association))
    refusal("ConflictException", lambda: client.delete_managed_thing(Identifier=thing))
    client.deregister_account_association(**names)
    client.delete_managed_thing(Identifier=thing)
    client.delete_account_association(AccountAssociationId=association)
    eventually("DeactivateUser", lambda: third.calls("AWS.DeactivateUser"))
    assert customer.user not in third.access.values() and customer.user not in third.refresh.values()

    def is_gone():
        try:
            return customer.state(association) is None
        except client.exceptions.ResourceNotFoundException:
            return True

    eventually("the association is gone", is_gone)
    refusal("ResourceNotFoundException", lambda: customer.event("DEVICE_EVENT", ConnectorDeviceId="dev1"))


def test_denied(customer):
    association, url = customer.associate()
    end = customer.consent(url, denied={"error": "access_denied", "error_description": "The owner said: no."})
    query = parse_qs(urlsplit(end).query)
    assert end.startswith(COMPLETE) and query["error"] == ["access_denied"]
    assert query["error_description"] == ["The owner said no"]
    found = customer.get(association)
    assert (found["AssociationState"], found["ErrorMessage"]) == ("ASSOCIATION_FAILED", "The owner said no")
    assert not customer.third.envelopes


@pytest.mark.parametrize(
    "fault", [(503, {}), (400, {"error": "invalid_grant"}), (200, {"access_token": "Atza|x", "token_type": "bearer"})]
)
def test_token_endpoint_fails(customer, fault):
    customer.third.token_fault = fault
    association, url = customer.associate()
    assert "error=" in customer.consent(url)
    assert customer.state(association) == "ASSOCIATION_FAILED" and not customer.third.envelopes
    customer.third.token_fault = None
    again = customer.client.start_account_association_refresh(AccountAssociationId=association)
    assert set(again) == {"OAuthAuthorizationUrl", "ResponseMetadata"}
    assert customer.state(association) == "ASSOCIATION_IN_PROGRESS"
    assert customer.consent(again["OAuthAuthorizationUrl"]) == COMPLETE
    assert customer.state(association) == "ASSOCIATION_SUCCEEDED"


def test_slow_connector(customer):
    """Two seconds for each try; what comes later counts for nothing, and the same is asked again."""
    customer.third.connect = customer.third.slow(2)
    customer.link()
    assert len(customer.third.calls("AWS.ActivateUser")) == 3


def test_connector_that_breaks(customer):
    customer.third.connect = lambda envelope: (500, {})
    association, url = customer.associate()
    assert parse_qs(urlsplit(customer.consent(url)).query)["error"] == ["server_error"]
    assert len(customer.third.calls("AWS.ActivateUser")) == 6
    [report] = customer.notified("CONNECTOR_ERROR_REPORT", connectorDestinationId=customer.destination)
    assert report["payload"]["resourceId"] == [association] and "traceId" not in report["payload"]


@pytest.mark.parametrize("reply", [answer(403, "not yours"), answer(), answer(userId="auth0|1"), answer(userId="x" * 65)])
def test_activate_user_refused(customer, reply):
    """A refusal is an answer: it is not asked again. A userId out of its pattern would fail later, so it fails now."""
    customer.third.connect = lambda envelope: reply
    association, url = customer.associate()
    assert "error=server_error" in customer.consent(url)
    assert customer.state(association) == "ASSOCIATION_FAILED"
    assert len(customer.third.envelopes) == 1


def test_revoked_grant(customer):
    """The owner ended it at the maker: the next use finds out, and only linking again helps."""
    association = customer.link()
    customer.third.access.clear()
    customer.third.refresh.clear()
    search = customer.client.start_device_discovery(DiscoveryType="CLOUD", AccountAssociationId=association)["Id"]
    status = lambda: customer.client.get_device_discovery(Identifier=search)["Status"]  # noqa: E731
    eventually("the search fails", lambda: status() == "FAILED")
    [report] = customer.notified("CONNECTOR_ERROR_REPORT", operation="AWS.DiscoverDevices", statusCode=401)
    assert report["payload"]["message"].startswith("Connector response exception: responseCode=401")
    control(customer.emulator, "settings", {"clockSkewSeconds": 4000})
    try:
        customer.client.start_device_discovery(DiscoveryType="CLOUD", AccountAssociationId=association)
        eventually("it is noticed", lambda: customer.state(association) == "REFRESH_TOKEN_EXPIRED")
        refusal(
            "ConflictException",
            lambda: customer.client.start_device_discovery(DiscoveryType="CLOUD", AccountAssociationId=association),
        )
        again = customer.client.start_account_association_refresh(AccountAssociationId=association)
        assert customer.consent(again["OAuthAuthorizationUrl"]) == COMPLETE
        assert customer.state(association) == "ASSOCIATION_SUCCEEDED"
    finally:
        control(customer.emulator, "settings", {"clockSkewSeconds": 0})


def test_general_authorization(customer):
    customer.client.update_connector_destination(
        Identifier=customer.destination,
        AuthConfig={
            "GeneralAuthorizationUpdate": {
                "AuthMaterialsToAdd": [{"SecretsManager": SECRET, "AuthMaterialName": "own"}]
            }
        },
    )
    association, url = customer.associate(GeneralAuthorization={"AuthMaterialName": "own"})
    assert url == ""
    eventually("it is refused", lambda: customer.state(association) == "ASSOCIATION_FAILED")
    [envelope] = customer.third.envelopes
    assert envelope["header"]["auth"] == {"type": "GeneralAuthorization", "secretsManager": SECRET}


def test_idempotent_creation(customer):
    token = secrets.token_hex(8)
    first, _ = customer.associate(ClientToken=token)
    assert customer.associate(ClientToken=token)[0] == first
    refusal("ConflictException", lambda: customer.associate(ClientToken=token, Name="other"))


def test_limits_come_from_botocores_own_model(customer):
    """For texts that the model bounds: the longest is taken, one character more is not, nor is a sign out of pattern."""
    shapes = customer.client.meta.service_model._shape_resolver._shape_map
    good = {
        "Name": ("AccountAssociationName", "a", "a.b"),
        "Description": ("AccountAssociationDescription", "a", "a:b"),
        "ClientToken": ("ClientToken", "a", "a b"),
    }
    for member, (shape, letter, odd) in good.items():
        most = shapes[shape]["max"]
        customer.associate(**{member: letter * most})
        refusal("ValidationException", lambda: customer.associate(**{member: letter * (most + 1)}))
        message = refusal("ValidationException", lambda: customer.associate(**{member: odd}))["Error"]["Message"]
        assert message.startswith(member)
    event = {
        "UserId": ("ThirdPartyUserId", "auth0|1"),
        "OperationVersion": ("ConnectorEventOperationVersion", "v1"),
        "Message": ("ConnectorEventMessage", "a: b"),
        "DeviceDiscoveryId": ("DeviceDiscoveryId", "a-b"),
        "ConnectorDeviceId": ("ConnectorDeviceId", "a b"),
        "TraceId": ("TraceId", "a/b"),
    }
    for member, (shape, odd) in event.items():
        for text in (odd, "1" * (shapes[shape]["max"] + 1)):
            values = {"ConnectorId": customer.connector, "Operation": "DEVICE_EVENT", member: text}
            message = refusal("ValidationException", lambda: customer.client.send_connector_event(**values))
            assert message["Error"]["Message"].startswith(member), message
    # Below the least botocore itself says no.
    refusal("ValidationException", lambda: customer.event("DEVICE_EVENT", StatusCode=551))


def test_errors_are_read_by_botocore(customer):
    client = customer.client
    missing = refusal("ResourceNotFoundException", lambda: client.get_account_association(AccountAssociationId="none"))
    assert missing["ResponseMetadata"]["HTTPStatusCode"] == 404 and missing["ResourceId"] == "none"
    control(customer.emulator, "faults", {"operation": "managed", "kind": "status", "status": 429})
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client.list_cloud_connectors()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    ids = set()
    for _ in range(3):
        ids.add(customer.associate()[0])
    pages = [
        client.list_account_associations(ConnectorDestinationId=customer.destination, MaxResults=2),
    ]
    while token := pages[-1].get("NextToken"):
        pages.append(
            client.list_account_associations(
                ConnectorDestinationId=customer.destination, MaxResults=2, NextToken=token
            )
        )
    assert {item["AccountAssociationId"] for page in pages for item in page["Items"]} == ids and len(pages) == 2


def test_unsigned(customer):
    reply = customer.emulator.session().get(customer.emulator.at("/cloud-connectors"), timeout=TIMEOUT)
    assert reply.status_code == 403 and reply.headers["x-amzn-errortype"] == "AccessDeniedException"
