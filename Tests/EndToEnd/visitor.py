"""What an owner does in Chromium, on the way to the pages that a test is about."""

import re

MAIL, SECRET = "owner@example.com", "correct horse battery"


def mailed(cloud, path):
    """The newest link of a kind that the cloud has sent."""
    letters = [letter.read_text() for letter in sorted(cloud.mails.glob("*.eml"))]
    return re.findall(rf"\S+{path}\?ticket=\S+", "\n".join(letters))[-1]


def sign_up(walk, cloud):
    """Opens an account; its pages are not examined. Gives back the recovery codes."""
    walk.page.goto(cloud.url + "/sign-up")
    walk.press("Send the link", None, **{"E-mail": MAIL})
    walk.page.goto(mailed(cloud, "/confirm"))
    text = walk.press("Open the account", None, **{"^Password": SECRET})
    codes = re.findall(r"^[A-Z0-9-]{10,}$", text, re.MULTILINE)
    assert codes, text
    return codes


def sign_in(walk, name, password=SECRET):
    return walk.press("Sign in", name, **{"E-mail": MAIL, "Password": password})


def sign_in_at_amazon(walk, name, user, password):
    return walk.press("Sign in", name, **{"E-mail": user, "Password": password})
