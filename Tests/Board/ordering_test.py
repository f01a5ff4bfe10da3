"""The path of the demo inside the image: link, press, press again, unlink; and a real press."""

from device import OPEN
from processes import wait_until


def test_link_press_press_unlink(fresh, amazon):
    assert fresh.status()["link"] == "setup-open"
    fresh.link()
    fresh.press()
    first = fresh.settled()
    assert first["state"] == "test-ordered"
    assert first["instance-id"] == amazon.orders()[0]["eventInstanceId"]
    fresh.press()
    second = fresh.settled()
    assert second["state"] == "already-ordered"
    assert len(amazon.orders()) == 1
    assert fresh.ctl("order", first["instance-id"]).returncode == 0, fresh.said[-2:]
    assert fresh.ctl("unlink").returncode == 0
    fresh.wait_for_link("unlinked", "setup-open")
    wait_until("the registration is gone", lambda: all("deregisteredAt" in r for r in amazon.state()["registrations"]))
    assert fresh.ctl("press", "coffee").returncode != 0


def test_a_real_press_orders(linked, amazon):
    """One pulse of 100 ms on the button's line: a rising and a falling edge through the GPIO character device."""
    linked.guest.press_power_button()
    end = wait_until("the press is known", lambda: linked.presses() and linked.settled())
    assert end["state"] == "test-ordered"
    assert len(amazon.orders()) == 1
    amazon.deliver()
    linked.guest.press_power_button()
    wait_until("the second press is known", lambda: len(linked.presses()) == 2)
    assert linked.settled()["state"] == "test-ordered"
    assert len(amazon.orders()) == 2


def test_an_authority_that_nobody_trusts_gets_no_order(linked, amazon):
    """HTTPS is verified: with the image's own authorities, Amazon's, no order reaches the emulator; the press waits."""
    agent = linked.guest.agent
    linked.stop_daemon()
    agent.shell("cat /etc/ssl/certs/ca-certificates.crt >/etc/dash-button/ca.pem")
    linked.start_daemon()
    linked.press()
    failure = wait_until("the daemon says why", lambda: linked.status()["failure"], explain=linked.log)
    assert "certificate" in failure["text"], failure
    assert amazon.orders() == [] and linked.presses()[0]["state"] in OPEN
    linked.stop_daemon()
    agent.write("/etc/dash-button/ca.pem", linked.ca.read_bytes())
    linked.start_daemon()
    assert linked.settled()["state"] == "test-ordered"
    assert len(amazon.orders()) == 1
