"""Who takes part. An emulator that runs already may know them by other names: the environment says which."""

import os

CLIENT = os.environ.get("EMULATOR_CLIENT_ID", "amzn1.application-oa2-client.interop")
WEB_CLIENT = os.environ.get("EMULATOR_WEB_CLIENT_ID", "amzn1.application-oa2-client.web")
SECRET = os.environ.get("EMULATOR_CLIENT_SECRET", "web+secret/with=signs&more")
REDIRECT = os.environ.get("EMULATOR_REDIRECT_URI", "https://companion.example/return")
ACCOUNT = os.environ.get("EMULATOR_ACCOUNT", "interop@example.com")
PASSWORD = os.environ.get("EMULATOR_PASSWORD", "correct horse battery staple")
REVOKE = os.environ.get("EMULATOR_REVOKE_PATH", "/auth/o2/revoke")
