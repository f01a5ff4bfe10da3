"""The maker's cloud as authorization server, resource server and connector: botocore at the stand-in, an owner's browser."""

import json
import os
import pathlib
import time

import pytest
import requests

from cloud import StartedCloud
from managed_integrations_test import COMPLETE, SECRET, connect, control, eventually, seen

CALLBACK = "/managed-integrations/callback"


class LinkedCloud(StartedCloud):
    """A cloud with a connector, whose events go to the emulator, signed with credentials of the environment."""

    environment = {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }

    def __init__(self, program, emulator):
        self.emulator = emulator
        super().__init__(program)

    def further(self):
        scopes = ["--scope", "devices:read", "--scope", "devices:identify"]
        self.client, self.secret = self.add_client(
            "--name", "Smart home", "--redirect-uri", self.emulator.at(CALLBACK), *scopes
        )
        authorities = self.folder / "authorities.pem"
        authorities.write_text(pathlib.Path(self.ca).read_text() + pathlib.Path(self.emulator.ca).read_text())
        connector = ["--connector-port", "0", "--connector-client", self.client]
        return [*connector, "--connector-service", self.emulator.url, "--amazon-ca", str(authorities)]


@pytest.fixture(scope="module")
def linked(request, emulator):
    program = request.config.getoption("--cloud")
    if not program:
        pytest.skip("needs --cloud PATH")
    cloud = LinkedCloud(os.path.abspath(program), emulator)
    request.addfinalizer(cloud.end)
    settings = {"connectorURL": f"http://127.0.0.1:{cloud.ports[2]}/connector", "requiresBase64Tokens": True}
    control(emulator, "managed-integrations/settings", settings)
    text = json.dumps({"clientId": cloud.client, "clientSecret": cloud.secret})
    control(emulator, "managed-integrations/secrets", {**SECRET, "secretString": text})
    return cloud


class Home:
    """An owner with a device, and a customer of managed integrations whose destination is the cloud."""

    def __init__(self, cloud, name, scheme="HTTP_BASIC"):
        self.cloud, self.client = cloud, connect(cloud.emulator)
        self.browser = cloud.sign_in(cloud.sign_up(f"{name}@example.com"))
        self.serial = "SN" + name
        cloud.claimed_device(self.browser, self.serial)
        # localhost has no dot, and so does not fit the pattern of authUrl.
        address = cloud.url.replace("localhost", "127.0.0.1")
        connector = self.client.create_cloud_connector(Name="Maker", EndpointConfig={"lambda": {"arn": "f"}})["Id"]
        self.destination = self.client.create_connector_destination(
            CloudConnectorId=connector,
            AuthConfig={
                "oAuth": {
                    "authUrl": address + "/authorize",
                    "tokenUrl": address + "/token",
                    "scope": "devices:read devices:identify",
                    "tokenEndpointAuthenticationScheme": scheme,
                    "oAuthCompleteRedirectUrl": COMPLETE,
                }
            },
            SecretsManager=SECRET,
        )["Id"]

    def walk(self, url, consent=True):
        """The owner's browser, through the cloud and the stand-in; where it ends."""
        callback = self.cloud.emulator.at(CALLBACK)
        back = self.browser.authorize(url.replace("127.0.0.1", "localhost"), callback, consent=consent)
        assert isinstance(back, str), back.text
        reply = self.cloud.emulator.session().get(back, allow_redirects=False, timeout=30)
        assert reply.status_code == 303, reply.text
        return reply.headers["Location"]

    def link(self):
        made = self.client.create_account_association(ConnectorDestinationId=self.destination)
        assert self.walk(made["OAuthAuthorizationUrl"]) == COMPLETE
        assert self.state(made["AccountAssociationId"]) == "ASSOCIATION_SUCCEEDED"
        return made["AccountAssociationId"]

    def state(self, association):
        return self.client.get_account_association(AccountAssociationId=association)["AssociationState"]

    def search(self, association):
        search = self.client.start_device_discovery(DiscoveryType="CLOUD", AccountAssociationId=association)["Id"]

        def status():
            found = self.client.get_device_discovery(Identifier=search)["Status"]
            return found != "RUNNING" and found

        return search, eventually("the search is over", status)

    def devices(self, association):
        search, status = self.search(association)
        assert status == "SUCCEEDED", self.cloud.text()
        return self.client.list_discovered_devices(Identifier=search)["Items"]

    def apps(self):
        return self.browser.session.get(self.cloud.at("/apps"), timeout=10).text


@pytest.mark.parametrize("scheme", ["HTTP_BASIC", "REQUEST_BODY_CREDENTIALS"])
def test_link_discover_refresh_unlink(linked, scheme):
    home, neighbour = Home(linked, "owner" + scheme[:4].lower(), scheme), Home(linked, "next" + scheme[:4].lower())
    association, other = home.link(), neighbour.link()
    assert "Smart home" in home.apps()
    [device] = home.devices(association)
    assert device["ConnectorDeviceName"] == "CoffeeMaker-9000" and home.serial not in device["ConnectorDeviceId"]
    [theirs] = neighbour.devices(other)
    assert theirs["ConnectorDeviceId"] != device["ConnectorDeviceId"]
    control(linked.emulator, "settings", {"clockSkewSeconds": 4000})
    try:
        [again] = home.devices(association)
        assert again["ConnectorDeviceId"] == device["ConnectorDeviceId"]
    finally:
        control(linked.emulator, "settings", {"clockSkewSeconds": 0})
    home.client.delete_account_association(AccountAssociationId=association)

    def is_gone():
        try:
            return home.state(association) is None
        except home.client.exceptions.ResourceNotFoundException:
            return True

    eventually("the association is gone", is_gone)
    assert "Smart home" not in home.apps() and "Smart home" in neighbour.apps()
    log = linked.text()
    for secret in (linked.secret, linked.environment["AWS_SECRET_ACCESS_KEY"]):
        assert secret not in log


def test_denied(linked):
    home = Home(linked, "denies")
    made = home.client.create_account_association(ConnectorDestinationId=home.destination)
    end = home.walk(made["OAuthAuthorizationUrl"], consent=False)
    assert end.startswith(COMPLETE + "&error=access_denied&error_description=")
    assert home.state(made["AccountAssociationId"]) == "ASSOCIATION_FAILED"
    assert "Smart home" not in home.apps()


def test_owner_ends_it(linked):
    """On the cloud's own page: nothing more leaves, and only linking again helps."""
    home = Home(linked, "ends")
    association = home.link()
    linked.submit(home.browser, "/apps", action=None)
    eventually("the app is gone", lambda: "Smart home" not in home.apps())
    assert home.search(association)[1] == "FAILED"
    reports = [note for note in seen(linked.emulator)["notifications"] if note["payload"].get("statusCode") == 401]
    assert any(note["payload"]["operation"] == "AWS.DiscoverDevices" for note in reports)
    again = home.client.start_account_association_refresh(AccountAssociationId=association)
    assert home.walk(again["OAuthAuthorizationUrl"]) == COMPLETE
    assert len(home.devices(association)) == 1


def test_events_stop_with_the_grant(linked):
    """An event that waits for the service is dropped when the owner ends the grant meanwhile."""
    home = Home(linked, "waits")
    association = home.link()
    control(linked.emulator, "faults", {"operation": "SendConnectorEvent", "kind": "status", "status": 503, "times": 3})
    search = home.client.start_device_discovery(DiscoveryType="CLOUD", AccountAssociationId=association)["Id"]
    eventually("one try was made", lambda: "503" in linked.text())
    linked.submit(home.browser, "/apps", action=None)
    eventually("it is dropped", lambda: "dropped, the grant is gone" in linked.text())
    linked.emulator.session().delete(linked.emulator.at("/emulator/faults"), timeout=10)
    time.sleep(3)
    assert home.client.get_device_discovery(Identifier=search)["Status"] == "RUNNING"


def test_connector_listens_to_nobody_else(linked):
    """Without a token of the client the connector says 401, and it is not on the port of the pages."""
    envelope = {
        "header": {"auth": {"type": "OAuth2.0", "token": "bm9ib2R5"}},
        "payload": {"operationName": "AWS.ActivateUser", "operationVersion": "1.0", "connectorId": "c"},
    }
    session = requests.Session()
    session.trust_env = False
    reply = session.post(f"http://127.0.0.1:{linked.ports[2]}/connector", json=envelope, timeout=10)
    assert reply.status_code == 200 and reply.json()["header"]["responseCode"] == 401
    assert linked.session().post(linked.at("/connector"), json=envelope, timeout=10).status_code in (400, 404, 405)
