"""What phones do wrong, by accident or on purpose, while they link a device."""

import socket

import pytest

from amazon import CLIENT_ID
from processes import run, wait_until

OK, UNREACHABLE, WRONG_CODE, MUST_WAIT, NO_CODE, NOT_LINKED, HUNG_UP = 0, 3, 4, 5, 6, 7, 10


def test_a_wrong_code_and_then_the_right_one_over_one_connection(fresh):
    done = fresh.companion("--wrong-code-first")
    assert done.returncode == OK, done
    fresh.wait_for_link("linked")
    assert fresh.status()["guesses"]["failed"] == 0


def test_a_wrong_code_is_counted_and_tells_nothing(fresh, factory):
    label = fresh.home / "wrong"
    code = factory.setup_code
    wrong = "13572468" if code != "13572468" else "86427531"
    label.write_text(wrong)
    words = [fresh.programs["companion"], "--socket", fresh.phone, "--code-file", label, "--client-id", CLIENT_ID]
    done = run([*words, "--authorize-url", fresh.amazon.url + "/ap/oa", "--paste"])
    assert done.returncode == WRONG_CODE, done
    assert fresh.status()["guesses"]["failed"] == 1
    assert code not in done.stdout + done.stderr + fresh.log()
    fresh.link()


def test_hanging_up_after_the_devices_proof_is_never_a_free_guess(fresh):
    """Whoever has the device's confirmV has tried a code. 25 who leave then must not have tried 25 for nothing."""
    ends = [fresh.companion("--hang-up-after", "confirmV").returncode for _ in range(25)]
    assert set(ends) == {HUNG_UP, MUST_WAIT}, ends
    guesses = fresh.status()["guesses"]
    assert guesses["failed"] == ends.count(HUNG_UP), "a guess that was not counted"
    assert ends[:3] == [HUNG_UP] * 3 and ends[3] == MUST_WAIT and ends.count(HUNG_UP) <= 5
    assert guesses["wait-seconds"] > 0
    # Pulling the plug buys nothing: the count stands and the delay runs again in full.
    fresh.restart()
    after = fresh.status()["guesses"]
    assert after["failed"] == guesses["failed"] and after["wait-seconds"] >= guesses["wait-seconds"]
    assert fresh.companion().returncode == MUST_WAIT
    fresh.kill()
    fresh.start()
    assert fresh.companion("--hang-up-after", "confirmV").returncode == MUST_WAIT
    assert fresh.status()["guesses"]["failed"] == guesses["failed"]
    # The owner, who knows the code, has only to wait.
    done = fresh.companion("--wait", timeout=400)
    assert done.returncode == OK, done
    assert fresh.wait_for_link("linked")["guesses"]["failed"] == 0


def test_killed_right_after_a_guess_it_is_counted(fresh):
    for count in (1, 2, 3):
        assert fresh.companion("--hang-up-after", "confirmV").returncode == HUNG_UP
        fresh.restart()
        assert fresh.status()["guesses"]["failed"] == count
    assert fresh.status()["guesses"]["wait-seconds"] > 0


def test_erasing_does_not_reset_the_guesses(fresh):
    for _ in range(3):
        fresh.companion("--hang-up-after", "confirmV")
    assert fresh.ctl("erase", "--yes").returncode == 0
    fresh.wait_for_link("unlinked", "setup-open")
    assert fresh.status()["guesses"]["failed"] == 3
    fresh.restart()
    assert fresh.status()["guesses"]["failed"] == 3


def test_connecting_is_not_guessing(fresh):
    for _ in range(10):
        assert fresh.companion("--hang-up-after", "connect").returncode == HUNG_UP
    assert fresh.status()["guesses"] == {"failed": 0, "wait-seconds": 0}
    fresh.link()


@pytest.mark.parametrize("step", ["parameters", "code"])
def test_a_phone_that_leaves_half_way_can_come_back(fresh, step):
    assert fresh.companion("--hang-up-after", step).returncode == HUNG_UP
    if step == "code":
        # It has handed the code over; the device may well finish without it.
        if fresh.wait_for_link("linked", "setup-open", "unlinked")["link"] == "linked":
            return
    fresh.link()


def test_a_spoiled_code_then_a_fresh_challenge(fresh, amazon):
    done = fresh.companion("--spoil-code-first", "--tries", "2")
    assert done.returncode == OK, done
    fresh.wait_for_link("linked")
    assert [request["status"] for request in amazon.requests("token.authorization_code")] == [400, 200]


def test_a_spoiled_code_alone_says_why(fresh):
    done = fresh.companion("--spoil-code-first")
    assert done.returncode == NOT_LINKED and "code" in done.stderr, done
    assert not fresh.files("link")
    fresh.link()


def test_a_refused_consent(fresh, amazon):
    done = fresh.companion("--refuse-consent")
    assert done.returncode == NO_CODE, done
    assert amazon.count("token.authorization_code") == 0
    assert fresh.wait_for_link("setup-open")["window-seconds"] > 0
    fresh.link()


def test_a_second_phone_is_refused_and_the_first_goes_on(fresh):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as first:
        first.connect(str(fresh.phone))
        fresh.ctl("status")
        assert fresh.companion().returncode == UNREACHABLE
        first.settimeout(10)
        first.send(b"\x02\x17\x00")  # exchange MTU: the first phone is still served
        assert first.recv(600)[0] == 0x03
    wait_until("the place is free", lambda: fresh.companion("--hang-up-after", "connect").returncode == HUNG_UP)
    fresh.link()


@pytest.mark.parametrize(
    "packet", [b"", b"\x00", b"\xff" * 517, b"\x02", b"\x52" + b"\xff" * 516, b"\x12\x03\x00" + b"A" * 500]
)
def test_packets_that_no_phone_sends(fresh, packet):
    for _ in range(3):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as phone:
            phone.connect(str(fresh.phone))
            try:
                for _ in range(50):
                    phone.send(packet)
            except (BrokenPipeError, ConnectionResetError):
                pass
    wait_until("the daemon is free", lambda: fresh.companion("--hang-up-after", "connect").returncode == HUNG_UP)
    fresh.link()


def test_the_window_closes_and_no_traffic_extends_it(new_device):
    device = new_device()
    device.sections["setup"]["window-minutes"] = 1
    device.start()
    first = device.status()["window-seconds"]
    assert 0 < first <= 60
    device.companion("--hang-up-after", "parameters")
    assert device.ctl("setup").returncode == 0
    assert device.status()["window-seconds"] <= first
    device.wait_for_link("unlinked", timeout=90)
    assert device.status()["window-seconds"] is None and not device.phone.exists()
    assert device.companion().returncode == UNREACHABLE
    assert device.ctl("setup").returncode == 0
    device.link()


def test_a_linked_device_lets_no_phone_in(linked):
    wait_until("the window is shut", lambda: linked.status()["window-seconds"] is None)
    assert linked.companion().returncode == UNREACHABLE


def test_another_makers_client_id_is_refused(new_device):
    device = new_device()
    device.sections["amazon"]["client-id"] = "amzn1.application-oa2-client.somebody-else"
    device.start()
    done = device.companion()
    assert done.returncode == NOT_LINKED and "client id" in done.stderr, done
    assert device.amazon.count("token.authorization_code") == 0
