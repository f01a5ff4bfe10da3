"""The pages of an owner's account in Chromium, with all that may be wrong with what somebody types."""

from visitor import MAIL, SECRET, mailed, sign_in, sign_up

NEW_SECRET = "another horse battery"
# What a browser lets pass and the cloud does not: ten characters for the one, and five for the other.
SHORT, LONG = "e\u0301" * 5, "x" * 1025
NO_MAIL = {"E-mail": "x" * 250 + "@example.com"}


def test_opening_an_account(walk, cloud):
    walk.go(cloud.url + "/", "sign in asked for")
    walk.follow("Open an account", "sign up")
    assert "no mail address" in walk.press("Send the link", "no mail address", **NO_MAIL)
    walk.press("Send the link", "form too long", **{"E-mail": "x" * 17_000 + "@example.com"})
    walk.go(cloud.url + "/sign-up", "sign up again")
    walk.press("Send the link", "mail sent", **{"E-mail": MAIL})
    walk.go(mailed(cloud, "/confirm"), "confirm")
    walk.press("Open the account", "password too short", **{"^Password": SHORT})
    walk.press("Open the account", "password too long", **{"^Password": LONG})
    walk.press("Open the account", "recovery codes", **{"^Password": SECRET})
    walk.follow("I have them", "no devices")
    walk.go(mailed(cloud, "/confirm"), "confirm again")
    walk.press("Open the account", "dead link", **{"^Password": SECRET})


def test_losing_a_password(walk, cloud):
    codes = sign_up(walk, cloud)
    walk.go(cloud.url + "/account", "account")
    walk.press("Sign out", "signed out")
    walk.follow("Forgot the password", "forgot")
    walk.press("Send the link", "forgot no mail address", **NO_MAIL)
    walk.press("Send the link", "reset sent", **{"E-mail": MAIL})
    walk.go(mailed(cloud, "/reset"), "reset")
    walk.press("Set the password", "reset too short", Password=SHORT)
    walk.press("Set the password", "reset done", Password=NEW_SECRET)
    walk.go(mailed(cloud, "/reset"), "reset again")
    walk.press("Set the password", "reset dead", Password=NEW_SECRET)
    walk.go(cloud.url + "/forgot", "forgot again")
    walk.follow("I have a recovery code", "recover")
    words = {"E-mail": MAIL, "New password": SECRET}
    walk.press("Set the password", "recovery refused", **words, **{"Recovery code": "AAAA-BBBB"})
    walk.press("Set the password", "recovery too short", **{**words, "Recovery code": codes[0], "New password": SHORT})
    walk.press("Set the password", "recovered", **words, **{"Recovery code": codes[0]})
    walk.go(cloud.url + "/forgot", "forgot often")
    while "Too many mails" not in walk.text():
        walk.page.goto(cloud.url + "/forgot")
        walk.press("Send the link", None, **{"E-mail": MAIL})
    walk.press("Send the link", "too many mails", **{"E-mail": MAIL})


def test_an_account(walk, cloud):
    sign_up(walk, cloud)
    walk.go(cloud.url + "/account", "account")
    walk.press("Change it", "wrong old password", Old_password="not this one", New_password=NEW_SECRET)
    walk.press("Change it", "new password too short", Old_password=SECRET, New_password=SHORT)
    walk.press("Replace them", "new recovery codes")
    walk.follow("Apps", "no apps")
    walk.go(cloud.url + "/account/delete", "delete account")
    walk.press("Delete the account", "deletion refused", Password="not this one")
    walk.follow("Account", "account again")
    walk.press("Change it", "password changed", Old_password=SECRET, New_password=NEW_SECRET)
    walk.follow("Continue", "sign in")
    sign_in(walk, "sign in refused")
    sign_in(walk, "signed in", NEW_SECRET)
    # From here on too many tries, wherever the password is asked for.
    walk.go(cloud.url + "/account/delete", "delete account once more")
    while "Too many tries" not in walk.text():
        walk.press("Delete the account", None, Password="not this one")
    walk.press("Delete the account", "too many deletions", Password="not this one")
    walk.go(cloud.url + "/account", "account once more")
    walk.press("Change it", "too many changes", Old_password="not this one", New_password=SECRET)
    walk.press("Sign out", "signed out")
    sign_in(walk, "too many sign-ins", NEW_SECRET)
    walk.go(cloud.url + "/recover", "recover")
    words = {"E-mail": MAIL, "Recovery code": "AAAA-BBBB", "New password": SECRET}
    walk.press("Set the password", "too many recoveries", **words)


def test_when_something_is_wrong(walk, cloud):
    sign_up(walk, cloud)
    walk.go(cloud.url + "/nowhere", "not found")
    cloud.ask_database("ALTER TABLE ownership RENAME TO away")
    walk.go(cloud.url + "/", "something went wrong")
    cloud.ask_database("ALTER TABLE away RENAME TO ownership")
    walk.go(cloud.url + "/account", "account")
    walk.lose_cookies()
    walk.press("Replace them", "start again")
