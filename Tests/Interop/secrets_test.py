"""`replenish-cloud token` between moto, which checks signatures and policies, and the emulator."""

import fnmatch
import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.session
import pytest

from emulator import TIMEOUT
from parties import SECRET, WEB_CLIENT
from secrets_scene import (
    REGION,
    Gate,
    Machine,
    Moto,
    MotoServer,
    Passage,
    Scene,
    client,
    document,
    free_port,
    refresh_token,
    refreshes,
)

README = pathlib.Path(__file__).resolve().parents[2] / "Examples/Cloud/README.md"


@pytest.fixture(scope="session")
def cloud(request):
    """The program beside the emulator."""
    emulator = request.config.getoption("--emulator")
    if not emulator:
        pytest.skip("needs --emulator PATH, with replenish-cloud beside it")
    return pathlib.Path(emulator).resolve().with_name("replenish-cloud")


@pytest.fixture
def scene(tmp_path, cloud, hasty_emulator):
    """With the emulator that gives another refresh token each time, and for a while takes the one before."""
    found = Scene(tmp_path, cloud, hasty_emulator)
    yield found
    found.end()


@pytest.fixture
def calm(tmp_path, cloud, emulator):
    """With the emulator that gives the same refresh token back, and access tokens for an hour."""
    found = Scene(tmp_path, cloud, emulator)
    yield found
    found.end()


# The way through


def test_token_and_nothing_else(calm):
    machine = calm.machine()
    first = machine.token()
    assert calm.gate.operations() == [("GetSecretValue", 200)]
    count = refreshes(calm.emulator)
    assert machine.token() == first and refreshes(calm.emulator) == count
    assert len(calm.gate.calls) == 1, "a token that is kept needs neither service"
    assert machine.token("--fresh") != first and refreshes(calm.emulator) == count + 1
    assert calm.puts() == [], "a refresh token that stays the same is not written"
    for name, mode in (("default.json.state", 0o700), ("default.json.state/token.json", 0o600)):
        assert stat.S_IMODE((machine.folder / name).stat().st_mode) == mode, name


def test_botocore_signs_the_same(calm):
    machine = calm.machine()
    machine.token()
    call = calm.gate.calls[0]
    sent = {name.lower(): value for name, value in call["headers"].items()}
    signed = re.search(r"SignedHeaders=([^,]+)", sent["authorization"])[1].split(";")
    assert signed == ["content-type", "host", "x-amz-date", "x-amz-target"]
    request = botocore.awsrequest.AWSRequest(
        "POST", calm.gate.url + call["path"], {name: sent[name] for name in signed}, call["body"]
    )
    request.context["timestamp"] = sent["x-amz-date"]
    keys = botocore.credentials.Credentials(calm.moto.key, calm.moto.secret)
    signer = botocore.auth.SigV4Auth(keys, "secretsmanager", REGION)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert sent["authorization"].endswith("Signature=" + signer.signature(text, request))
    assert json.loads(call["body"]) == {"SecretId": "lwa-oauth", "VersionStage": "AWSCURRENT"}


def test_rotated_token_goes_back_and_nothing_else_changes(scene):
    machine = scene.machine()
    machine.token()
    assert scene.gate.operations() == [("GetSecretValue", 200), ("PutSecretValue", 200)]
    after = scene.moto.value()
    now = json.loads(after)["lwa-refresh-token"]
    assert now != scene.token and after == scene.document.replace(scene.token, now)
    assert machine.journals() == []
    token = json.loads(scene.gate.calls[1]["body"])["ClientRequestToken"]
    current = scene.moto.reader.get_secret_value(SecretId="lwa-oauth")
    assert current["VersionId"] == token and 32 <= len(token) <= 64
    machine.token("--fresh")
    assert scene.puts() == [200, 200]


# Two at once, and a cut


def test_two_machines_at_once_one_write_and_no_loss(scene):
    barrier = threading.Barrier(2, timeout=TIMEOUT)

    def between(call):
        if call["operation"] == "PutSecretValue":
            barrier.wait()  # both have read the same version, and both have a new refresh token

    scene.gate.between = between
    machines = [scene.machine(), scene.machine()]
    ends = [(process, process.communicate(timeout=60)) for process in [machine.start() for machine in machines]]
    scene.gate.between = None
    for process, (out, err) in ends:
        assert process.returncode == 0 and out.startswith("Atza|") and err == "", err
    assert sorted(scene.puts()) == [200, 400]
    written = [json.loads(call["body"]) for call in scene.gate.calls if call["operation"] == "PutSecretValue"]
    assert written[0]["ClientRequestToken"] == written[1]["ClientRequestToken"]
    done = next(call for call in scene.gate.calls if (call["operation"], call["status"]) == ("PutSecretValue", 200))
    assert scene.moto.value() == json.loads(done["body"])["SecretString"]
    for machine in machines:
        assert machine.journals() == []
        machine.token("--fresh")


def test_many_processes_of_one_machine_refresh_once(calm):
    machine = calm.machine()
    count = refreshes(calm.emulator)
    ends = [process.communicate(timeout=60) for process in [machine.start() for _ in range(8)]]
    assert len({out for out, _ in ends}) == 1 and ends[0][0].startswith("Atza|"), ends
    assert refreshes(calm.emulator) == count + 1
    assert [operation for operation, _ in calm.gate.operations()] == ["GetSecretValue"]


@pytest.mark.parametrize("arrives", [False, True], ids=["before-it-arrives", "before-its-answer"])
def test_killed_between_journal_and_put(scene, arrives):
    machine, running = scene.machine(), []

    def between(call):
        if call["operation"] != "PutSecretValue":
            return None
        if arrives:
            scene.moto.reader.put_secret_value(**json.loads(call["body"]))
        os.kill(running[0].pid, signal.SIGKILL)
        return "cut"

    scene.gate.between = between
    running.append(machine.start())
    out, _ = running[0].communicate(timeout=60)
    assert running[0].returncode == -signal.SIGKILL and out == ""
    [journal] = machine.journals()
    noted = json.loads(journal.read_text())["refreshToken"]
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600 and noted != scene.token
    on_record = json.loads(scene.moto.value())["lwa-refresh-token"]
    assert on_record == (noted if arrives else scene.token)

    scene.gate.between = None
    time.sleep(3)  # longer than the emulator takes the token before: only the journal's works now
    scene.gate.calls.clear()
    machine.token()
    assert scene.puts() == ([200] if arrives else [200, 200])
    if not arrives:
        first = next(call for call in scene.gate.calls if call["operation"] == "PutSecretValue")
        assert json.loads(json.loads(first["body"])["SecretString"])["lwa-refresh-token"] == noted
    assert machine.journals() == []
    now = json.loads(scene.moto.value())["lwa-refresh-token"]
    assert now not in (scene.token, noted)
    assert scene.moto.value() == scene.document.replace(scene.token, now)


# What goes wrong


def refused(machine, status, *words, options=()):
    found, out, err = machine.run(*options)
    assert (found, out) == (status, ""), err
    assert err.count("\n") == 1 and err.startswith("replenish-cloud token: "), err
    for word in words:
        assert word in err, err
    secrets = [SECRET, *re.findall(r"Atz[ar]\|[!-~]{20,}", err)]
    assert not any(secret in err for secret in secrets), err
    return err


def test_moto_refuses_what_is_signed_or_allowed_wrongly(calm):
    machine = calm.machine()
    secret = machine.variables["AWS_SECRET_ACCESS_KEY"]
    machine.variables["AWS_SECRET_ACCESS_KEY"] = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    refused(machine, 77, "SignatureDoesNotMatch")
    machine.variables["AWS_SECRET_ACCESS_KEY"] = secret
    machine.variables["AWS_ACCESS_KEY_ID"] = "AKIAUNKNOWN000000000"
    refused(machine, 77, "InvalidClientTokenId")


def test_a_secret_that_is_not_there(calm):
    machine = calm.machine()
    machine.config.write_text(machine.config.read_text().replace('"lwa-oauth"', '"other"'))
    refused(machine, 78, "ResourceNotFoundException", "region")


def test_only_the_journal_without_permission_to_write(scene, tmp_path):
    reader = Moto(
        pathlib.Path(tempfile.mkdtemp(dir=tmp_path)),
        scene.document,
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}],
        },
    )
    gate = Gate(reader.port)
    keys = {"AWS_ACCESS_KEY_ID": reader.key, "AWS_SECRET_ACCESS_KEY": reader.secret}
    machine = Machine(tmp_path, scene.cloud, scene.emulator, gate.url, variables=keys)
    for _ in range(2):
        time.sleep(3)
        status, out, err = machine.run("--fresh")
        assert status == 0 and out.startswith("Atza|"), err
        assert "AccessDenied" in err and "waits in" in err and err.count("\n") == 1, err
    assert len(machine.journals()) == 1 and reader.value() == scene.document
    reader.end()


def test_a_dead_refresh_token(calm):
    calm.moto.reader.put_secret_value(
        SecretId="lwa-oauth", SecretString=document(calm.emulator, "Atzr|dead"), ClientRequestToken="b" * 32
    )
    refused(calm.machine(), 69, "invalid_grant", "authorize again")


def test_a_wrong_client_secret(calm):
    value = document(calm.emulator, calm.token, **{"lwa-client-secret": "wrong"})
    calm.moto.reader.put_secret_value(SecretId="lwa-oauth", SecretString=value, ClientRequestToken="b" * 32)
    refused(calm.machine(), 77, "invalid_client", WEB_CLIENT)


def test_the_client_secret_goes_nowhere_else(calm):
    trap = Gate()
    trap.between = lambda call: (200, b"{}", "application/json")
    for address in (trap.url + "/auth/o2/token", "https://evil.example/auth/o2/token"):
        value = document(calm.emulator, calm.token, **{"lwa-auth-url": address})
        token = os.urandom(16).hex()
        calm.moto.reader.put_secret_value(SecretId="lwa-oauth", SecretString=value, ClientRequestToken=token)
        refused(calm.machine(), 78, "lwa-auth-url", "nothing was sent")
    assert trap.calls == []


def test_a_redirect_is_not_followed(tmp_path, cloud, emulator):
    trap, gate = Gate(), Gate()
    trap.between = lambda call: (200, b"{}", "application/json")
    target = trap.url

    class Away(Passage):
        def answer(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(307)
            self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = answer

    gate.RequestHandlerClass = Away
    keys = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
    refused(Machine(tmp_path, cloud, emulator, gate.url, variables=keys), 78, "307")
    assert trap.calls == []


def test_throttled_is_tried_again(calm):
    left = [(400, b'{"__type":"ThrottlingException"}', "application/x-amz-json-1.1")] * 2
    calm.gate.between = lambda call: left.pop() if left else None
    calm.machine().token()
    assert [status for _, status in calm.gate.operations()] == [400, 400, 200]


def test_moto_does_not_answer(calm):
    machine = calm.machine()
    machine.variables["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = f"http://127.0.0.1:{free_port()}"
    refused(machine, 75, "no answer")


# The other sources


def test_oauth_local_keeps_its_file_up_to_date(tmp_path, cloud, hasty_emulator):
    token = refresh_token(hasty_emulator)
    local = {"client_id": WEB_CLIENT, "client_secret": SECRET, "refresh_token": token}
    machine = Machine(tmp_path, cloud, hasty_emulator, None, "oauthLocal", local)
    before = machine.config.read_text()
    machine.token("--token-address", hasty_emulator.at("/auth/o2/token"))
    after = machine.config.read_text()
    now = json.loads(after)["oauthLocal"]["refresh_token"]
    assert now != token and after == before.replace(token, now)
    assert stat.S_IMODE(machine.config.stat().st_mode) == 0o600 and machine.journals() == []
    time.sleep(3)
    machine.token("--token-address", hasty_emulator.at("/auth/o2/token"))


def test_oauth_local_asks_amazon_only(tmp_path, cloud, emulator):
    local = {"client_id": WEB_CLIENT, "client_secret": SECRET, "refresh_token": "Atzr|x"}
    machine = Machine(tmp_path, cloud, emulator, None, "oauthLocal", local)
    refused(machine, 78, "nothing was sent", options=["--token-address", "https://evil.example/"])
    machine.config.chmod(0o644)
    refused(machine, 74, f"chmod 600 {machine.config}")


def test_a_verbatim_token(tmp_path, cloud, emulator):
    machine = Machine(tmp_path, cloud, emulator, None, "token", {"access_token": "Atza|mine"})
    assert machine.token() == "Atza|mine"
    machine.write("token", {})
    refused(machine, 78, "neither secretsManager nor oauthLocal")


def test_options_that_are_wrong(cloud):
    process = subprocess.run([cloud, "token", "--nonsense"], capture_output=True, text=True, timeout=60)
    assert process.returncode == 64 and process.stdout == ""


def test_serve_takes_its_client_from_the_secret(calm):
    """As `check` sees it, which reads what serve reads; the files it also asks for are not there."""
    machine = calm.machine()
    command = [machine.cloud, "check", "--keys", "none", "--database", "none", "--public-address", "https://a.example"]
    for option in ("--device-certificate", "--device-private-key", "--maker-ca"):
        command += [option, "none"]
    command += ["--aws-secret", "lwa-oauth"]

    def amazon(**changes):
        environment = machine.environment() | {"AWS_REGION": REGION} | changes
        done = subprocess.run(command, env=environment, cwd=machine.folder, capture_output=True, text=True, timeout=60)
        assert SECRET not in done.stdout + done.stderr
        return next(line for line in done.stdout.splitlines() if " Amazon: " in line)

    assert amazon().startswith("good  Amazon: client secret readable")
    assert amazon(AWS_ACCESS_KEY_ID="AKIAUNKNOWN00000000").startswith("BAD   Amazon: AWS answered GetSecretValue with")
    command.extend(["--client-id", "id", "--client-secret-file", "none"])
    done = subprocess.run(command, env=machine.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 64 and "--aws-secret" in done.stderr, done.stderr


# The credential chain, beside botocore's


FILES = {
    "credentials": "[default]\naws_access_key_id=AKSHARED\naws_secret_access_key=a\n"
    "[work]\naws_access_key_id = AKWORK\naws_secret_access_key = b=c#d\naws_session_token: t\n",
    "config": "# regions\n[default]\nregion = eu-west-1\naws_access_key_id = AKCONFIG\naws_secret_access_key = c\n"
    "[profile work]\nregion=ap-south-1\n[profile lone]\naws_access_key_id=AKLONE\naws_secret_access_key=x\n"
    "region = sa-east-1\n[profile 'two words']\naws_access_key_id=AKTWO\naws_secret_access_key=x\nregion = us-west-2\n",
}
KEYS = {"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "e"}
BOTH = {"AWS_SHARED_CREDENTIALS_FILE": "credentials", "AWS_CONFIG_FILE": "config"}
CONTAINER = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{metadata}/role", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "token"}
INSTANCE = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "{metadata}/"}
ANYWHERE = {"AWS_DEFAULT_REGION": "us-east-2"}


@pytest.mark.parametrize(
    "variables",
    [
        KEYS | BOTH,
        KEYS | {"AWS_SESSION_TOKEN": "t"} | ANYWHERE,
        KEYS | BOTH | {"AWS_PROFILE": "work"},
        BOTH,
        BOTH | ANYWHERE,
        BOTH | {"AWS_PROFILE": "work"},
        BOTH | {"AWS_DEFAULT_PROFILE": "lone", "AWS_PROFILE": "work"},
        BOTH | {"AWS_PROFILE": "two words"},
        {"AWS_CONFIG_FILE": "config"},
        {"AWS_CONFIG_FILE": "config"} | CONTAINER,
        CONTAINER | INSTANCE | ANYWHERE,
        INSTANCE | ANYWHERE,
    ],
    ids=[
        "env", "env-session", "env-before-profile", "shared", "region", "profile", "default-profile", "quoted",
        "config", "config-before-container", "container", "instance",
    ],
)  # fmt: skip
def test_credentials_and_region_are_those_that_botocore_finds(tmp_path, cloud, emulator, variables, monkeypatch):
    metadata, gate = Gate(), Gate()

    def endpoint(call):
        if call["method"] == "PUT":
            assert call["headers"]["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
            return 200, b"imds", "text/plain"
        if call["path"].startswith("/latest"):
            assert call["headers"]["x-aws-ec2-metadata-token"] == "imds"
            if call["path"].endswith("/security-credentials/"):
                return 200, b"the-role", "text/plain"
        else:
            assert call["headers"]["Authorization"] == "container-token"
        key = {"AccessKeyId": "AK" + ("ROLE" if call["path"] == "/role" else "INSTANCE"), "SecretAccessKey": "m"}
        key |= {"Token": "mt", "Expiration": "2099-01-01T00:00:00Z", "Code": "Success", "Type": "AWS-HMAC"}
        return 200, json.dumps(key).encode(), "application/json"

    metadata.between = endpoint
    gate.between = lambda call: (400, b'{"__type":"ResourceNotFoundException"}', "application/x-amz-json-1.1")
    machine = Machine(tmp_path, cloud, emulator, gate.url)
    for name, text in {**FILES, "token": "container-token"}.items():
        (machine.folder / name).write_text(text)
    placed = {
        name: str(machine.folder / value) if value in (*FILES, "token") else value.format(metadata=metadata.url)
        for name, value in variables.items()
    }
    machine.variables |= placed
    machine.config.write_text(machine.config.read_text().replace(f'"{REGION}"', '""'))
    refused(machine, 78, "ResourceNotFoundException")
    sent = {name.lower(): value for name, value in gate.calls[0]["headers"].items()}

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in machine.environment().items():
        monkeypatch.setenv(name, value)
    session = botocore.session.Session()
    found = session.get_credentials().get_frozen_credentials()
    region = session.get_config_variable("region")
    assert re.search(r"Credential=([^/]+)/\d+/([^/]+)/", sent["authorization"]).groups() == (found.access_key, region)
    assert sent.get("x-amz-security-token") == found.token
    request = botocore.awsrequest.AWSRequest(
        "POST",
        gate.url + "/",
        {name: sent[name] for name in re.search(r"SignedHeaders=([^,]+)", sent["authorization"])[1].split(";")},
        gate.calls[0]["body"],
    )
    request.context["timestamp"] = sent["x-amz-date"]
    signer = botocore.auth.SigV4Auth(found, "secretsmanager", region)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert sent["authorization"].endswith("Signature=" + signer.signature(text, request))


# The README


def readme_block(marker):
    """The code block after a comment `<!-- marker -->`."""
    found = re.search(rf"<!-- {marker} -->\s*```\w*\n(.*?)```", README.read_text(), re.DOTALL)
    assert found, marker
    return found[1]


def test_commands_and_policy_of_the_readme(tmp_path, cloud, hasty_emulator):
    """The aws command line, from pip, runs them as they stand; then a user with that policy only gets a token.

    Moto asks about the resource "*" whatever the secret is, so the policy's pattern is held against the ARN here.
    """
    moto, policy = MotoServer(tmp_path), json.loads(readme_block("policy"))
    gate = Gate(moto.port)
    [statement] = policy["Statement"]
    pattern, statement["Resource"] = statement["Resource"], "*"
    (tmp_path / "policy.json").write_text(json.dumps(policy))
    (tmp_path / "secret.json").write_text(document(hasty_emulator, refresh_token(hasty_emulator)))
    keys = {"AWS_ACCESS_KEY_ID": "setup", "AWS_SECRET_ACCESS_KEY": "setup", "AWS_DEFAULT_REGION": REGION}
    environment = {
        "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": gate.url,
        **keys,
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", readme_block("aws")],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made = json.loads((tmp_path / "key.json").read_text())["AccessKey"]
    keys = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    machine = Machine(tmp_path, cloud, hasty_emulator, gate.url, variables=keys)
    gate.calls.clear()
    machine.token()
    assert gate.operations() == [("GetSecretValue", 200), ("PutSecretValue", 200)]
    reader = client("secretsmanager", moto.url, *keys.values())
    with pytest.raises(reader.exceptions.ClientError) as refusal:
        reader.delete_secret(SecretId="lwa-oauth")
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    arn = reader.get_secret_value(SecretId="lwa-oauth")["ARN"]
    assert fnmatch.fnmatchcase(arn, pattern)
    for other in (arn.replace("lwa-oauth", "lwa-oauth-2"), arn.replace("lwa-oauth", "else"), arn + "x"):
        assert not fnmatch.fnmatchcase(other, pattern), other
    moto.end()
