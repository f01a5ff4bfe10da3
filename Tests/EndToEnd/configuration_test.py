"""Mistakes in the configuration, the permissions and the surroundings: each is told with what mends it."""

import hashlib
import os
import re
import shlex
import subprocess

import pytest

from processes import run, wait_until

CONFIGURATION_MISTAKES = 3
FAILED = 1

# What is wrong: section, key, bad value, and what the remedy must name. A value of None leaves the key out.
MISTAKES = [
    ("device", "model", "Dash Button", "A-Z a-z 0-9 + _ -"),
    ("device", "model", "x" * 64, "63"),
    ("device", "model", None, "model = "),
    ("device", "model", '"Quoted"', "quotes"),
    ("device", "serial", "B-0001", "A-Z a-z 0-9"),
    ("device", "serial", "x" * 51, "50"),
    ("device", "serial", "", "missing"),
    ("device", "serial-sources", "device-tree dmi", "serial"),  # given twice: serial is there too
    ("device", "state-folder", "relative/state", "/"),
    ("device", "setup-record", "../record", "/"),
    ("amazon", "region", "us", "na"),
    ("amazon", "token-host", "http://api.amazon.com", "https://"),
    ("amazon", "token-host", "api.amazon.com", "https://"),
    ("amazon", "service-host", "https://host:99999", "https://HOST:PORT"),
    ("amazon", "client-id", "x" * 101, "100"),
    ("amazon", "scope", "two  spaces", "space"),
    ("amazon", "test-device", "true", "yes or no"),
    ("amazon", "include-non-live", "1", "yes or no"),
    ("amazon", "ca-file", "ca.pem", "/"),
    ("slot coffee", "slot-id", None, "slot-id"),
    ("slot coffee", "slot-id", "has space", "visible"),
    ("slot coffee", "slot-id", "filter", "own"),  # the other slot has it
    ("slot coffee", "button", "gpio 17", "gpio"),
    ("slot coffee", "button", "evdev keyboard 148", "evdev"),
    ("slot coffee", "light", "green", "led"),
    ("slot coffee", "active-low", "low", "yes or no"),
    ("setup", "window-minutes", "11", "1 to 10"),
    ("setup", "window-minutes", "0", "1 to 10"),
    ("setup", "window-minutes", "99999999999999999999", "1 to 10"),
    ("setup", "open-at-boot", "maybe", "yes or no"),
    ("setup", "bearer", "wifi", "auto"),
    ("setup", "bearer", "kernel", "remove"),  # the socket is there
    ("setup", "socket", "/" + "x" * 107, "107"),
    ("setup", "socket", None, "socket = "),
    ("orders", "press-life-hours", "169", "1 to 168"),
    ("orders", "refresh-margin-minutes", "56", "1 to 55"),
    ("orders", "refresh-ahead", "on", "yes or no"),
    ("control", "socket", "control", "/"),
    ("control", "read-group", "bad group", "group"),
    ("log", "level", "verbose", "debug"),
    ("log", "levels", "debug", "level"),
    ("amazonn", "region", "na", "amazon"),
    ("slot two words", "slot-id", "x", "slot"),
]


def check(device, *words, configure=True):
    if configure:
        device.configure()
    return run([device.programs["dash-button"], "--config", device.configuration_file, *words])


@pytest.mark.parametrize("section, key, value, remedy", MISTAKES)
def test_a_mistake_is_told_with_file_line_key_value_and_remedy(new_device, section, key, value, remedy):
    device = new_device()
    entries = device.sections.setdefault(section, {})
    if value is None:
        del entries[key]
    else:
        entries[key] = value
    for words in [], ["--check"]:
        done = check(device, *words)
        assert done.returncode == CONFIGURATION_MISTAKES, done
        told = [line for line in done.stderr.splitlines() if remedy in line]
        assert told, f"nothing names '{remedy}':\n{done.stderr}"
        assert done.stderr.count("\n") <= 3, "one mistake, at most two consequences"
        place = re.match(rf"{re.escape(str(device.configuration_file))}:(\d+)?", told[0])
        assert place, told
        lines = device.configuration_file.read_text().splitlines()
        if value is not None and section in ("device", "amazon", "setup", "orders", "control", "log", "slot coffee"):
            # The line is that of the entry, or of the one that contradicts it.
            line = lines[int(place[1]) - 1]
            assert line.split(" = ")[0].rstrip(" =") in told[0], (line, told)
        if value is not None and 0 < len(value) < 40 and '"' not in value and section != "slot two words":
            assert any(key in line or section in line for line in told)
    assert not device.state_folder.exists(), "a refused configuration leaves nothing behind"


def test_every_mistake_is_told_at_once(new_device):
    device = new_device()
    device.sections["device"]["model"] = "no good"
    device.sections["amazon"]["region"] = "moon"
    device.sections["log"]["level"] = "loud"
    done = check(device)
    assert done.returncode == CONFIGURATION_MISTAKES
    assert [key for key in ("model", "region", "level") if key in done.stderr] == ["model", "region", "level"]
    assert len(done.stderr.splitlines()) == 3


def test_lines_that_are_no_entries(new_device):
    device = new_device()
    device.configure()
    whole = device.configuration_file.read_text()
    for number, bad in enumerate(["nonsense", "= value", "[unclosed", "[device]\nmodel = Twice", "model\x00 = x"]):
        device.configuration_file.write_text(whole + bad + "\n")
        done = check(device, configure=False)
        assert done.returncode == CONFIGURATION_MISTAKES, (number, bad, done)
        assert f"{device.configuration_file}:" in done.stderr
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", done.stderr), "a control character reached the terminal"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe" * 100, b"\0" * 5000, b"[" * 70000, os.urandom(3000)])
def test_files_that_are_no_configuration(new_device, content):
    device = new_device()
    device.configuration_file.write_bytes(content)
    done = check(device, configure=False)
    assert done.returncode == CONFIGURATION_MISTAKES, done
    assert str(device.configuration_file) in done.stderr and len(done.stderr) < 20000


def test_a_configuration_that_is_not_there(new_device):
    device = new_device()
    done = check(device, configure=False)
    assert done.returncode == CONFIGURATION_MISTAKES
    assert str(device.configuration_file) in done.stderr and "--config" in done.stderr


def test_wrong_arguments(programs):
    for words in ["--nonsense"], ["--config"], ["file.conf"]:
        done = run([programs["dash-button"], *words])
        assert done.returncode == 2 and words[0] in done.stderr, done


def test_the_commented_example_is_taken_but_for_bluetooth(programs):
    """The shipped example as it stands."""
    example = os.path.join(os.path.dirname(__file__), "../../Examples/DashButton/dash-button.conf")
    done = run([programs["dash-button"], "--config", example, "--check"])
    assert done.returncode == 0, done


# The surroundings: found when the daemon starts.


def refused(device):
    """Starts the daemon, which must refuse; gives back what it said."""
    done = check(device)
    assert done.returncode == FAILED, done
    return done.stderr


def mend(complaint):
    """Runs the command that the complaint names, as an owner would who copies it."""
    command = re.search(r"run: (.+)", complaint)
    assert command, complaint
    for part in command[1].split(" && "):
        words = shlex.split(part)
        assert words[0] in ("chmod", "chown", "rm"), command
        subprocess.run(words, check=True)


def loosen(kind):
    def spoil(device):
        path = device.files(kind)[0]
        path.chmod(0o644)
        return path

    return spoil


def link_elsewhere(device):
    path = device.files("link")[0]
    moved = device.home / "elsewhere"
    path.rename(moved)
    path.symlink_to(moved)
    return path


def give_away(device):
    path = device.files("link")[0]
    os.chown(path, 65534, 65534)
    return path


def open_folder(device):
    device.state_folder.chmod(0o755)
    return device.state_folder


def give_folder_away(device):
    os.chown(device.state_folder, 65534, 65534)
    return device.state_folder


def open_parent(device):
    device.home.chmod(0o777)
    return device.state_folder


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")
@pytest.mark.parametrize(
    "spoil",
    [loosen("link"), loosen("journal"), loosen("attempts"), give_away, open_folder, give_folder_away, open_parent],
)
def test_wrong_permissions_are_refused_with_the_command_that_mends_them(linked, amazon, spoil):
    linked.stop()
    path = spoil(linked)
    complaint = refused(linked)
    assert str(path) in complaint
    mend(complaint)
    linked.start()
    assert linked.status()["link"] == "linked"
    linked.press()
    assert linked.settled()["state"] == "test-ordered"


def test_a_record_that_is_a_symbolic_link_is_refused(linked):
    linked.stop()
    path = link_elsewhere(linked)
    complaint = refused(linked)
    assert str(path) in complaint and "symbolic link" in complaint
    mend(complaint)
    linked.start()
    assert not path.is_symlink()


def test_a_record_with_two_names_is_refused(linked):
    linked.stop()
    path = linked.files("link")[0]
    other = linked.home / "copy"
    os.link(path, other)
    complaint = refused(linked)
    assert str(path) in complaint and "find / -samefile" in complaint
    other.unlink()
    linked.start()
    assert linked.status()["link"] == "linked"


def test_two_daemons_do_not_share_a_folder(linked):
    complaint = refused(linked)
    assert str(linked.state_folder) in complaint and "another process" in complaint
    assert linked.status()["link"] == "linked"


def test_a_setup_record_that_others_may_read(new_device, factory):
    device = new_device()
    record = device.home / "record"
    record.write_bytes(factory.record.read_bytes())
    record.chmod(0o644)
    device.sections["device"]["setup-record"] = record
    complaint = refused(device)
    assert str(record) in complaint
    mend(complaint)
    device.start()
    device.link()


@pytest.mark.parametrize("content", [b"", b"{}", b"not a record", os.urandom(400)])
def test_a_setup_record_that_is_none(new_device, content):
    device = new_device()
    record = device.home / "record"
    record.write_bytes(content)
    record.chmod(0o600)
    device.sections["device"]["setup-record"] = record
    assert str(record) in refused(device)


@pytest.mark.parametrize("place", ["state-folder", "control", "phone"])
def test_a_place_that_is_not_there(new_device, place):
    device = new_device()
    nowhere = device.home / "no" / "such" / "folder" / "x"
    if place == "state-folder":
        device.sections["device"]["state-folder"] = nowhere
    elif place == "control":
        device.sections["control"]["socket"] = nowhere
    else:
        device.sections["setup"]["socket"] = nowhere
        # The device works without a phone; it must say what is wrong, and where.
        device.start()
        device.ctl("setup")
        assert str(nowhere) in device.log() or str(nowhere.parent) in device.log()
        return
    complaint = refused(device)
    assert str(nowhere.parent) in complaint


def test_a_serial_number_that_is_nowhere(new_device):
    device = new_device()
    del device.sections["device"]["serial"]
    device.sections["device"]["serial-sources"] = f"file:{device.home}/none"
    complaint = refused(device)
    assert f"{device.home}/none" in complaint and "serial" in complaint


def test_a_serial_number_that_amazon_would_not_take(new_device):
    device = new_device()
    source = device.home / "serial"
    source.write_text("SN 42\n")
    del device.sections["device"]["serial"]
    device.sections["device"]["serial-sources"] = f"file:{source}"
    complaint = refused(device)
    assert str(source) in complaint and "serial" in complaint


def test_a_serial_number_from_a_file(new_device):
    device = new_device()
    source = device.home / "serial"
    source.write_text("FROMFILE1\n")
    del device.sections["device"]["serial"]
    device.sections["device"]["serial-sources"] = f"device-tree file:{source}"
    device.start()
    said = device.ctl("identity").stdout
    assert "FROMFILE1" in said and str(source) in said


def test_a_group_that_is_not_there(new_device):
    device = new_device()
    device.sections["control"]["act-group"] = "no-such-group-here"
    for words in [], ["--check"]:
        done = check(device, *words)
        assert done.returncode == CONFIGURATION_MISTAKES, done
        assert str(device.configuration_file) in done.stderr and "act-group" in done.stderr
        assert "no-such-group-here" in done.stderr and "groupadd" in done.stderr


def test_a_certificate_file_that_is_none(new_device):
    device = new_device()
    bad = device.home / "bad.pem"
    bad.write_text("no certificate\n")
    device.sections["amazon"]["ca-file"] = bad
    device.configure()
    done = check(device, "--check")
    if done.returncode == 0:  # not looked into before the first connection
        device.start()
        done = device.companion()
        assert done.returncode == 7 and "ca-file" in done.stderr + device.log(), (done, device.log())


def test_a_certificate_of_somebody_else_is_not_trusted(new_device, workshop):
    device = new_device()
    other = device.home / "other.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made = run([*words, "-subj", "/CN=somebody", "-days", "2", "-keyout", device.home / "key.pem", "-out", other])
    assert made.returncode == 0, made
    device.sections["amazon"]["ca-file"] = other
    device.start()
    done = device.companion()
    assert done.returncode == 7 and "certificate" in done.stderr + done.stdout, done
    assert device.amazon.count("token.authorization_code") == 0
    # With the right authority, and a restart, it works.
    device.sections["amazon"]["ca-file"] = device.amazon.ca
    device.restart()
    device.link()


def test_without_the_factorys_record_no_phone_can_link_and_it_says_so(new_device):
    device = new_device()
    del device.sections["device"]["setup-record"]
    device.start()
    refusal = device.ctl("setup")
    assert refusal.returncode == 1 and "replenish-factory" in refusal.stderr, refusal
    assert device.status()["setup-record"] is False


# Records that are damaged.


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "foreign"])
def test_a_damaged_link_record_falls_back_or_asks_for_a_new_link(linked, amazon, damage):
    linked.stop()
    files = linked.files("link")
    newest = max(files, key=lambda path: int.from_bytes(path.read_bytes()[12:20], "big"))
    spoil(newest, damage)
    linked.start()
    # The record before the newest is of an unproved link, which is proved first.
    came = wait_until("linked or asking", lambda: (link := linked.status()["link"]) != "proving" and link)
    assert came in ("linked", "setup-open")
    if came != "linked":
        linked.link()
    linked.press()
    assert linked.settled()["state"] == "test-ordered"
    assert len(amazon.orders()) == 1


def spoil(path, damage):
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 0x40
    elif damage == "truncate":
        del data[len(data) // 2 :]
    elif damage == "empty":
        data.clear()
    else:
        data[:] = b"not ours" * 20
    path.write_bytes(data)


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "foreign"])
@pytest.mark.parametrize("every", [False, True])
def test_a_damaged_journal_hides_no_press(linked, amazon, damage, every):
    amazon.script("replenish", "dropRequest", times=1000)
    linked.press()
    linked.kill()
    files = linked.files("journal")
    newest = max(files, key=lambda path: int.from_bytes(path.read_bytes()[12:20], "big"))
    for path in files if every else [newest]:
        spoil(path, damage)
    amazon.clear_script()
    linked.start()
    end = linked.settled()
    assert end["state"] == "in-doubt" and "look at your Amazon orders" in end["reason"], end
    assert amazon.orders() == []


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "foreign"])
def test_a_damaged_guess_counter_means_the_longest_delay(fresh, damage):
    fresh.companion("--hang-up-after", "confirmV")
    fresh.kill()
    for path in fresh.files("attempts"):
        spoil(path, damage)
    fresh.start()
    assert fresh.status()["guesses"]["wait-seconds"] > 250
    assert fresh.companion().returncode == 5


def test_a_record_of_a_later_firmware_is_left_alone(linked):
    linked.stop()
    newest = max(linked.files("link"), key=lambda path: int.from_bytes(path.read_bytes()[12:20], "big"))
    data = bytearray(newest.read_bytes())
    data[8:10] = (9).to_bytes(2, "big")
    data[32:64] = hashlib.sha256(bytes(data[:32]) + bytes(data[64:])).digest()
    newest.write_bytes(data)
    linked.start()
    assert "later firmware" in linked.log()
    assert linked.ctl("press", "coffee").returncode == 1
    assert newest.read_bytes() == bytes(data)
