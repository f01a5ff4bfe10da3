"""The main path: link, press, press again, unlink."""

from processes import wait_until


def test_a_press_becomes_one_order(linked, amazon):
    pressed = linked.press()
    first = linked.settled()
    assert first["state"] == "test-ordered" and first["id"] == pressed["id"]
    linked.press()
    second = linked.settled()
    assert second["state"] == "already-ordered" and second["id"] != first["id"]
    assert [order["eventInstanceId"] for order in amazon.orders()] == [first["instance-id"]]
    assert "delivered" not in linked.ctl("order", first["instance-id"]).stdout.lower()


def test_slots_order_separately(linked, amazon):
    linked.press("coffee")
    linked.press("filter")
    assert {linked.settled(slot)["state"] for slot in ("coffee", "filter")} == {"test-ordered"}
    assert sorted(order["slot"] for order in amazon.orders()) == ["coffee", "filter"]


def test_unlinking_leaves_no_token_and_no_registration(linked, amazon):
    assert linked.ctl("unlink").returncode == 0
    linked.wait_for_link("unlinked", "setup-open")
    wait_until("the records are gone", lambda: not linked.files("link", "farewell"))
    assert all("deregisteredAt" in registration for registration in amazon.state()["registrations"])
    refused = linked.ctl("press", "coffee")
    assert refused.returncode == 1 and "no Amazon account is linked" in refused.stderr
    assert amazon.orders() == []


def test_everything_survives_an_orderly_restart(linked, amazon):
    linked.press()
    before = linked.settled()
    linked.stop()
    linked.start()
    status = linked.status()
    assert status["link"] == "linked" and status["presses"][0]["id"] == before["id"]
    assert amazon.count("token.authorization_code") == 1
