"""The pages of the local Amazon in Chromium: login, consent, a device's code, the overview, and the customer's
application of managed integrations with the maker's cloud behind it."""

import re
from urllib.parse import urlencode

import botocore.session
import pytest

from amazon import CLIENT_ID, FIRST, PASSWORD, Amazon
from cloud import EMULATOR_OPTIONS, free_port
from processes import wait_until
from visitor import sign_in_at_amazon, sign_up

RETURN = "http://127.0.0.1/callback"
CALLBACK = "/managed-integrations/callback"


@pytest.fixture
def amazon(request, tmp_path):
    """One of the test's own, since too many wrong passwords are too many for everybody."""
    amazon = Amazon(request.config.getoption("--emulator"), tmp_path, [*EMULATOR_OPTIONS, "--allow-http-authorization"])
    yield amazon
    amazon.close()


def authorize(amazon, change=lambda text: text, **other):
    data = '{"dash:replenish":{"device_model":"TestBrewer","serial":"PAGES1","is_test_device":true}}'
    words = {"client_id": CLIENT_ID, "response_type": "code", "scope": "dash:replenish", "scope_data": data}
    words |= {"redirect_uri": RETURN, "state": "here", "code_challenge_method": "S256", "code_challenge": "A" * 43}
    words = {key: value for key, value in (words | other).items() if value is not None}
    return f"{amazon.url}/ap/oa?{change(urlencode(words))}"


def forge(walk):
    """Makes the page's forms those of another site."""
    walk.page.locator("input[name=csrf]").evaluate_all("fields => fields.forEach(field => field.value = 'forged')")


def test_login_and_consent(walk, amazon):
    walk.go(authorize(amazon), "sign in at amazon")
    sign_in_at_amazon(walk, "sign in refused at amazon", FIRST, "not this one")
    sign_in_at_amazon(walk, "consent", FIRST, PASSWORD)
    walk.press("Not you?", "sign in as another")
    sign_in_at_amazon(walk, None, FIRST, PASSWORD)
    walk.lose_cookies()
    walk.press("Allow", "start again")
    for name, change in {
        "no client": {"client_id": None},
        "unknown client": {"client_id": CLIENT_ID + "x"},
        "no return address": {"redirect_uri": None},
        "another return address": {"redirect_uri": "https://elsewhere.example/"},
    }.items():
        assert "Cannot continue" in walk.go(authorize(amazon, **change), name)
    walk.go(authorize(amazon, lambda text: text + "&more=%zz"), "garbled address")
    walk.page.goto(authorize(amazon))
    while "Too many tries" not in walk.text():
        sign_in_at_amazon(walk, None, FIRST, "not this one")
    sign_in_at_amazon(walk, "too many tries", FIRST, PASSWORD)


def code_of_a_device(amazon):
    data = '{"dash:replenish":{"device_model":"TestBrewer","serial":"PAGES2","is_test_device":true}}'
    words = {"response_type": "device_code", "client_id": CLIENT_ID, "scope": "dash:replenish", "scope_data": data}
    with amazon.opener.open(amazon.url + "/auth/o2/create/codepair", urlencode(words).encode(), timeout=20) as answer:
        return re.search(r'"user_code" ?: ?"([^"]+)"', answer.read().decode())[1]


def test_a_code_that_a_device_shows(walk, amazon):
    walk.go(amazon.url + "/code", "sign in for a device")
    sign_in_at_amazon(walk, "code", FIRST, PASSWORD)
    walk.press("Continue", "wrong code", Code="AAAA11")
    for button in ("Allow", "Refuse"):
        walk.page.goto(amazon.url + "/code")
        walk.press("Continue", f"consent to {button}", Code=code_of_a_device(amazon))
        walk.press(button, f"pressed {button}")
    walk.page.goto(amazon.url + "/code")
    while "Too many wrong codes" not in walk.text():
        walk.press("Continue", None, Code="AAAA11")
    walk.press("Continue", "too many codes", Code="AAAA11")


def test_the_overview(walk, amazon, new_device):
    walk.go(amazon.url + "/", "nothing yet")
    device = new_device().start().link()
    device.press()
    assert device.settled()["state"] == "test-ordered"
    assert "processing (test)" in walk.go(amazon.url + "/", "an order")
    assert "delivered (test)" in walk.press("Deliver", "delivered")
    amazon.deliver()
    device.press()
    assert device.settled()["state"] == "test-ordered"
    walk.page.goto(amazon.url + "/")
    forge(walk)
    walk.press("Deliver", "form of another site")
    # A name for this machine that is not the emulator's own.
    for path in ("/", "/customer-app"):
        walk.go(amazon.url.replace("localhost", "elsewhere.localhost") + path, f"not here {path.strip('/')}")


SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:destination-AbCdEf"
SECRET_VERSION = "0123456789abcdef0123456789abcdef"


class Home:
    """The cloud with a connector, and a service of managed integrations that knows it."""

    def __init__(self, cloud, amazon):
        self.cloud, self.amazon = cloud, amazon
        # A host without a dot is none that the service takes.
        cloud.url = cloud.url.replace("localhost", "127.0.0.1")
        storage = ["--database", cloud.database, "--keys", cloud.keys]
        scopes = ["--scope", "devices:read", "--scope", "devices:identify"]
        said = cloud.run(
            *("client", "add", *storage, "--name", "Smart home", "--redirect-uri", amazon.url + CALLBACK, *scopes)
        )
        self.client, secret = (re.search(rf"client {word}: +(\S+)", said)[1] for word in ("id", "secret"))
        port = free_port()
        cloud.options = ["--downlink", "--connector-port", port, "--connector-client", self.client]
        cloud.options += ["--connector-service", amazon.url]
        cloud.start()
        amazon.ask("POST", "managed-integrations/settings", {"connectorURL": f"http://127.0.0.1:{port}/connector"})
        text = f'{{"clientId":"{self.client}","clientSecret":"{secret}"}}'
        where = {"arn": SECRET_ARN, "versionId": SECRET_VERSION}
        amazon.ask("POST", "managed-integrations/secrets", where | {"secretString": text})
        self.service = botocore.session.Session().create_client(
            *("iot-managed-integrations", "us-east-1"), endpoint_url=amazon.url, verify=str(amazon.ca)
        )
        endpoint = {"lambda": {"arn": "replenish-connector"}}
        self.connector = self.service.create_cloud_connector(Name="Maker", EndpointConfig=endpoint)["Id"]

    def add_destination(self, name, complete):
        self.service.create_connector_destination(
            CloudConnectorId=self.connector,
            Name=name,
            AuthConfig={
                "oAuth": {
                    "authUrl": self.cloud.url + "/authorize",
                    "tokenUrl": self.cloud.url + "/token",
                    "scope": "devices:read devices:identify",
                    "tokenEndpointAuthenticationScheme": "HTTP_BASIC",
                    "oAuthCompleteRedirectUrl": complete,
                }
            },
            SecretsManager={"arn": SECRET_ARN, "versionId": SECRET_VERSION},
        )


@pytest.fixture
def home(new_cloud, amazon, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-stand-in")
    return Home(new_cloud(), amazon)


def test_the_customers_application(walk, home, amazon, new_cloud_device):
    app = amazon.url + "/customer-app"
    walk.go(app, "no destination")
    home.add_destination("Maker", app)
    walk.go(app, "a destination")
    walk.press("Link Maker", "sign in to link")
    sign_up(walk, home.cloud)
    device = new_cloud_device(home.cloud)
    device.sections["cloud"]["downlink"] = "yes"
    device.start()
    device.hold()
    walk.page.goto(home.cloud.url + "/claim")
    maker = home.cloud.maker
    walk.press("Add it", None, **{"Serial number": maker.serial, "Claim code": maker.claim_code})

    walk.page.goto(app)
    walk.press("Link Maker", "consent to the smart home")
    assert "access_denied" in walk.press("Refuse", "refused")
    amazon.script("invoke.ActivateUser", "garbage", times=10)
    walk.press("Link Maker", None)
    walk.press("Allow", "the connector failed")
    assert "ASSOCIATION_FAILED" in walk.text()
    amazon.clear_script()
    walk.press("Link again", None)
    assert "ASSOCIATION_SUCCEEDED" in walk.press("Allow", "linked")
    walk.press("Find devices", None)

    def is_found():
        walk.page.goto(app)
        return "Identify" in walk.text()

    wait_until("the device is found", is_found)
    walk.go(app, "found")
    stale = walk.second_tab()
    walk.press(re.compile("Identify"), None)
    wait_until("it has blinked", lambda: walk.page.goto(app) and "Command: 200" in walk.text())
    walk.go(app, "identified")
    walk.press("Unlink", "unlinking")
    wait_until("it is unlinked", lambda: walk.page.goto(app) and "Unlink" not in walk.text())
    walk.page = stale
    walk.press(re.compile("Identify"), "not done")
    walk.page.goto(app)
    forge(walk)
    walk.press("Link Maker", "form of another site")


def test_an_application_without_an_address(walk, home, amazon):
    app = amazon.url + "/customer-app"
    sign_up(walk, home.cloud)
    home.add_destination("Nowhere", "about:blank")
    walk.page.goto(app)
    walk.press("Link Nowhere", None)
    walk.press("Allow", "linked")
    walk.page.goto(app)
    walk.press("Link again", None)
    walk.press("Refuse", "not linked")
    walk.page.reload()
    walk.go(amazon.url + CALLBACK + "?state=nothing&code=nothing", "address of nobody")
