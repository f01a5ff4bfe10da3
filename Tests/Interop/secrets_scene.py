"""Moto behind a gate, and machines that run `replenish-cloud token` between it and the emulator."""

import http.client
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
from urllib.parse import urlencode

import botocore.session

from emulator import TIMEOUT, Browser
from oauth_clients import SCOPE, challenge_of, code_in, post, scope_data, serial
from parties import ACCOUNT, PASSWORD, REDIRECT, SECRET, WEB_CLIENT

START = 30  # seconds until moto must answer
REGION = "us-east-1"


class Gate(http.server.ThreadingHTTPServer):
    """Passes requests on to moto, notes them, and lets a test come between. Moto sees the same bytes and host."""

    daemon_threads = True

    def __init__(self, target=None):
        super().__init__(("127.0.0.1", 0), Passage)
        self.target, self.calls, self.between = target, [], None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def operations(self):
        return [(call["operation"], call["status"]) for call in self.calls]


class Passage(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = (self.headers.get("X-Amz-Target") or "").removeprefix("secretsmanager.")
        call = {"operation": operation, "headers": dict(self.headers.items()), "body": body, "status": None}
        call["path"], call["method"] = self.path, self.command
        self.server.calls.append(call)
        told = self.server.between(call) if self.server.between else None
        if told == "cut":
            self.close_connection = True
            return
        if told is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.server.target, timeout=TIMEOUT)
            connection.request(self.command, self.path, body, call["headers"])
            answer = connection.getresponse()
            told = answer.status, answer.read(), answer.headers.get("Content-Type", "")
            connection.close()
        status, body, kind = told
        call["status"] = status
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


class MotoServer:
    """moto_server in IAM mode: after the four calls of the setup every signature and every policy counts."""

    def __init__(self, folder):
        self.port = free_port()
        environment = {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "4"}
        self.log = open(folder / "moto.log", "wb")
        program = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(program, env=environment, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + START
        while not answers(self.port):
            assert self.process.poll() is None and time.monotonic() < deadline, "moto did not start"
            time.sleep(0.1)
        self.url = f"http://127.0.0.1:{self.port}"

    def end(self):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()


class Moto(MotoServer):
    """With a user and the secret."""

    POLICY = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]

    def __init__(self, folder, document, policy=None):
        super().__init__(folder)
        url = self.url
        iam = client("iam", url, "setup", "setup")
        iam.create_user(UserName="reader")
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        self.key, self.secret = key["AccessKeyId"], key["SecretAccessKey"]
        policy = policy or {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": self.POLICY, "Resource": "*"}],
        }
        iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps(policy))
        made = client("secretsmanager", url, "setup", "setup").create_secret(Name="lwa-oauth", SecretString=document)
        self.arn, self.first = made["ARN"], made["VersionId"]
        self.reader = client("secretsmanager", url, self.key, self.secret)

    def value(self):
        return self.reader.get_secret_value(SecretId="lwa-oauth")["SecretString"]


def free_port():
    with http.server.HTTPServer(("127.0.0.1", 0), None) as server:
        return server.server_address[1]


def answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/moto-api/")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def client(service, url, key, secret):
    return botocore.session.Session().create_client(
        service, region_name=REGION, endpoint_url=url, aws_access_key_id=key, aws_secret_access_key=secret
    )


def refresh_token(emulator):
    """A customer allows the web client; its refresh token."""
    verifier = "v" * 43
    fields = {
        "client_id": WEB_CLIENT,
        "response_type": "code",
        "scope": SCOPE,
        "scope_data": scope_data(serial()),
        "redirect_uri": REDIRECT,
        "state": "s",
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    address = Browser(emulator, ACCOUNT, PASSWORD).authorize(emulator.at("/ap/oa?" + urlencode(fields)), REDIRECT)
    assert isinstance(address, str), address.text[:2000]
    fields = {"grant_type": "authorization_code", "code": code_in(address), "redirect_uri": REDIRECT}
    fields |= {"client_id": WEB_CLIENT, "client_secret": SECRET, "code_verifier": verifier}
    answer = post(emulator, fields)
    assert answer.status_code == 200, answer.text
    return answer.json()["refresh_token"]


def document(emulator, token, **changes):
    """A secret with a key that is nobody's, an order of its own and a number that a parser would round."""
    members = {
        "owner": "ops \u00e9",
        "lwa-client-id": WEB_CLIENT,
        "lwa-client-secret": SECRET,
        "lwa-auth-url": emulator.at("/auth/O2/token"),
        "lwa-auth-scope": SCOPE,
        "lwa-refresh-token": token,
        **changes,
    }
    return json.dumps(members, indent=1)[:-1] + ', "serial": 12345678901234567890.10}'


def refreshes(emulator):
    state = emulator.session().get(emulator.at("/emulator/state"), timeout=TIMEOUT).json()
    return state["counts"].get("token.refresh_token", 0)


class Machine:
    """A machine with a configuration and a state folder of its own."""

    def __init__(self, folder, cloud, emulator, aws, auth="secretsManager", local=None, variables=None):
        self.folder, self.cloud, self.emulator = pathlib.Path(tempfile.mkdtemp(dir=folder)), cloud, emulator
        self.variables = dict(variables or {})
        if aws:
            self.variables |= {"AWS_ENDPOINT_URL_SECRETS_MANAGER": aws}
        self.config = self.folder / "default.json"
        self.write(auth, local or {})

    def write(self, auth, local):
        configuration = {
            "defaults": {"orgid": ""},
            "asp_cli": {"delay": "300", "aspapibase": "https://api.amazonalexa.com", "auth": auth},
            "secretsManager": {
                "secretNameForOAuth": "lwa-oauth",
                "versionStage": "AWSCURRENT",
                "regionName": REGION,
            },
            "oauthLocal": {
                "client_id": "<client_id>",
                "client_secret": "<client_secret>",
                "refresh_token": "<refresh_token>",
                "cacheToken": True,
                "token_file": "token.json",
                "access_token": "",
                **local,
            },
        }
        self.config.write_text(json.dumps(configuration, indent=4))
        self.config.chmod(0o600)

    def environment(self):
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        return kept | {"HOME": str(self.folder), "AWS_EC2_METADATA_DISABLED": "true"} | self.variables

    def command(self, *options):
        command = [self.cloud, "token", "--config", str(self.config), "--allow-loopback"]
        return [*command, "--amazon-ca", self.emulator.ca, *options]

    def start(self, *options):
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.command(*options), env=self.environment(), cwd="/", stdout=pipe, stderr=pipe, text=True
        )

    def run(self, *options):
        process = self.start(*options)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def token(self, *options):
        status, out, err = self.run(*options)
        assert status == 0, err
        assert re.fullmatch(r"Atza\|[!-~]+\n", out), out
        return out.strip()

    def journals(self):
        return list(self.folder.glob("default.json.state/rotation-*"))


class Scene:
    """Moto behind a gate, the emulator, and as many machines as a test needs."""

    def __init__(self, folder, cloud, emulator):
        self.folder, self.cloud, self.emulator = folder, cloud, emulator
        self.token = refresh_token(emulator)
        self.document = document(emulator, self.token)
        self.moto = Moto(folder, self.document)
        self.gate = Gate(self.moto.port)

    def machine(self, **more):
        keys = {"AWS_ACCESS_KEY_ID": self.moto.key, "AWS_SECRET_ACCESS_KEY": self.moto.secret}
        return Machine(self.folder, self.cloud, self.emulator, self.gate.url, variables=keys, **more)

    def puts(self):
        return [status for operation, status in self.gate.operations() if operation == "PutSecretValue"]

    def end(self):
        self.gate.shutdown()
        self.gate.server_close()
        self.moto.end()
